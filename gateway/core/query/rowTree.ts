/**
 * The tree over the rows of one closed epoch, with its inner hashes kept: many ranges are proved of
 * one tree. `perfect[level][i]` is the root over the leaves [i 2^level, (i + 1) 2^level).
 */
import { assert } from '../failure.js'
import { emptyRoot, nodeHash, powerWithin, splitOf } from '../log/tree.js'
import { aggregateLeaf, isInKeyOrder, type RowHash } from '../privacy/rowHash.js'

export interface RowTree {
  /** By key. */
  readonly rows: readonly RowHash[]
  /** Root over the leaves [start, end) of a subtree of RFC 9162; of nothing for an empty tree. */
  rootOf(start: number, end: number): Uint8Array
}

/** Hashes every row once. */
export function createRowTree(rows: readonly RowHash[]): RowTree {
  assert(isInKeyOrder(rows), 'rows stand by key, each once')
  const perfect = [rows.map(aggregateLeaf)]
  for (let below = perfect[0]!; below.length > 1; below = perfect.at(-1)!) {
    const above: Uint8Array[] = []
    for (let i = 0; i + 1 < below.length; i += 2) above.push(nodeHash(below[i]!, below[i + 1]!))
    perfect.push(above)
  }
  const rootOf = (start: number, end: number): Uint8Array => {
    const size = end - start
    if (size === 0) return emptyRoot()
    if (powerWithin(size) === size) return perfect[Math.log2(size)]![start / size]!
    const middle = start + splitOf(size)
    return nodeHash(rootOf(start, middle), rootOf(middle, end))
  }
  return { rows, rootOf }
}

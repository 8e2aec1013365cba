/** Trees of RFC 9162 section 2.1 whose leaf hashes are all at hand: rows and readings of an epoch. */
import { assert } from '../failure.js'
import { Frontier } from './tree.js'

/** MTH over leaf hashes; that of the empty tree where there are none. */
export function rootOfLeaves(leaves: readonly Uint8Array[]): Uint8Array {
  const frontier = new Frontier()
  for (const leaf of leaves) frontier.append(leaf)
  return frontier.root()
}

/** PATH(index, leaves) (section 2.1.3.1), nearest hash first. */
export function pathInLeaves(index: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  assert(Number.isSafeInteger(index) && index >= 0 && index < leaves.length, 'the leaf is there')
  const path: Uint8Array[] = []
  let [start, end] = [0, leaves.length]
  while (end - start > 1) {
    const middle = start + splitOf(end - start)
    const isLeft = index < middle
    path.unshift(rootOfLeaves(isLeft ? leaves.slice(middle, end) : leaves.slice(start, middle)))
    if (isLeft) end = middle
    else start = middle
  }
  return path
}

/** Largest power of two below `n`, at least 2. */
function splitOf(n: number): number {
  let power = 1
  while (power * 2 < n) power *= 2
  return power
}

/**
 * A range of leaves under a root (PROTOCOL 8): descend from the root, split as RFC 9162 does, left
 * first; a subtree without a leaf of the range is one hash of the path.
 */
import { equal } from '../bytes.js'
import { emptyRoot, nodeHash, splitOf } from '../log/tree.js'
import type { RowTree } from './rowTree.js'

/** The path of the leaves [start, end) of a tree. */
export function rangePath(tree: RowTree, start: number, end: number): Uint8Array[] {
  const path: Uint8Array[] = []
  const descend = (from: number, to: number): void => {
    if (to <= start || from >= end) path.push(tree.rootOf(from, to))
    else if (to - from > 1) {
      const middle = from + splitOf(to - from)
      descend(from, middle)
      descend(middle, to)
    }
  }
  if (tree.rows.length > 0) descend(0, tree.rows.length)
  return path
}

/**
 * Whether `leaves` are those from `start` on of the tree of `size` leaves with this root. No leaf is
 * good for the empty tree alone. Work is bounded by the leaves and the height of the tree.
 */
export function isRange(
  leaves: readonly Uint8Array[],
  start: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const end = start + leaves.length
  if (size === 0) return leaves.length + path.length === 0 && equal(root, emptyRoot())
  if (leaves.length === 0 || start < 0 || end > size) return false
  let used = 0
  const climb = (from: number, to: number): Uint8Array | undefined => {
    if (to <= start || from >= end) return path[used++]
    if (to - from === 1) return leaves[from - start]
    const middle = from + splitOf(to - from)
    const left = climb(from, middle)
    const right = left === undefined ? undefined : climb(middle, to)
    return left === undefined || right === undefined ? undefined : nodeHash(left, right)
  }
  const found = climb(0, size)
  return found !== undefined && used === path.length && equal(found, root)
}

/**
 * All entries of a range of the log, shown under a checkpoint: their leaf hashes, and the roots of
 * everything around them. Descends from the root, splits as RFC 9162 does, left first; a subtree
 * without an entry of the range is one hash.
 */
import { type HashReader, nodeHash, rangeRoot, splitOf } from '../log/tree.js'

/** Hashes around [first, end) in a tree of `size` leaves; the range is not empty. */
export async function pathAround(
  read: HashReader,
  first: number,
  end: number,
  size: number,
): Promise<Uint8Array[]> {
  const path: Uint8Array[] = []
  const visit = async (from: number, to: number): Promise<void> => {
    if (from >= first && to <= end) return
    if (to <= first || from >= end) {
      path.push(await rangeRoot(read, from, to))
      return
    }
    const middle = from + splitOf(to - from)
    await visit(from, middle)
    await visit(middle, to)
  }
  await visit(0, size)
  return path
}

/** Root that leaves from `first` on and the hashes around them lead to; `undefined` if they cannot. */
export function rootFromRange(
  leaves: readonly Uint8Array[],
  first: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  const end = first + leaves.length
  if (leaves.length === 0 || !(first >= 0) || end > size) return undefined
  if (![...leaves, ...path].every((hash) => hash.length === 32)) return undefined
  let used = 0
  const visit = (from: number, to: number): Uint8Array | undefined => {
    if (to <= first || from >= end) return path[used++]
    if (to - from === 1) return leaves[from - first]
    const middle = from + splitOf(to - from)
    const left = visit(from, middle)
    const right = visit(middle, to)
    return left && right && nodeHash(left, right)
  }
  const root = visit(0, size)
  return used === path.length ? root : undefined
}

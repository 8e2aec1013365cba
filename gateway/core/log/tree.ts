/**
 * The Merkle tree of RFC 9162 section 2.1 over SHA-256, computed from hashes that a reader hands
 * out. Indices and sizes are integers from 0 below 2^53, so nothing here uses 32-bit operators.
 */
import { equal } from '../bytes.js'
import { sha256 } from '../crypto.js'
import { assert } from '../failure.js'

/** Bytes of a hash. */
export const hashBytes = 32
/** Leaves under one hash of the next level of tiles (C2SP tlog-tiles: tiles of height 8). */
export const tileWidth = 256

const leafPrefix = Uint8Array.of(0)
const nodePrefix = Uint8Array.of(1)

/**
 * Reads `count` hashes of `level` from `start`, concatenated. Level L holds the roots of the
 * complete subtrees of 256^L leaves, in order (ports/tiles.ts).
 */
export type HashReader = (level: number, start: number, count: number) => Promise<Uint8Array>

/** Root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array(0))
}

/** SHA-256(00 || entry). */
export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(leafPrefix, entry)
}

/** SHA-256(01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(nodePrefix, left, right)
}

/** `nodeHash`, or another implementation of it where the platform has a faster one. */
export type NodeHash = typeof nodeHash

/** Root over 2^k concatenated hashes, pairing them level by level. */
export function perfectRoot(hashes: Uint8Array, node: NodeHash = nodeHash): Uint8Array {
  let level = hashes
  while (level.length > hashBytes) {
    assert(level.length % (2 * hashBytes) === 0, 'a perfect subtree has 2^k hashes')
    const above = new Uint8Array(level.length / 2)
    for (let at = 0; at < above.length; at += hashBytes) {
      const left = level.subarray(2 * at, 2 * at + hashBytes)
      const right = level.subarray(2 * at + hashBytes, 2 * at + 2 * hashBytes)
      above.set(node(left, right), at)
    }
    level = above
  }
  assert(level.length === hashBytes, 'a perfect subtree has at least one hash')
  return level
}

/** A tree that only grows: it keeps one root per perfect subtree on its right edge. */
export class Frontier {
  #size = 0
  /** Roots of perfect subtrees, largest first: one per one-bit of the size. */
  #roots: Uint8Array[] = []

  /** Leaves appended so far. */
  get size(): number {
    return this.#size
  }

  /** Appends one leaf hash, 32 bytes. */
  append(leaf: Uint8Array): void {
    let hash = leaf
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2))
      hash = nodeHash(this.#roots.pop()!, hash)
    this.#roots.push(hash)
    this.#size++
  }

  /** Root of the tree as it stands. */
  root(): Uint8Array {
    return foldRight(this.#roots)
  }
}

/** Root over subtrees of falling size: each joins what stands to its right. */
function foldRight(roots: readonly Uint8Array[], node: NodeHash = nodeHash): Uint8Array {
  let root = roots[roots.length - 1]
  if (root === undefined) return emptyRoot()
  for (let i = roots.length - 2; i >= 0; i--) root = node(roots[i]!, root)
  return root
}

/** Largest power of two that is at most `n`; `n` at least 1. */
export function powerWithin(n: number): number {
  let power = 1
  while (power * 2 <= n) power *= 2
  return power
}

/** Largest power of two below `n`, where RFC 9162 splits `n` leaves; `n` at least 2. */
export function splitOf(n: number): number {
  return powerWithin(n - 1)
}

/** Root of the perfect subtree of `leaves` = 2^k leaves that begins at `start`, a multiple of it. */
async function perfectAt(
  read: HashReader,
  start: number,
  leaves: number,
  node: NodeHash,
): Promise<Uint8Array> {
  let level = 0
  let unit = 1
  while (unit * tileWidth <= leaves) {
    unit *= tileWidth
    level++
  }
  const hashes = await read(level, start / unit, leaves / unit)
  assert(hashes.length === (leaves / unit) * hashBytes, 'a reader returns what was asked for')
  return perfectRoot(hashes, node)
}

/** MTH(D[start:end]) where `start` is a multiple of a power of two that is at least the range. */
export async function rangeRoot(
  read: HashReader,
  start: number,
  end: number,
  node: NodeHash = nodeHash,
): Promise<Uint8Array> {
  const roots: Uint8Array[] = []
  for (let at = start; at < end; ) {
    const leaves = powerWithin(end - at)
    roots.push(await perfectAt(read, at, leaves, node))
    at += leaves
  }
  return foldRight(roots, node)
}

/** MTH of the first `size` leaves (RFC 9162 section 2.1.1). */
export function rootAt(read: HashReader, size: number, node?: NodeHash): Promise<Uint8Array> {
  assert(isCount(size), 'a size is a count')
  return rangeRoot(read, 0, size, node)
}

/** Inclusion path of leaf `index` in the tree of `size` leaves (RFC 9162 section 2.1.3.1). */
export async function inclusionPath(
  read: HashReader,
  index: number,
  size: number,
): Promise<Uint8Array[]> {
  assert(isCount(index) && isCount(size) && index < size, 'the leaf is in the tree')
  const path: Uint8Array[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + splitOf(end - start)
    if (index < middle) {
      path.unshift(await rangeRoot(read, middle, end))
      end = middle
    } else {
      path.unshift(await rangeRoot(read, start, middle))
      start = middle
    }
  }
  return path
}

/**
 * Consistency path from the tree of `m` leaves to that of `n` (RFC 9162 section 2.1.4.1);
 * m from 0 to n. Empty where m is 0 or n.
 */
export async function consistencyPath(
  read: HashReader,
  m: number,
  n: number,
): Promise<Uint8Array[]> {
  assert(isCount(m) && isCount(n) && m <= n, 'a tree only grows')
  const path: Uint8Array[] = []
  if (m === 0 || m === n) return path
  let start = 0
  let end = n
  while (end !== m) {
    const middle = start + splitOf(end - start)
    if (m <= middle) {
      path.unshift(await rangeRoot(read, middle, end))
      end = middle
    } else {
      path.unshift(await rangeRoot(read, start, middle))
      start = middle
    }
  }
  // SUBPROOF(m, D[m], true) is empty: the verifier knows the root of the whole old tree.
  if (start > 0) path.unshift(await rangeRoot(read, start, end))
  return path
}

/**
 * Root that an inclusion path leads to (RFC 9162 section 2.1.3.2); `undefined` where index, size or
 * the number of nodes cannot be right.
 */
export function rootFromInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (!isCount(index) || !isCount(size) || index >= size) return undefined
  if (leaf.length !== hashBytes || !path.every((hash) => hash.length === hashBytes))
    return undefined
  let at = index
  let last = size - 1
  let root = leaf
  for (const hash of path) {
    if (last === 0) return undefined
    if (at % 2 === 1 || at === last) {
      root = nodeHash(hash, root)
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2)
        last = Math.floor(last / 2)
      }
    } else {
      root = nodeHash(root, hash)
    }
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? root : undefined
}

/** Whether `leaf` is entry `index` of the tree of `size` leaves with this root. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const found = rootFromInclusion(leaf, index, size, path)
  return found !== undefined && equal(found, root)
}

/** Whether a number is an index or a size: an integer from 0 below 2^53. */
export function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0
}

/**
 * Consistency of two trees (RFC 9162 section 2.1.4): the larger one begins with the smaller one. The
 * path is made in tree.ts, from stored hashes; here it is verified, without any.
 */
import { equal } from '../bytes.js'
import { emptyRoot, hashBytes, isCount, nodeHash, powerWithin } from './tree.js'

/**
 * Whether the tree of `n` leaves begins with that of `m` (RFC 9162 section 2.1.4.2). Beyond the RFC:
 * the empty tree begins every tree, and a tree begins itself, both with an empty path.
 */
export function verifyConsistency(
  m: number,
  n: number,
  rootM: Uint8Array,
  rootN: Uint8Array,
  path: readonly Uint8Array[],
): boolean {
  if (!isCount(m) || !isCount(n) || m > n) return false
  if (!path.every((hash) => hash.length === hashBytes)) return false
  if (rootM.length !== hashBytes || rootN.length !== hashBytes) return false
  if (m === n) return path.length === 0 && equal(rootM, rootN) && (m > 0 || isEmptyRoot(rootM))
  if (m === 0) return path.length === 0 && isEmptyRoot(rootM)
  const nodes = isPower(m) ? [rootM, ...path] : path
  const roots = foldConsistency(m, n, nodes)
  return roots !== undefined && equal(roots.older, rootM) && equal(roots.newer, rootN)
}

/**
 * The root of the first `m` leaves of the tree of `n` leaves whose root is `rootN`, as a consistency
 * path shows it; 0 < m < n. `undefined` where the path does not lead to `rootN`, and where m is a power of
 * two: that root is then no part of the path.
 */
export function olderRoot(
  m: number,
  n: number,
  rootN: Uint8Array,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (!isCount(m) || !isCount(n) || m === 0 || m >= n || isPower(m)) return undefined
  if (!path.every((hash) => hash.length === hashBytes)) return undefined
  const roots = foldConsistency(m, n, path)
  return roots !== undefined && equal(roots.newer, rootN) ? roots.older : undefined
}

/** Both roots that the nodes of a consistency proof lead to; `undefined` for a wrong number of them. */
function foldConsistency(
  m: number,
  n: number,
  nodes: readonly Uint8Array[],
): { older: Uint8Array; newer: Uint8Array } | undefined {
  let at = m - 1
  let last = n - 1
  while (at % 2 === 1) {
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  let older = nodes[0]
  let newer = nodes[0]
  if (older === undefined || newer === undefined) return undefined
  for (const hash of nodes.slice(1)) {
    if (last === 0) return undefined
    if (at % 2 === 1 || at === last) {
      older = nodeHash(hash, older)
      newer = nodeHash(hash, newer)
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2)
        last = Math.floor(last / 2)
      }
    } else {
      newer = nodeHash(newer, hash)
    }
    at = Math.floor(at / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? { older, newer } : undefined
}

function isPower(n: number): boolean {
  return powerWithin(n) === n
}

function isEmptyRoot(root: Uint8Array): boolean {
  return equal(root, emptyRoot())
}

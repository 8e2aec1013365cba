/**
 * A second verifier of Merkle proofs, by the recursive definitions of RFC 9162 sections 2.1.3.1 and
 * 2.1.4.1: it takes a proof apart as PATH and SUBPROOF put it together, from the top of the tree down.
 * It shares nothing with gateway/core/log: another algorithm, another library for the hash.
 */
import { createHash } from 'node:crypto'

function node(left: Uint8Array, right: Uint8Array): Uint8Array {
  return createHash('sha256').update(Uint8Array.of(1)).update(left).update(right).digest()
}

function isSame(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0
}

function areNumbers(...numbers: number[]): boolean {
  return numbers.every((n) => Number.isSafeInteger(n) && n >= 0)
}

function areHashes(...hashes: Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === 32)
}

/** The largest power of two smaller than n, n above 1. */
function split(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** Whether `leaf` is entry m of the tree of n entries with this root. */
export function includes(
  leaf: Uint8Array,
  m: number,
  n: number,
  path: Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!areNumbers(m, n) || m >= n || !areHashes(leaf, root, ...path)) return false
  return isSame(rootByPath(leaf, m, n, path), root)
}

/** MTH(D[n]) from d(m) and PATH(m, D[n]). */
function rootByPath(
  leaf: Uint8Array,
  m: number,
  n: number,
  path: Uint8Array[],
): Uint8Array | undefined {
  const other = path.at(-1)
  if (n === 1) return other === undefined ? leaf : undefined
  if (other === undefined) return undefined
  const k = split(n)
  const rest = path.slice(0, -1)
  const own = m < k ? rootByPath(leaf, m, k, rest) : rootByPath(leaf, m - k, n - k, rest)
  if (own === undefined) return undefined
  return m < k ? node(own, other) : node(other, own)
}

/** Whether the tree of n entries begins with that of m. */
export function isPrefix(
  m: number,
  n: number,
  rootM: Uint8Array,
  rootN: Uint8Array,
  path: Uint8Array[],
): boolean {
  if (!areNumbers(m, n) || m > n || !areHashes(rootM, rootN, ...path)) return false
  if (m === 0) {
    const empty = createHash('sha256').digest()
    // Beyond the RFC: the empty tree begins every tree.
    return path.length === 0 && isSame(empty, rootM) && (n > 0 || isSame(empty, rootN))
  }
  const roots = rootsBySubproof(m, n, path, rootM)
  return isSame(roots?.older, rootM) && isSame(roots?.newer, rootN)
}

/** Both roots from SUBPROOF(m, D[n], b); `known`: the root that b = true leaves out. */
function rootsBySubproof(
  m: number,
  n: number,
  path: Uint8Array[],
  known: Uint8Array | undefined,
): { older: Uint8Array; newer: Uint8Array } | undefined {
  const last = path.at(-1)
  const rest = path.slice(0, -1)
  if (m === n) {
    const whole = known ?? last
    if (whole === undefined || path.length !== (known === undefined ? 1 : 0)) return undefined
    return { older: whole, newer: whole }
  }
  if (last === undefined) return undefined
  const k = split(n)
  if (m <= k) {
    const left = rootsBySubproof(m, k, rest, known)
    return left && { older: left.older, newer: node(left.newer, last) }
  }
  const right = rootsBySubproof(m - k, n - k, rest, undefined)
  return right && { older: node(last, right.older), newer: node(last, right.newer) }
}

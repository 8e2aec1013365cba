/**
 * Vectors of the Merkle tree: roots, inclusion and consistency proofs with the verdict each must
 * get. Everything is computed by the recursive definitions of RFC 9162 section 2.1, word for word,
 * not by the code that they test.
 */
import { concat, fromHex, toHex } from '../../gateway/core/bytes.js'
import { sha256 } from '../../gateway/core/crypto.js'

/** MTH(D[from:to]) over leaf hashes (RFC 9162 section 2.1.1). */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0))
  if (leaves.length === 1) return leaves[0]!
  const k = naiveSplit(leaves.length)
  return naiveNode(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)))
}

/** PATH(m, D[n]) (section 2.1.3.1). */
export function naivePath(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length === 1) return []
  const k = naiveSplit(leaves.length)
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)]
  return m < k
    ? [...naivePath(m, left), naiveRoot(right)]
    : [...naivePath(m - k, right), naiveRoot(left)]
}

/** PROOF(m, D[n]), 0 < m <= n (section 2.1.4.1). */
export function naiveProof(m: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return naiveSubproof(m, leaves, true)
}

function naiveSubproof(m: number, leaves: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  if (m === leaves.length) return whole ? [] : [naiveRoot(leaves)]
  const k = naiveSplit(leaves.length)
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)]
  return m <= k
    ? [...naiveSubproof(m, left, whole), naiveRoot(right)]
    : [...naiveSubproof(m - k, right, false), naiveRoot(left)]
}

/** The largest power of two smaller than n. */
function naiveSplit(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1))
}

function naiveNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(Uint8Array.of(1), left, right))
}

/** SHA-256(00 || entry). */
export function naiveLeaf(entry: Uint8Array): Uint8Array {
  return sha256(concat(Uint8Array.of(0), entry))
}

/** Entries of the tree that logs of certificates have been tested with since 2012, and 5 more. */
const entries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
  '70',
  '7172',
  '737475',
  '76',
  '77',
]
const leaves = entries.map((entry) => naiveLeaf(fromHex(entry)!))

interface Inclusion {
  name: string
  leaf: Uint8Array
  index: number
  size: number
  path: Uint8Array[]
  root: Uint8Array
  ok: boolean
}

interface Consistency {
  name: string
  m: number
  n: number
  rootM: Uint8Array
  rootN: Uint8Array
  path: Uint8Array[]
  ok: boolean
}

function rootOf(size: number): Uint8Array {
  return naiveRoot(leaves.slice(0, size))
}

function inclusion(index: number, size: number): Inclusion {
  return {
    name: `leaf ${index} of ${size}`,
    leaf: leaves[index]!,
    index,
    size,
    path: naivePath(index, leaves.slice(0, size)),
    root: rootOf(size),
    ok: true,
  }
}

function consistency(m: number, n: number): Consistency {
  const path = m === 0 ? [] : naiveProof(m, leaves.slice(0, n))
  return { name: `${m} to ${n}`, m, n, rootM: rootOf(m), rootN: rootOf(n), path, ok: true }
}

/** Ways to spoil a list of hashes; each changes every list that is long enough for it. */
function spoiled(path: readonly Uint8Array[]): [string, Uint8Array[]][] {
  const all: [string, Uint8Array[]][] = [
    ['a hash more at the end', [...path, leaves[0]!]],
    ['a hash more at the start', [leaves[0]!, ...path]],
    ['a short hash', [...path.slice(0, -1), leaves[0]!.subarray(1)]],
  ]
  if (path.length > 0) {
    const flipped = Uint8Array.from(path[0]!)
    flipped[31]! ^= 1
    all.push(['the last hash missing', path.slice(0, -1)])
    all.push(['the first hash missing', path.slice(1)])
    all.push(['a bit of the first hash changed', [flipped, ...path.slice(1)]])
  }
  if (path.length > 1) all.push(['hashes in reverse', path.toReversed()])
  return all
}

/** Where every node was made of its halves in the wrong order; of a single leaf, where it has one. */
function swappedRoot({ leaf, index, size, path }: Inclusion): Uint8Array {
  if (size === 1) return naiveNode(leaf, leaf)
  const k = naiveSplit(size)
  const [top, rest] = [path.at(-1)!, path.slice(0, -1)]
  const half = { leaf, index, size: k, path: rest, name: '', root: leaf, ok: false }
  if (index >= k) Object.assign(half, { index: index - k, size: size - k })
  const own = half.size === 1 ? leaf : swappedRoot(half)
  return index < k ? naiveNode(top, own) : naiveNode(own, top)
}

function badInclusions(): Inclusion[] {
  const cases: Inclusion[] = []
  const good: [number, number][] = [
    [0, 1],
    [1, 2],
    [0, 8],
    [5, 7],
    [6, 11],
    [12, 13],
  ]
  for (const [index, size] of good) {
    const good = inclusion(index, size)
    const { name } = good
    for (const [how, path] of spoiled(good.path))
      cases.push({ ...good, name: `${name}: ${how}`, path })
    cases.push({ ...good, name: `${name}: the next index`, index: index + 1 })
    cases.push({ ...good, name: `${name}: a negative index`, index: -1 })
    cases.push({ ...good, name: `${name}: half an index`, index: index + 0.5 })
    cases.push({ ...good, name: `${name}: index beyond 2^53`, index: 2 ** 53, size: 2 ** 53 + 2 })
    cases.push({ ...good, name: `${name}: size 0`, size: 0 })
    cases.push({ ...good, name: `${name}: twice the size`, size: 2 * size + 1 })
    cases.push({ ...good, name: `${name}: half the size`, size: Math.floor(size / 2) })
    cases.push({ ...good, name: `${name}: sides swapped`, root: swappedRoot(good) })
    cases.push({ ...good, name: `${name}: no path`, path: [], root: rootOf(size === 1 ? 2 : size) })
    cases.push({ ...good, name: `${name}: another leaf`, leaf: leaves[(index + 1) % 13]! })
    cases.push({ ...good, name: `${name}: another root`, root: rootOf(size === 1 ? 2 : size - 1) })
  }
  cases.push({ ...inclusion(0, 1), name: 'index 0 of the empty tree', size: 0, root: rootOf(0) })
  return cases.map((one) => ({ ...one, ok: false }))
}

function badConsistencies(): Consistency[] {
  const cases: Consistency[] = []
  const pairs: [number, number][] = [
    [1, 2],
    [4, 8],
    [3, 7],
    [2, 5],
    [7, 8],
    [6, 13],
    [12, 13],
  ]
  for (const [m, n] of pairs) {
    const good = consistency(m, n)
    const { name, rootM, rootN } = good
    for (const [how, path] of spoiled(good.path))
      cases.push({ ...good, name: `${name}: ${how}`, path })
    cases.push({ ...good, name: `${name}: sizes swapped`, m: n, n: m })
    cases.push({ ...good, name: `${name}: roots swapped`, rootM: rootN, rootN: rootM })
    cases.push({ ...good, name: `${name}: another old root`, rootM: rootOf(m - 1) })
    cases.push({ ...good, name: `${name}: another new root`, rootN: rootOf(n - 1) })
    cases.push({ ...good, name: `${name}: an older size`, m: m - 1 })
    cases.push({ ...good, name: `${name}: a negative size`, m: -m })
    cases.push({ ...good, name: `${name}: from nothing`, m: 0 })
    cases.push({ ...good, name: `${name}: half a size`, m: m + 0.5 })
    cases.push({ ...good, name: `${name}: sizes beyond 2^53`, m: 2 ** 53, n: 2 ** 53 + 2 })
    cases.push({ ...good, name: `${name}: a newer size`, n: n + 1, rootN: rootOf(n - 1) })
    cases.push({ ...good, name: `${name}: the old root twice`, rootN: rootM })
    cases.push({ ...good, name: `${name}: the new root in the path`, path: [...good.path, rootN] })
    cases.push({ ...good, name: `${name}: the old root in the path`, path: [rootM, ...good.path] })
    cases.push({ ...good, name: `${name}: no path`, path: [] })
  }
  const same = consistency(5, 5)
  cases.push({ ...same, name: '5 to 5: a path', path: [leaves[0]!] })
  cases.push({ ...same, name: '5 to 5: two roots', rootN: rootOf(6) })
  cases.push({ ...consistency(0, 5), name: '0 to 5: a path', path: [leaves[0]!] })
  cases.push({ ...consistency(0, 5), name: '0 to 5: not the empty root', rootM: rootOf(1) })
  cases.push({
    ...consistency(0, 0),
    name: '0 to 0: not the empty root',
    rootM: rootOf(1),
    rootN: rootOf(1),
  })
  return cases.map((one) => ({ ...one, ok: false }))
}

/** The content of log.json; hashes in hex. */
export function logVectors(): object {
  const sizes = leaves.map((_, i) => i + 1)
  const inclusions = sizes.flatMap((size) =>
    leaves.slice(0, size).map((_, index) => inclusion(index, size)),
  )
  const consistencies = [0, ...sizes].flatMap((n) =>
    [0, ...sizes].filter((m) => m <= n).map((m) => consistency(m, n)),
  )
  return {
    entries,
    leaves: leaves.map(toHex),
    roots: [0, ...sizes].map((size) => toHex(rootOf(size))),
    inclusion: [...inclusions, ...badInclusions()].map((one) => ({
      ...one,
      leaf: toHex(one.leaf),
      path: one.path.map(toHex),
      root: toHex(one.root),
    })),
    consistency: [...consistencies, ...badConsistencies()].map((one) => ({
      ...one,
      path: one.path.map(toHex),
      rootM: toHex(one.rootM),
      rootN: toHex(one.rootN),
    })),
  }
}

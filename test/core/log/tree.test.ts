import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concat, equal, fromHex, toHex, utf8 } from '../../../gateway/core/bytes.js'
import { verifyConsistency } from '../../../gateway/core/log/consistency.js'
import {
  consistencyPath,
  emptyRoot,
  Frontier,
  type HashReader,
  hashBytes,
  inclusionPath,
  leafHash,
  perfectRoot,
  rootAt,
  rootFromInclusion,
  verifyInclusion,
} from '../../../gateway/core/log/tree.js'
import { naiveLeaf, naivePath, naiveProof, naiveRoot } from '../../../schemas/vectors/log.js'

/** Roots of the first n of these entries, as certificate logs have published them since RFC 6962. */
const knownEntries = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
]
const knownRoots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]

function leavesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => naiveLeaf(utf8(`entry ${i}`)))
}

/** A reader over leaves in memory: each level derived from the one below, 256 by 256. */
function readerOf(leaves: readonly Uint8Array[]): HashReader {
  const levels: Uint8Array[] = [concat(...leaves)]
  for (let below = levels[0]!; below.length >= 256 * hashBytes; below = levels.at(-1)!) {
    const roots: Uint8Array[] = []
    for (let at = 0; at + 256 * hashBytes <= below.length; at += 256 * hashBytes)
      roots.push(perfectRoot(below.subarray(at, at + 256 * hashBytes)))
    levels.push(concat(...roots))
  }
  return async (level, start, count) => {
    const hashes = levels[level]!.subarray(start * hashBytes, (start + count) * hashBytes)
    expect(hashes.length).toBe(count * hashBytes)
    return hashes
  }
}

function same(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((hash, i) => equal(hash, b[i]!))
}

describe('the tree', () => {
  it('gives the published roots', async () => {
    const leaves = knownEntries.map((entry) => leafHash(fromHex(entry)!))
    const frontier = new Frontier()
    for (const [size, root] of knownRoots.entries()) {
      expect(toHex(frontier.root())).toBe(root)
      expect(toHex(await rootAt(readerOf(leaves), size))).toBe(root)
      if (size < leaves.length) frontier.append(leaves[size]!)
    }
    expect(frontier.size).toBe(8)
    expect(toHex(emptyRoot())).toBe(knownRoots[0])
  })

  it('agrees with the recursive definition up to 70 leaves: roots, all paths, all proofs', async () => {
    const leaves = leavesOf(70)
    const read = readerOf(leaves)
    const frontier = new Frontier()
    const roots: Uint8Array[] = []
    for (let n = 0; n <= 70; n++) {
      const tree = leaves.slice(0, n)
      const root = naiveRoot(tree)
      roots.push(root)
      expect(equal(frontier.root(), root)).toBe(true)
      expect(equal(await rootAt(read, n), root)).toBe(true)
      for (let i = 0; i < n; i++) {
        const path = await inclusionPath(read, i, n)
        if (!same(path, naivePath(i, tree))) expect.fail(`path of ${i} in ${n}`)
        if (!verifyInclusion(leaves[i]!, i, n, path, root)) expect.fail(`leaf ${i} of ${n}`)
      }
      for (let m = 1; m <= n; m++) {
        const path = await consistencyPath(read, m, n)
        if (!same(path, naiveProof(m, tree))) expect.fail(`proof of ${m} in ${n}`)
        if (!verifyConsistency(m, n, roots[m]!, root, path)) expect.fail(`${m} to ${n}`)
      }
      expect(await consistencyPath(read, 0, n)).toEqual([])
      expect(verifyConsistency(0, n, roots[0]!, root, [])).toBe(true)
      if (n < 70) frontier.append(leaves[n]!)
    }
  })

  it('reads higher levels at the edges of tiles', async () => {
    const leaves = leavesOf(65_536 + 300)
    const read = readerOf(leaves)
    for (const n of [255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_836]) {
      const tree = leaves.slice(0, n)
      const root = naiveRoot(tree)
      expect(equal(await rootAt(read, n), root)).toBe(true)
      for (const i of [0, 254, n - 1]) {
        const path = await inclusionPath(read, i, n)
        expect(verifyInclusion(leaves[i]!, i, n, path, root)).toBe(true)
      }
      for (const m of [1, 200, 255, n - 1]) {
        const path = await consistencyPath(read, m, n)
        const rootM = await rootAt(read, m)
        expect(verifyConsistency(m, n, rootM, root, path)).toBe(true)
      }
    }
  })
})

describe('verification', () => {
  const leaves = leavesOf(14)
  const roots = Array.from({ length: 15 }, (_, n) => naiveRoot(leaves.slice(0, n)))

  it('accepts a path for no other leaf and no other tree than its own', () => {
    const proofs: { i: number; n: number; path: Uint8Array[] }[] = []
    for (let n = 1; n <= 14; n++)
      for (let i = 0; i < n; i++) proofs.push({ i, n, path: naivePath(i, leaves.slice(0, n)) })
    for (const { i, n, path } of proofs) {
      for (const other of proofs) {
        const verdict = verifyInclusion(leaves[i]!, i, n, other.path, roots[n]!)
        if (verdict !== same(path, other.path)) expect.fail(`${i}/${n} by ${other.i}/${other.n}`)
      }
    }
  })

  it('accepts a consistency proof for no other pair of trees than its own', () => {
    const proofs: { m: number; n: number; path: Uint8Array[] }[] = []
    for (let n = 1; n <= 14; n++)
      for (let m = 1; m <= n; m++) proofs.push({ m, n, path: naiveProof(m, leaves.slice(0, n)) })
    for (const { m, n, path } of proofs) {
      for (const other of proofs) {
        const verdict = verifyConsistency(m, n, roots[m]!, roots[n]!, other.path)
        if (verdict !== same(path, other.path)) expect.fail(`${m}-${n} by ${other.m}-${other.n}`)
      }
    }
  })

  it('refuses a path of which a hash is swapped, added, dropped or changed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 14 }),
        fc.nat(),
        fc.nat(),
        fc.nat(3),
        (n, a, b, how) => {
          const i = a % n
          const path = naivePath(i, leaves.slice(0, n))
          const at = b % path.length
          const spoiled: Uint8Array[] = path.map((hash) => Uint8Array.from(hash))
          if (how === 0) spoiled.splice(at, 1)
          else if (how === 1) spoiled.splice(at, 0, leaves[b % 14]!)
          else if (how === 2) spoiled[at]![b % 32]! ^= 1 << (a % 8)
          else spoiled.push(spoiled[at]!)
          expect(verifyInclusion(leaves[i]!, i, n, spoiled, roots[n]!)).toBe(false)
        },
      ),
    )
  })

  it('refuses numbers that are no index and no size', () => {
    const odd = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]
    for (const n of odd) {
      expect(rootFromInclusion(leaves[0]!, n, 14, [])).toBeUndefined()
      expect(rootFromInclusion(leaves[0]!, 0, n, [])).toBeUndefined()
      expect(verifyConsistency(n, 14, roots[1]!, roots[14]!, [])).toBe(false)
      expect(verifyConsistency(1, n, roots[1]!, roots[14]!, [])).toBe(false)
    }
    expect(rootFromInclusion(leaves[0]!, 0, 0, [])).toBeUndefined()
    expect(rootFromInclusion(leaves[0]!, 1, 1, [])).toBeUndefined()
    expect(rootFromInclusion(leaves[0]!.subarray(1), 0, 1, [])).toBeUndefined()
  })

  it('follows paths of sizes beyond 32 bits', () => {
    // The last leaf of 2^k + 1 hangs on the root's right: its path is the root of the left 2^k.
    for (const k of [31, 32, 40, 52]) {
      const size = 2 ** k + 1
      const found = rootFromInclusion(leaves[0]!, size - 1, size, [leaves[1]!])
      expect(found && equal(found, naiveRoot([leaves[1]!, leaves[0]!]))).toBe(true)
      expect(rootFromInclusion(leaves[0]!, size - 2, size, [leaves[1]!])).toBeUndefined()
    }
  })
})

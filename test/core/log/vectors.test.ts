import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fromHex, toHex } from '../../../gateway/core/bytes.js'
import { verifyConsistency } from '../../../gateway/core/log/consistency.js'
import { Frontier, leafHash, verifyInclusion } from '../../../gateway/core/log/tree.js'
import { projectRoot } from '../../support/root.js'
import { includes, isPrefix } from '../../support/treeOracle.js'

interface Inclusion {
  name: string
  leaf: string
  index: number
  size: number
  path: string[]
  root: string
  ok: boolean
}

interface Consistency {
  name: string
  m: number
  n: number
  rootM: string
  rootN: string
  path: string[]
  ok: boolean
}

interface Vectors {
  entries: string[]
  leaves: string[]
  roots: string[]
  inclusion: Inclusion[]
  consistency: Consistency[]
}

const file = join(projectRoot(), 'schemas/vectors/log.json')
const vectors: Vectors = JSON.parse(readFileSync(file, 'utf8'))
const cases = 98
const hex = (text: string): Uint8Array => fromHex(text)!

it('reproduces the leaves and roots of log.json', () => {
  const frontier = new Frontier()
  for (const [i, entry] of vectors.entries.entries()) {
    expect(toHex(frontier.root())).toBe(vectors.roots[i])
    expect(toHex(leafHash(hex(entry)))).toBe(vectors.leaves[i])
    frontier.append(leafHash(hex(entry)))
  }
  expect(toHex(frontier.root())).toBe(vectors.roots.at(-1))
})

it('gives every inclusion case of log.json its verdict', () => {
  expect(vectors.inclusion.filter((one) => !one.ok).length).toBeGreaterThanOrEqual(cases)
  for (const { name, leaf, index, size, path, root, ok } of vectors.inclusion)
    expect([name, verifyInclusion(hex(leaf), index, size, path.map(hex), hex(root))]).toEqual([
      name,
      ok,
    ])
})

it('gives every consistency case of log.json its verdict', () => {
  expect(vectors.consistency.filter((one) => !one.ok).length).toBeGreaterThanOrEqual(cases)
  for (const { name, m, n, rootM, rootN, path, ok } of vectors.consistency)
    expect([name, verifyConsistency(m, n, hex(rootM), hex(rootN), path.map(hex))]).toEqual([
      name,
      ok,
    ])
})

it('has no two cases of one name', () => {
  for (const rows of [vectors.inclusion, vectors.consistency])
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
})

it('gets the same verdicts from the recursive definitions of the RFC', () => {
  for (const { name, leaf, index, size, path, root, ok } of vectors.inclusion)
    expect([name, includes(hex(leaf), index, size, path.map(hex), hex(root))]).toEqual([name, ok])
  for (const { name, m, n, rootM, rootN, path, ok } of vectors.consistency)
    expect([name, isPrefix(m, n, hex(rootM), hex(rootN), path.map(hex))]).toEqual([name, ok])
})

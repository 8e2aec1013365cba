import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fromHex, toHex } from '../../../gateway/core/bytes.js'
import {
  Frontier,
  leafHash,
  verifyConsistency,
  verifyInclusion,
} from '../../../gateway/core/log/tree.js'
import { projectRoot } from '../../support/root.js'

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
  expect(vectors.inclusion.filter((one) => !one.ok).length).toBeGreaterThan(40)
  for (const { name, leaf, index, size, path, root, ok } of vectors.inclusion)
    expect([name, verifyInclusion(hex(leaf), index, size, path.map(hex), hex(root))]).toEqual([
      name,
      ok,
    ])
})

it('gives every consistency case of log.json its verdict', () => {
  expect(vectors.consistency.filter((one) => !one.ok).length).toBeGreaterThan(30)
  for (const { name, m, n, rootM, rootN, path, ok } of vectors.consistency)
    expect([name, verifyConsistency(m, n, hex(rootM), hex(rootN), path.map(hex))]).toEqual([
      name,
      ok,
    ])
})

/** aggregates.json by the plain definitions of PROTOCOL 7 and 8, with another library for the hash. */
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { fromHex } from '../../../gateway/core/bytes.js'
import { isRange } from '../../../gateway/core/query/rangePath.js'
import { jsonFormats } from '../../../schemas/jsonFormats.js'
import { vectorText } from '../../support/vectors.js'

interface Vectors {
  windows: { step: number; t: number; P: number }[]
  rows: { row: string; key: string; vh: string; leaf: string }[]
  tree: { lines: { key: string; vh: string }[]; root: string }
  ranges: { start: number; end: number; path: string[] }[]
}

const vectors = JSON.parse(vectorText('aggregates')) as Vectors

function hash(...parts: (string | Uint8Array)[]): string {
  return parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest('hex')
}

const leaves = vectors.tree.lines.map(({ key, vh }) =>
  hash('\0', key, '\0', Buffer.from(vh, 'base64url')),
)

function splitOf(size: number): number {
  return 2 ** Math.floor(Math.log2(size - 1))
}

/** MTH(D[start:end]) of RFC 9162 section 2.1.1. */
function rootOf(start: number, end: number): string {
  if (end - start === 1) return leaves[start]!
  const middle = start + splitOf(end - start)
  return hash('\x01', fromHex(rootOf(start, middle))!, fromHex(rootOf(middle, end))!)
}

it('hashes rows as the protocol says', () => {
  expect(vectors.rows.length).toBe(4)
  for (const { row, key, vh, leaf } of vectors.rows) {
    const { metric, cell, step, t } = JSON.parse(row)
    expect(key).toBe([metric, cell, step, t].join('|'))
    expect(vh).toBe(hash(row))
    expect(leaf).toBe(hash('\0', key, '\0', fromHex(vh)!))
    expect(jsonFormats.aggregate.safeParse(JSON.parse(row)).success).toBe(true)
    const more = { ...JSON.parse(row), owner: 'x' }
    expect(jsonFormats.aggregate.safeParse(more).success).toBe(false)
  }
  for (const { step, t, P } of vectors.windows) expect(P).toBe(t + step + Math.min(step / 4, 900))
})

it('has the path of every range, and refuses it with a hash changed', () => {
  const { root } = vectors.tree
  expect(root).toBe(rootOf(0, leaves.length))
  expect(vectors.ranges.length).toBe(28)
  for (const { start, end, path } of vectors.ranges) {
    const wanted: string[] = []
    const descend = (from: number, to: number): void => {
      if (to <= start || from >= end) wanted.push(rootOf(from, to))
      else if (to - from > 1) {
        const middle = from + splitOf(to - from)
        descend(from, middle)
        descend(middle, to)
      }
    }
    descend(0, leaves.length)
    expect(path).toEqual(wanted)
    const given = leaves.slice(start, end).map((leaf) => fromHex(leaf)!)
    const hashes = path.map((text) => fromHex(text)!)
    const judge = (more: Uint8Array[], at = start): boolean =>
      isRange(given, at, leaves.length, more, fromHex(root)!)
    expect(judge(hashes)).toBe(true)
    expect(judge([...hashes, given[0]!])).toBe(false)
    expect(judge(hashes, start + 1)).toBe(false)
    for (const i of hashes.keys()) expect(judge(hashes.with(i, given[0]!))).toBe(false)
  }
})

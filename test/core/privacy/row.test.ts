import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { toB64u, toHex } from '../../../gateway/core/bytes.js'
import {
  type AggregateRow,
  formatAggregateRow,
  keyOfRow,
  parseAggregateRow,
  readAggregateRow,
} from '../../../gateway/core/privacy/row.js'
import {
  aggregateLeaf,
  aggregateRoot,
  formatRowHash,
  hashRow,
  parseRowHash,
} from '../../../gateway/core/privacy/rowHash.js'
import { parseRowKey } from '../../../gateway/core/privacy/rowKey.js'

const salt = toB64u(new Uint8Array(16).fill(7))
const common = { cell: '87195da4affffff', salt, step: 3_600, t: 1_761_998_400 }
const anonymous: AggregateRow = {
  ...common,
  class: 'k-anonymous',
  k: 5,
  mean: 21.4,
  median: 21.3,
  metric: 'temperature',
  n: 10,
  unit: 'Cel',
}
const noisy: AggregateRow = {
  ...common,
  class: 'differentially-private',
  epsilon: '1/4',
  halfWidth: 0.6,
  median: 41.3,
  metric: 'noise',
  n: 25,
  unit: 'dB',
}
const { median: _, ...withoutMedian } = noisy as typeof noisy & { median: number }
const total = { ...withoutMedian, sum: -12.5 } as AggregateRow
const withheld: AggregateRow = { ...common, class: 'withheld', metric: 'rain' }

it('writes each form as ECMAScript writes its members in order', () => {
  for (const row of [anonymous, noisy, total, withheld]) {
    const text = formatAggregateRow(row)
    expect(text).toBe(JSON.stringify(row, Object.keys(row).sort()))
    expect(parseAggregateRow(text)).toEqual({ ok: true, value: row })
    expect(readAggregateRow(JSON.parse(JSON.stringify(row)))).toEqual({ ok: true, value: row })
    expect(parseAggregateRow(` ${text}`).ok).toBe(false)
  }
  expect(formatAggregateRow(anonymous)).toBe(
    `{"cell":"87195da4affffff","class":"k-anonymous","k":5,"mean":21.4,"median":21.3,"metric":"temperature","n":10,"salt":"${salt}","step":3600,"t":1761998400,"unit":"Cel"}`,
  )
})

it('refuses a row with a member more or less', () => {
  for (const row of [anonymous, noisy, total, withheld]) {
    expect(readAggregateRow({ ...row, more: 1 }).ok).toBe(false)
    for (const name of Object.keys(row)) {
      const { [name]: _gone, ...less } = row as unknown as Record<string, unknown>
      expect([name, readAggregateRow(less).ok]).toEqual([name, false])
    }
  }
  expect(readAggregateRow([]).ok).toBe(false)
  expect(readAggregateRow(null).ok).toBe(false)
})

const wrong: [string, AggregateRow, object][] = [
  ['a cell of resolution 8', anonymous, { cell: '88195da4a1fffff' }],
  ['a cell of resolution 2', anonymous, { cell: '82195ffffffffff' }],
  ['battery', withheld, { metric: 'battery' }],
  ['no metric', withheld, { metric: 'love' }],
  ['another class', withheld, { class: 'raw' }],
  ['a step that is none', anonymous, { step: 1_800 }],
  ['a start between windows', anonymous, { t: 1_761_998_460 }],
  ['a start of nine digits', anonymous, { t: 3_600 }],
  ['a short salt', anonymous, { salt: 'AAAA' }],
  ['a salt with bits at its end', anonymous, { salt: `${salt.slice(0, 21)}x` }],
  ['k of 2', anonymous, { k: 2, n: 5 }],
  ['a count that was not rounded', anonymous, { n: 11 }],
  ['a count below k', anonymous, { k: 10, n: 5 }],
  ['a mean off the grid', anonymous, { mean: 21.45 }],
  ['a median beyond the bounds', anonymous, { median: 85.1 }],
  ['a mean in text', anonymous, { mean: '21.4' }],
  ['another unit', anonymous, { unit: 'K' }],
  ['a personal metric without noise', anonymous, { metric: 'noise', unit: 'dB' }],
  ['an environment metric with noise', noisy, { metric: 'temperature', unit: 'Cel', median: 21.3 }],
  ['epsilon that is not reduced', noisy, { epsilon: '2/8' }],
  ['epsilon over one', noisy, { epsilon: '1/1' }],
  ['epsilon of nothing', noisy, { epsilon: '0' }],
  ['epsilon as a number', noisy, { epsilon: 0.25 }],
  ['a width below nothing', noisy, { halfWidth: -0.6 }],
  ['a fifth decimal', noisy, { halfWidth: 0.60001 }],
  ['both median and sum', noisy, { sum: 1 }],
  ['a count of 26', noisy, { n: 26 }],
]

it.each(wrong)('refuses %s', (_name, row, change) => {
  expect(readAggregateRow(row).ok).toBe(true)
  expect(readAggregateRow({ ...row, ...change })).toMatchObject({ ok: false, reason: 'malformed' })
  expect(() => formatAggregateRow({ ...row, ...change } as AggregateRow)).toThrow('aggregate row')
})

it('names a row by its key, in one form', () => {
  const key = 'temperature|87195da4affffff|3600|1761998400'
  expect(keyOfRow(anonymous)).toBe(key)
  expect(parseRowKey(key)).toEqual({
    metric: 'temperature',
    cell: common.cell,
    step: 3_600,
    t: common.t,
  })
  for (const bad of [
    '',
    `${key}|`,
    key.replace('3600', '03600'),
    key.replace('3600|', '3.6e3|'),
    `${key}.0`,
    key.replace('temperature', 'battery'),
    key.replace('87195da4a', '87195da4b7'),
    key.replace('3600|', '1800|'),
    key.replace('98400', '98460'),
  ])
    expect([bad, typeof parseRowKey(bad)]).toEqual([bad, 'string'])
})

it('publishes key and hash, and hashes both into the leaf', () => {
  const sha256 = (...parts: (string | Uint8Array)[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest()
  const { key, vh } = hashRow(anonymous)
  expect(toHex(vh)).toBe(sha256(formatAggregateRow(anonymous)).toString('hex'))
  const leaf = sha256('\0', key, '\0', vh)
  expect(toHex(aggregateLeaf({ key, vh }))).toBe(leaf.toString('hex'))
  expect(toHex(aggregateRoot([{ key, vh }]))).toBe(leaf.toString('hex'))
  expect(toHex(aggregateRoot([]))).toBe(sha256('').toString('hex'))
  const line = formatRowHash({ key, vh })
  expect(line).toBe(`{"key":"${key}","vh":"${toB64u(vh)}"}`)
  expect(parseRowHash(line)).toEqual({ ok: true, value: { key, vh } })
  for (const bad of [
    line.replace('"vh"', '"v"'),
    line.replace('}', ',"x":1}'),
    line.replace(/.{3}"}$/, '"}'),
    `${line} `,
    '[]',
    'null',
  ])
    expect([bad, parseRowHash(bad).ok]).toEqual([bad, false])
  expect(() => aggregateRoot([hashRow(withheld), hashRow(anonymous), hashRow(withheld)])).toThrow(
    'by key',
  )
})

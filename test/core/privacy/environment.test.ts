import { expect, it } from 'vitest'
import { metricByName } from '../../../gateway/core/metric.js'
import { releaseEnvironment } from '../../../gateway/core/privacy/environment.js'
import type { RosterOwner } from '../../../gateway/core/privacy/members.js'
import { formatAggregateRow } from '../../../gateway/core/privacy/row.js'
import { type Decimal, decimal } from '../../../gateway/core/senml/decimal.js'

const metric = metricByName('temperature')!
const cell = '87195da4affffff'
const salt = new Uint8Array(16)
const [step, t] = [3_600, 1_761_998_400]

function owners(count: number, uncounted = 0): RosterOwner[] {
  return Array.from({ length: count }, (_, i) => ({
    owner: `o${i}`,
    cell,
    devices: [`d${i}`, `e${i}`],
    counts: i >= uncounted,
  }))
}

/** One value of each owner's first device. */
function values(...tenths: number[]): Map<string, Decimal[]> {
  return new Map(tenths.map((m, i) => [`d${i}`, [decimal(m, -1)]]))
}

function release(count: number, uncounted: number, given: Map<string, Decimal[]>, k = 5) {
  const node = { cell, owners: owners(count, uncounted) }
  return releaseEnvironment({ metric, node, k, step, t, salt, values: given })
}

it('releases mean and median over the owners with a value', () => {
  const { row, contributors } = release(8, 0, values(200, 201, 202, 203, 204, 300))
  expect(row).toMatchObject({ class: 'k-anonymous', k: 5, mean: 21.8, median: 20.3, n: 5 })
  expect(contributors.map((one) => one.devices)).toEqual([0, 1, 2, 3, 4, 5].map((i) => [`d${i}`]))
  expect(formatAggregateRow(row)).toContain('"mean":21.8')
})

it('withholds below k, and pays nobody', () => {
  const { row, contributors } = release(8, 0, values(200, 201, 202, 203))
  expect(row.class).toBe('withheld')
  expect(contributors).toEqual([])
  expect(formatAggregateRow(row)).not.toMatch(/mean|median|"n"/)
})

it('does not let new owners make up the number', () => {
  expect(release(8, 4, values(200, 201, 202, 203, 204, 205, 206, 207)).row.class).toBe('withheld')
  const { row } = release(9, 4, values(100, 100, 100, 100, 200, 200, 200, 200, 200))
  expect(row).toMatchObject({ class: 'k-anonymous', mean: 15.6, median: 20, n: 5 })
})

it('gives each owner one voice, however many devices it has', () => {
  const given = values(200, 200, 200, 200, 200)
  given.set(
    'e0',
    Array.from({ length: 500 }, () => decimal(850, -1)),
  )
  expect(release(5, 0, given).row).toMatchObject({ mean: 26.5, median: 20 })
  given.set('elsewhere', [decimal(-400, -1)])
  expect(release(5, 0, given).row).toMatchObject({ mean: 26.5 })
})

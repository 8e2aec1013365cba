import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Metric, metricByName, metrics } from '../../../gateway/core/metric.js'
import {
  gridMean,
  gridMedian,
  gridNumber,
  roundedOwners,
} from '../../../gateway/core/privacy/collapse.js'
import { boundsOf, ownerValue } from '../../../gateway/core/privacy/grid.js'
import { type Decimal, decimal } from '../../../gateway/core/senml/decimal.js'

const temperature = metricByName('temperature')!
const collapsed = (metric: Metric, devices: readonly (readonly Decimal[])[]) =>
  ownerValue(devices, metric, boundsOf(metric))
const tenths = (...values: number[]) => values.map((m) => decimal(m, -1))

it('takes the mean of the means of devices, not of all values', () => {
  // 20.0 from one device; 30.0 three times from the other: 25.0 and not 27.5.
  expect(collapsed(temperature, [tenths(200), tenths(300, 300, 300)])).toBe(250n)
  expect(collapsed(temperature, [tenths(200), []])).toBe(200n)
  expect(collapsed(temperature, [[], []])).toBeUndefined()
  expect(collapsed(temperature, [])).toBeUndefined()
})

it('rounds once, half away from zero', () => {
  // Means 21.1 and 21.2: 21.15, on the grid 21.2; below zero the same the other way.
  expect(collapsed(temperature, [tenths(211), tenths(212)])).toBe(212n)
  expect(collapsed(temperature, [tenths(-211), tenths(-212)])).toBe(-212n)
  // 21.14 + 21.15 over two is 21.145: rounding device means first would give 21.2.
  expect(collapsed(temperature, [[decimal(2114, -2)], [decimal(2115, -2)]])).toBe(211n)
  expect(collapsed(temperature, [[decimal(21149999999, -9)]])).toBe(211n)
  expect(collapsed(temperature, [[decimal(21150000000, -9)]])).toBe(212n)
})

it('clamps to the bounds of the metric', () => {
  expect(collapsed(temperature, [tenths(9_000)])).toBe(850n)
  expect(collapsed(temperature, [tenths(-9_000)])).toBe(-400n)
})

it('finds the mean and the median of owners on the grid', () => {
  expect(gridMean([1n, 2n])).toBe(2n)
  expect(gridMean([-1n, -2n])).toBe(-2n)
  expect(gridMean([1n, 1n, 2n])).toBe(1n)
  expect(gridMedian([5n, 1n, 9n])).toBe(5n)
  expect(gridMedian([9n, 1n, 4n, 5n])).toBe(5n)
  expect(gridMedian([-4n, -5n, 100n, -100n])).toBe(-5n)
  expect(() => gridMean([])).toThrow('at least one')
})

it('agrees with sums over one common denominator', () => {
  const device = fc.array(fc.integer({ min: -400, max: 850 }), { maxLength: 12 })
  fc.assert(
    fc.property(fc.array(device, { minLength: 1, maxLength: 5 }), (devices) => {
      // 12! is a multiple of every count; 60 of every number of devices: all integers, no rational.
      const unit = 479_001_600
      const used = devices.filter((values) => values.length > 0)
      const means = used.map(
        (values) => BigInt(unit / values.length) * BigInt(values.reduce((a, b) => a + b, 0)),
      )
      const found = collapsed(
        temperature,
        devices.map((values) => tenths(...values)),
      )
      if (used.length === 0) {
        expect(found).toBeUndefined()
        return
      }
      const twice = 2n * means.reduce((a, b) => a + b, 0n)
      const whole = BigInt(unit) * BigInt(used.length)
      // Nearest: |2 sum - 2 found whole| <= whole, and a tie goes away from zero.
      const off = twice - 2n * found! * whole
      expect(off <= whole && off >= -whole).toBe(true)
      if (off === whole) expect(found! < 0n).toBe(true)
      if (off === -whole) expect(found! > 0n).toBe(true)
    }),
    { numRuns: 300 },
  )
})

it('rounds counts of owners down, never below k', () => {
  expect([5, 9, 10, 14, 15].map((n) => roundedOwners(n, 5))).toEqual([5, 5, 10, 10, 15])
  expect([3, 4, 5, 7].map((n) => roundedOwners(n, 3))).toEqual([3, 3, 5, 5])
  expect([7, 9, 10].map((n) => roundedOwners(n, 7))).toEqual([7, 7, 10])
  expect(() => roundedOwners(4, 5)).toThrow('at least k')
})

it('writes every number of every grid as that decimal', () => {
  for (const metric of metrics) {
    const scale = 10 ** metric.decimals
    const step = Math.max(1, Math.floor(((metric.max - metric.min) * scale) / 200))
    for (let value = metric.min * scale; value <= metric.max * scale; value += step) {
      const text = JSON.stringify(gridNumber(metric, BigInt(value)))
      expect(Number(text) * scale).toBeCloseTo(value, 6)
      expect((text.split('.')[1] ?? '').length).toBeLessThanOrEqual(metric.decimals)
    }
  }
})

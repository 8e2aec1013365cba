import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { metrics } from '../../gateway/core/metric.js'
import { isCanonical, isWithin, toNumber } from '../../gateway/core/senml/decimal.js'
import { randomFrom } from '../../simulator/random.js'
import { measure, placeOf } from '../../simulator/signal.js'

const day = 86_400
const start = 1_762_000_000 - (1_762_000_000 % day)
const names = metrics.map(({ name }) => name)

function series(
  metric: (typeof names)[number],
  cell: string,
  device: string,
  step = 600,
): number[] {
  const place = placeOf('seed', cell, device)
  return Array.from({ length: day / step }, (_, i) =>
    toNumber(measure(metric, place, start + i * step).value),
  )
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

describe('signals', () => {
  it.each(metrics)('of $name stay in range and can be sent', (metric) => {
    const time = fc.integer({ min: 1_600_000_000, max: 2_000_000_000 })
    fc.assert(
      fc.property(fc.string(), time, (seed, sec) => {
        const place = placeOf(seed, 'cell', 'device')
        const { metric: name, time, value } = measure(metric.name, place, sec)
        expect(name).toBe(metric.name)
        expect(time).toBe(sec)
        expect(isCanonical(value)).toBe(true)
        expect(isWithin(value, metric.min, metric.max)).toBe(true)
      }),
    )
  })

  it('depend on place and time alone', () => {
    for (const name of names) {
      const place = placeOf('seed', 'cell', 'device')
      const later = measure(name, place, start + 5_000)
      measure(name, place, start)
      expect(measure(name, place, start + 5_000)).toEqual(later)
    }
    expect(series('temperature', 'a', 'x')).not.toEqual(series('temperature', 'a', 'y'))
  })

  it('have days and nights', () => {
    const values = series('temperature', 'a', 'x')
    const hours = (from: number, to: number): number => mean(values.slice(from * 6, to * 6))
    expect(hours(12, 17)).toBeGreaterThan(hours(0, 5) + 2)
    const light = series('illuminance', 'a', 'x')
    expect(Math.max(...light.slice(0, 6 * 4))).toBe(0)
    expect(Math.max(...light)).toBeGreaterThan(5_000)
  })

  it('share their weather with neighbours only', () => {
    const difference = (a: readonly number[], b: readonly number[]): number =>
      mean(a.map((value, i) => Math.abs(value - b[i]!)))
    for (const metric of ['temperature', 'pressure', 'pm25'] as const) {
      const own = series(metric, 'a', 'x')
      const near = difference(own, series(metric, 'a', 'y'))
      const far = mean(
        ['b', 'c', 'd', 'e'].map((cell) => difference(own, series(metric, cell, 'x'))),
      )
      expect(near).toBeGreaterThan(0)
      expect(near).toBeLessThan(far / 2)
    }
  })

  it('are never flat where flat lines are flagged, and never jump like a spike', () => {
    for (const { name, flat, spike } of metrics) {
      const values = series(name, 'a', 'x', 60)
      if (flat) expect(new Set(values).size).toBeGreaterThan(values.length / 20)
      if (spike === null) continue
      const jumps = values.slice(1).map((value, i) => Math.abs(value - values[i]!))
      expect(Math.max(...jumps)).toBeLessThan(spike)
    }
  })
})

describe('randomFrom', () => {
  it('repeats itself, and keeps labels apart', () => {
    const draw = (...label: string[]): number[] => {
      const random = randomFrom(...label)
      return Array.from({ length: 20 }, () => random.next())
    }
    expect(draw('1', 'a')).toEqual(draw('1', 'a'))
    expect(draw('1', 'a')).not.toEqual(draw('1', 'b'))
    expect(draw('1', 'a')).not.toEqual(draw('2', 'a'))
  })

  it('fills its range evenly', () => {
    const random = randomFrom('even')
    const bins = new Array<number>(16).fill(0)
    for (let i = 0; i < 16_000; i++) bins[random.below(16)]!++
    // 1,000 expected; 6 standard deviations are about 184.
    for (const count of bins) expect(Math.abs(count - 1_000)).toBeLessThan(200)
    expect(random.bytes(5)).toHaveLength(5)
  })
})

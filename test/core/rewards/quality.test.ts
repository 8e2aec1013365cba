import { describe, expect, it } from 'vitest'
import { decimalExponentMin } from '../../../gateway/core/limits.js'
import { metricByName, metrics } from '../../../gateway/core/metric.js'
import { type Column, ColumnBuilder } from '../../../gateway/core/rewards/column.js'
import { Neighbours } from '../../../gateway/core/rewards/neighbours.js'
import { historySec, judgeColumn, qualityBp } from '../../../gateway/core/rewards/quality.js'
import { slotting } from '../../../gateway/core/rewards/slots.js'
import {
  type Decimal,
  decimalOf,
  nanosOf,
  nanosPerUnit,
} from '../../../gateway/core/senml/decimal.js'

const temperature = metricByName('temperature')!
const windSpeed = metricByName('wind_speed')!
const start = 1_762_000_000
const nobody = (): undefined => undefined

/** [time after start, value, history?] */
function columnOf(...cells: [number, number, boolean?][]): Column {
  const builder = new ColumnBuilder()
  for (const [seq, [time, value, isHistory]] of cells.entries())
    builder.add(start + time, decimalOf(value, 9), seq, isHistory !== true)
  return builder.build()
}

function every(seconds: number, count: number, value: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [i * seconds, value])
}

describe('column', () => {
  it('holds every value of every metric exactly', () => {
    expect(decimalExponentMin).toBe(-9)
    for (const { min, max } of metrics) {
      expect(Number.isSafeInteger(Math.max(-min, max) * nanosPerUnit)).toBe(true)
      expect(nanosOf({ m: max, e: 0 })).toBe(max * nanosPerUnit)
    }
    const fine: Decimal = { m: 199_999_999_999_999, e: -9 }
    expect(BigInt(nanosOf(fine))).toBe(199_999_999_999_999n)
    expect(nanosOf({ m: -215, e: -1 })).toBe(-21_500_000_000)
    expect(() => nanosOf({ m: Number.MAX_SAFE_INTEGER, e: 0 })).toThrow('within the range')
  })

  it('keeps of one second what the highest sequence said, in the order of time', () => {
    const builder = new ColumnBuilder()
    builder.add(20, { m: 2, e: 0 }, 7, true)
    builder.add(10, { m: 1, e: 0 }, 9, true)
    builder.add(20, { m: 3, e: 0 }, 8, true)
    builder.add(10, { m: 5, e: 0 }, 4, false)
    const { times, nanos, own } = builder.build()
    expect([...times]).toEqual([10, 20])
    expect([...nanos]).toEqual([1e9, 3e9])
    expect([...own]).toEqual([1, 1])
  })
})

describe('spike', () => {
  it('is more than the bound from the value before, at most 3 intervals older', () => {
    const flags = (...cells: [number, number, boolean?][]): number =>
      judgeColumn(columnOf(...cells), temperature, 60, nobody).spike
    expect(flags([0, 20], [60, 25])).toBe(0)
    expect(flags([0, 20], [60, 25.000000001])).toBe(1)
    expect(flags([0, 20], [60, 14.9])).toBe(1)
    expect(flags([0, 20], [180, 30])).toBe(1)
    expect(flags([0, 20], [181, 30])).toBe(0)
    // Up and down again: both are more than the bound from the value before.
    expect(flags([0, 20], [60, 30], [120, 20])).toBe(2)
    // The value before may be of an earlier epoch, and is then not judged itself.
    expect(flags([0, 20, true], [60, 30])).toBe(1)
    expect(flags([0, 20], [60, 30, true])).toBe(0)
  })
})

describe('flat', () => {
  const flags = (cells: [number, number, boolean?][], metric = temperature): number =>
    judgeColumn(columnOf(...cells), metric, 60, nobody).flat

  it('equals all values of the last 6 h, of which there are at least 12', () => {
    expect(flags(every(60, 12, 20))).toBe(0)
    expect(flags(every(60, 13, 20))).toBe(1)
    expect(flags(every(60, 100, 20))).toBe(88)
    // One other value anywhere in the 6 h before is enough.
    expect(flags([[0, 20.1], ...every(60, 14, 20).slice(1)])).toBe(0)
  })

  it('looks back 6 h and no further', () => {
    const hourly = every(1_800, 14, 20)
    // Exactly 6 h back still counts: the values at 0 to 12 x 1800 s make 12 before the 13th.
    expect(flags(hourly)).toBe(2)
    expect(flags([[0, 99 / 10], ...hourly.slice(1)])).toBe(1)
    expect(flags(every(1_801, 100, 20))).toBe(0)
  })

  it('does not apply where the table says so', () => {
    expect(flags(every(60, 100, 0), windSpeed)).toBe(0)
  })

  it('judges by the history of earlier epochs', () => {
    const cells = every(60, 13, 20).map(([time, value], i): [number, number, boolean] => [
      time,
      value,
      i < 12,
    ])
    expect(flags(cells)).toBe(1)
    expect(historySec(60)).toBe(21_600)
    expect(historySec(86_400)).toBe(259_200)
  })
})

describe('near', () => {
  const span = { from: start, to: start + 3_600 }
  const gathered = (levels: readonly number[]): Neighbours => {
    const neighbours = new Neighbours(slotting(span, 60))
    for (const [owner, level] of levels.entries())
      for (const off of [-0.1, 0.1])
        neighbours.add(`o${owner}`, temperature, start, nanosOf(decimalOf(level + off, 1)))
    return neighbours
  }
  const bounds = (levels: readonly number[], owner: string) =>
    gathered(levels).boundsFor(owner, temperature, start + 10)

  it('needs means of five other owners in the slot', () => {
    expect(bounds([20, 21, 22, 23, 24], 'o0')).toBeUndefined()
    expect(bounds([50, 20, 21, 22, 23, 24], 'o0')).toEqual({ min: 14e9, max: 30e9 })
    expect(gathered([1, 2, 3, 4, 5, 6]).boundsFor('o0', temperature, start + 300)).toBeUndefined()
    expect(gathered([1, 2, 3, 4, 5, 6]).boundsFor('o9', temperature, start)).toBeUndefined()
  })

  it('takes the median of the means of others: each owner has its own bounds', () => {
    const levels = [10, 11, 12, 13, 14, 15, 16]
    // Six others: the mean of the middle two.
    expect(bounds(levels, 'o0')).toEqual({ min: 5.5e9, max: 21.5e9 })
    expect(bounds(levels, 'o3')).toEqual({ min: 5e9, max: 21e9 })
    expect(bounds(levels, 'o6')).toEqual({ min: 4.5e9, max: 20.5e9 })
  })

  it('is exact where a mean is no decimal', () => {
    const neighbours = new Neighbours(slotting(span, 60))
    for (const owner of ['a', 'b', 'c', 'd', 'e', 'f']) {
      for (const value of [0, 0, 1])
        neighbours.add(owner, temperature, start, nanosOf({ m: value, e: 0 }))
    }
    // 1/3 +- 8: the integers of a billionth inside it.
    expect(neighbours.boundsFor('a', temperature, start)).toEqual({
      min: -7_666_666_666,
      max: 8_333_333_333,
    })
  })

  it('flags a value outside the bounds, not one on them', () => {
    const column = columnOf([0, 10], [60, 10.1], [120, 9.9], [180, 10])
    const judged = judgeColumn(column, temperature, 60, () => ({ min: 10e9, max: 10.05e9 }))
    expect(judged).toEqual({ values: 4, good: 2, spike: 0, flat: 0, near: 2 })
  })
})

it('turns good values into basis points', () => {
  expect(qualityBp({ values: 3, good: 2 }, false)).toBe(6_666)
  expect(qualityBp({ values: 3, good: 0 }, true)).toBe(0)
  expect(qualityBp({ values: 0, good: 0 }, true)).toBe(10_000)
  expect(qualityBp({ values: 0, good: 0 }, false)).toBe(0)
})

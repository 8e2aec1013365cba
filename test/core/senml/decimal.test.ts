import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  decimal,
  decimalOf,
  isCanonical,
  isWithin,
  toNumber,
} from '../../../gateway/core/senml/decimal.js'

const mantissa = fc.maxSafeInteger()
const exponent = fc.integer({ min: -9, max: 0 })

it('brings every number to its one form without changing it', () => {
  fc.assert(
    fc.property(mantissa, exponent, (m, e) => {
      const one = decimal(m, e)
      expect(isCanonical(one)).toBe(true)
      expect(BigInt(one.m) * 10n ** BigInt(9 + one.e)).toBe(BigInt(m) * 10n ** BigInt(9 + e))
      expect(Object.is(one.m, -0)).toBe(false)
    }),
  )
})

it('gives the nearest double, as the language reads the digits', () => {
  fc.assert(
    fc.property(mantissa, exponent, (m, e) => {
      expect(toNumber({ m, e })).toBe(Number(`${m}e${e}`))
    }),
    { numRuns: 2_000 },
  )
})

it('compares with bounds exactly', () => {
  fc.assert(
    fc.property(mantissa, exponent, fc.integer({ min: -200_000, max: 200_000 }), (m, e, bound) => {
      const scaled = BigInt(m) * 10n ** BigInt(9 + e)
      const scaledBound = BigInt(bound) * 10n ** 9n
      expect(isWithin({ m, e }, bound, 200_000)).toBe(
        scaled >= scaledBound && scaled <= 200_000n * 10n ** 9n,
      )
    }),
    { numRuns: 2_000 },
  )
  expect(isWithin({ m: 85_000_000_001, e: -9 }, -40, 85)).toBe(false)
  expect(isWithin({ m: 850, e: -1 }, -40, 85)).toBe(true)
})

it('rounds measured doubles half away from zero', () => {
  const cases: [number, number, number, number][] = [
    [21.5, 1, 215, -1],
    [21.54, 1, 215, -1],
    [21.55, 1, 216, -1],
    [-21.55, 1, -216, -1],
    [1.005, 2, 101, -2],
    [21, 1, 21, 0],
    [0.04, 1, 0, 0],
    [-0.04, 1, 0, 0],
    [1013.25, 0, 1013, 0],
  ]
  for (const [value, places, m, e] of cases) {
    expect([value, decimalOf(value, places)]).toEqual([value, { m, e }])
    expect(Object.is(decimalOf(value, places).m, -0)).toBe(false)
  }
})

it('refuses what is no decimal as a bug', () => {
  for (const [m, e] of [
    [1.5, 0],
    [Number.NaN, 0],
    [2 ** 53, 0],
    [1, 1],
    [1, -10],
    [1, -0.5],
  ] as const)
    expect(() => decimal(m, e)).toThrow()
})

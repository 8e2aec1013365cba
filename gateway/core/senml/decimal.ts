/**
 * Exact decimal numbers, as a reading carries them (PROTOCOL 2.1): an integer, or a decimal
 * fraction `m * 10^e` with -9 <= e <= -1 and m not divisible by 10. No floating point decides here.
 */
import { assert } from '../failure.js'
import { decimalExponentMin } from '../limits.js'

/** The number m * 10^e. Integers have e = 0. */
export interface Decimal {
  readonly m: number
  readonly e: number
}

/** The one form of m * 10^e that may be sent. `m`: safe integer; `e`: integer from -9 to 0. */
export function decimal(m: number, e: number): Decimal {
  assert(Number.isSafeInteger(m), 'the mantissa is a safe integer')
  assert(Number.isInteger(e) && e <= 0 && e >= decimalExponentMin, 'the exponent is from -9 to 0')
  let mantissa = m
  let exponent = e
  while (exponent < 0 && mantissa % 10 === 0) {
    mantissa /= 10
    exponent++
  }
  // Adding 0 turns -0 into 0.
  return { m: mantissa + 0, e: exponent + 0 }
}

/** Billionths in one unit: the finest that an exponent of -9 tells. */
export const nanosPerUnit = 1e9

/**
 * The value m * 10^e in billionths, exact: the range of a metric ends at 200,000, so it is an integer
 * below 2^53.
 */
export function nanosOf({ m, e }: Decimal): number {
  const nanos = m * 10 ** (9 + e)
  assert(Number.isSafeInteger(nanos), 'a value within the range of its metric')
  return nanos
}

/** The decimal of `places` (0 to 9) decimals nearest to a double, halves away from zero. */
export function decimalOf(value: number, places: number): Decimal {
  const scaled = Math.abs(value) * 10 ** places
  // A double just below a half after scaling, like 1.005 * 100, is meant as the half.
  const m = Math.round(scaled * (1 + Number.EPSILON))
  return decimal(Math.sign(value) * m, -places)
}

/** True where m * 10^e is that one form. */
export function isCanonical({ m, e }: Decimal): boolean {
  if (!Number.isSafeInteger(m)) return false
  return e === 0 || (Number.isInteger(e) && e < 0 && e >= decimalExponentMin && m % 10 !== 0)
}

/**
 * True where min <= m * 10^e <= max. Exact: bounds are integers up to 200,000 and e is at least -9,
 * so the bounds times 10^-e stay below 2^53 (asserted by test/core/metric.test.ts).
 */
export function isWithin({ m, e }: Decimal, min: number, max: number): boolean {
  const scale = 10 ** -e
  return m >= min * scale && m <= max * scale
}

/**
 * The double nearest to m * 10^e. Both m and 10^-e are exact doubles, so one IEEE division rounds
 * once and correctly.
 */
export function toNumber({ m, e }: Decimal): number {
  return m / 10 ** -e
}

/**
 * From readings to one number per owner, and from owners to what an environment node releases
 * (PROTOCOL 7). Exact: rationals of BigInt until the one rounding to the metric's grid. A number on
 * the grid is an integer: 21.4 degrees, one decimal, is 214.
 */
import { assert } from '../failure.js'
import { decimalExponentMin, ownersRounding } from '../limits.js'
import type { Metric } from '../metric.js'
import { type Decimal, toNumber } from '../senml/decimal.js'
import { floorDiv } from './integer.js'
import { plus, rational } from './rational.js'

/** Units of 10^-9 in one: every value of a reading is a whole number of them. */
const fine = 10n ** BigInt(-decimalExponentMin)

/**
 * One owner in one window: the mean of its devices' means, rounded half away from zero to the grid,
 * then clamped to the metric's bounds. `devices`: the values of each of its devices in the window;
 * one without a value does not weigh. `undefined` where no device has one.
 */
export function ownerValue(
  metric: Metric,
  devices: readonly (readonly Decimal[])[],
): bigint | undefined {
  let count = 0n
  let sum = rational(0n)
  for (const values of devices) {
    if (values.length === 0) continue
    const total = values.reduce((all, value) => all + fineOf(value), 0n)
    sum = plus(sum, rational(total, BigInt(values.length)))
    count++
  }
  if (count === 0n) return undefined
  const scale = gridScale(metric)
  return clamp(metric, divideHalfAway(sum.n * scale, sum.d * count * fine))
}

/** Mean of numbers on the grid, on the grid. `values`: at least one. */
export function gridMean(values: readonly bigint[]): bigint {
  assert(values.length > 0, 'a mean is over at least one number')
  const sum = values.reduce((all, value) => all + value, 0n)
  return divideHalfAway(sum, BigInt(values.length))
}

/** Their median, on the grid: of an even count the mean of the middle two. */
export function gridMedian(values: readonly bigint[]): bigint {
  const sorted = values.toSorted((a, b) => (a < b ? -1 : Number(a > b)))
  const upper = Math.floor(sorted.length / 2)
  return gridMean(sorted.slice(sorted.length % 2 === 1 ? upper : upper - 1, upper + 1))
}

/** The owners that a row tells: rounded down to a multiple of 5, but not below k. `n`: at least k. */
export function roundedOwners(n: number, k: number): number {
  assert(n >= k, 'a row has at least k owners')
  return Math.max(k, n - (n % ownersRounding))
}

/** A number on the metric's grid as the double that a row holds. */
export function gridNumber(metric: Metric, value: bigint): number {
  return toNumber({ m: Number(value), e: -metric.decimals })
}

/** The bounds of a metric, on its grid, inclusive. */
export function gridBounds(metric: Metric): { readonly min: bigint; readonly max: bigint } {
  const scale = gridScale(metric)
  return { min: BigInt(metric.min) * scale, max: BigInt(metric.max) * scale }
}

function gridScale(metric: Metric): bigint {
  return 10n ** BigInt(metric.decimals)
}

function clamp(metric: Metric, value: bigint): bigint {
  const { min, max } = gridBounds(metric)
  if (value < min) return min
  return value > max ? max : value
}

/** m * 10^e in billionths. */
function fineOf({ m, e }: Decimal): bigint {
  return BigInt(m) * 10n ** BigInt(e - decimalExponentMin)
}

/** The nearest integer, halves away from zero. `denominator` above 0. */
function divideHalfAway(numerator: bigint, denominator: bigint): bigint {
  const size = numerator < 0n ? -numerator : numerator
  const rounded = floorDiv(2n * size + denominator, 2n * denominator)
  return numerator < 0n ? -rounded : rounded
}

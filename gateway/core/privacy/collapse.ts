/**
 * From the owners' numbers (grid.ts) to what an environment node releases (PROTOCOL 7). Exact until
 * the one rounding to the metric's grid. A number on the grid is an integer: 21.4 degrees, one
 * decimal, is 214.
 */
import { assert } from '../failure.js'
import { ownersRounding } from '../limits.js'
import type { Metric } from '../metric.js'
import { toNumber } from '../senml/decimal.js'
import { gridDecimal } from './grid.js'
import { roundDiv } from './integer.js'

/** Mean of numbers on the grid, on the grid. `values`: at least one. */
export function gridMean(values: readonly bigint[]): bigint {
  assert(values.length > 0, 'a mean is over at least one number')
  const sum = values.reduce((all, value) => all + value, 0n)
  return roundDiv(sum, BigInt(values.length))
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
  return toNumber(gridDecimal(value, metric))
}

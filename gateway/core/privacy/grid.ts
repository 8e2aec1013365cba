/** A metric's integer grid: what is released is counted in units of its last decimal. */
import { assert } from '../failure.js'
import { decimalExponentMin } from '../limits.js'
import type { Metric } from '../metric.js'
import { type Decimal, decimal } from '../senml/decimal.js'
import { roundDiv } from './integer.js'
import { plus, type Rational, rational } from './rational.js'

/** Smallest and largest value in grid units, inclusive; from < to. Never taken from readings. */
export interface Bounds {
  readonly from: bigint
  readonly to: bigint
}

/** The metric table's bounds, in grid units: -40 to 85 Cel with 1 decimal are -400 to 850. */
export function boundsOf(metric: Metric): Bounds {
  const scale = 10n ** BigInt(metric.decimals)
  return { from: BigInt(metric.min) * scale, to: BigInt(metric.max) * scale }
}

/** The value itself, or the bound that it is beyond. */
export function clamp(value: bigint, { from, to }: Bounds): bigint {
  if (value < from) return from
  return value > to ? to : value
}

/**
 * An owner's one number in a window: the mean of its devices' means, nearest on the grid (halves away
 * from zero), clamped. Exact until the one rounding. `devices`: the values of each device, in the order of
 * any; a device without values does not count. `undefined` where none has any.
 */
export function ownerValue(
  devices: readonly (readonly Decimal[])[],
  metric: Metric,
  bounds: Bounds,
): bigint | undefined {
  const means = devices.filter((values) => values.length > 0).map(meanOf)
  if (means.length === 0) return undefined
  const sum = means.reduce(plus)
  const scale = 10n ** BigInt(metric.decimals)
  return clamp(roundDiv(sum.n * scale, sum.d * BigInt(means.length)), bounds)
}

/** Grid units as the decimal that a row shows. */
export function gridDecimal(units: bigint, metric: Metric): Decimal {
  const mantissa = Number(units)
  assert(Number.isSafeInteger(mantissa), 'a released number is short')
  return decimal(mantissa, -metric.decimals)
}

function meanOf(values: readonly Decimal[]): Rational {
  const sum = values.reduce(
    (total, { m, e }) => total + BigInt(m) * 10n ** BigInt(e - decimalExponentMin),
    0n,
  )
  return rational(sum, BigInt(values.length) * 10n ** BigInt(-decimalExponentMin))
}

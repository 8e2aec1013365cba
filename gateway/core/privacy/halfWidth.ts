/**
 * How far a released number may be off, said with it. From bounds, epsilon and roster alone: a width
 * that followed the readings would tell of them.
 */
import { candidatesOf } from './candidates.js'
import { decay, decayOne } from './decay.js'
import type { Bounds } from './grid.js'
import { floorDiv } from './integer.js'
import { medianRate } from './median.js'
import { type Rational, rational } from './rational.js'
import { sumScale } from './sum.js'

/** One row in so many may be further off. */
const oneIn = 20n

/**
 * Half width in grid units that holds 19 of 20 medians when `owners` (of the roster) all contribute
 * and their numbers are spread evenly between the bounds: a model, no promise. Owners who agree come
 * out closer where epsilon times owners is large, and further off where it is small, for most
 * candidates then lie beyond them; so do two groups far apart, or few contributors.
 *
 * Candidate i of K then loses owners |2 i - (K - 1)| / K. The tail is that of the exponential
 * mechanism, weights exp(-rate loss), which permute-and-flip stays below (McKenna and Sheldon 2020).
 */
export function medianHalfWidth(bounds: Bounds, epsilon: Rational, owners: number): bigint {
  const { step, count } = candidatesOf(bounds)
  const rate = medianRate(epsilon)
  const last = BigInt(count - 1)
  const weights = Array.from({ length: count }, (_, i) => {
    const off = absolute(2n * BigInt(i) - last)
    const loss = floorDiv(BigInt(owners) * off, BigInt(count))
    return { off, weight: decay(rational(rate.n * loss, rate.d)) }
  })
  const total = weights.reduce((sum, { weight }) => sum + weight, 0n)
  let tail = total
  let off = (last & 1n) - 2n
  while (tail * oneIn > total) {
    off += 2n
    for (const one of weights) if (one.off === off) tail -= one.weight
  }
  // Half a step more for the rounding of each number to its candidate.
  return floorDiv((off + 1n) * step + 1n, 2n)
}

/** The least h with P(|noise| > h) <= 1/20, in grid units. Holds whatever the readings are. */
export function sumHalfWidth(bounds: Bounds, epsilon: Rational): bigint {
  const scale = sumScale(bounds, epsilon)
  // P(|z| > h) = 2 q^(h + 1) / (1 + q) with q = exp(-1 / scale).
  const q = decay({ n: scale.d, d: scale.n })
  const holds = (h: bigint): boolean =>
    2n * oneIn * decay({ n: (h + 1n) * scale.d, d: scale.n }) <= decayOne + q
  let high = 1n
  while (!holds(high)) high *= 2n
  let low = -1n
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (holds(middle)) high = middle
    else low = middle
  }
  return high
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

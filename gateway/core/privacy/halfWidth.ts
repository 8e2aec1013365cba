/**
 * How far a released number may be off, said with it. From bounds, epsilon and roster alone: a width
 * that followed the readings would tell of them.
 */

import { halfWidthsMax } from '../limits.js'
import { candidatesOf } from './candidates.js'
import { decay, decayOne } from './decay.js'
import type { Bounds } from './grid.js'
import { floorDiv } from './integer.js'
import { medianRate } from './median.js'
import { type Rational, rational } from './rational.js'
import { sumScale } from './sum.js'

/** What a row says with its estimate, in grid units. `owners`: of the node's roster. */
export type HalfWidthOf = (
  estimate: 'median' | 'sum',
  bounds: Bounds,
  epsilon: Rational,
  owners: number,
) => bigint

/** Remembers widths: it takes milliseconds to work one out, and a node's rows have the same all day. */
export function createHalfWidths(): HalfWidthOf {
  const known = new Map<string, bigint>()
  return (estimate, bounds, epsilon, owners) => {
    const key = [estimate, bounds.from, bounds.to, epsilon.n, epsilon.d, owners].join(' ')
    const width =
      known.get(key) ??
      (estimate === 'sum'
        ? sumHalfWidth(bounds, epsilon)
        : medianHalfWidth(bounds, epsilon, owners))
    if (known.size >= halfWidthsMax) known.clear()
    known.set(key, width)
    return width
  }
}

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
  // Candidates share losses where owners are fewer, and every row of a node asks for this width.
  const byLoss = new Map<bigint, bigint>()
  const weightOf = (loss: bigint): bigint => {
    const weight = byLoss.get(loss) ?? decay(rational(rate.n * loss, rate.d))
    byLoss.set(loss, weight)
    return weight
  }
  const weights = Array.from({ length: count }, (_, i) => {
    const off = absolute(2n * BigInt(i) - last)
    return { off, weight: weightOf(floorDiv(BigInt(owners) * off, BigInt(count))) }
  })
  const total = weights.reduce((sum, { weight }) => sum + weight, 0n)
  const atOff = new Map<bigint, bigint>()
  for (const { off, weight } of weights) atOff.set(off, (atOff.get(off) ?? 0n) + weight)
  let tail = total
  let off = (last & 1n) - 2n
  while (tail * oneIn > total) {
    off += 2n
    tail -= atOff.get(off) ?? 0n
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

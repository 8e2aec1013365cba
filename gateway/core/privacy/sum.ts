/**
 * The released sum of a personal metric (PROTOCOL 7.5), over the owners who contributed. Neighbours
 * are those of `median.ts`: one owner's number is replaced, comes or goes.
 */
import { discreteLaplace } from './discreteLaplace.js'
import { type Bounds, clamp } from './grid.js'
import type { Release } from './median.js'
import { type Rational, rational } from './rational.js'
import type { RandomBytes } from './uniform.js'

/**
 * The most that one owner can move the sum, grid units: from one bound to the other when it is
 * replaced, by a bound when it comes or goes. Reached by each of these.
 */
export function sumSensitivity({ from, to }: Bounds): bigint {
  const moves = [to - from, from < 0n ? -from : from, to < 0n ? -to : to]
  return moves.reduce((most, move) => (move > most ? move : most))
}

/** Scale of the noise: sensitivity / epsilon. */
export function sumScale(bounds: Bounds, epsilon: Rational): Rational {
  return rational(sumSensitivity(bounds) * epsilon.d, epsilon.n)
}

/**
 * The sum of the clamped values and discrete Laplace noise, grid units: epsilon-differentially
 * private and unbiased, so it may lie beyond what any owners could have had.
 */
export function releaseSum({ values, bounds, epsilon }: Release, random: RandomBytes): bigint {
  const sum = values.reduce((total, value) => total + clamp(value, bounds), 0n)
  return sum + discreteLaplace(sumScale(bounds, epsilon), random)
}

/** Discrete Gaussian noise (Canonne, Kamath, Steinke 2020, Algorithm 3). */
import { assert } from '../failure.js'
import { bernoulliExp } from './bernoulliExp.js'
import { discreteLaplace } from './discreteLaplace.js'
import { floorDiv, floorSqrt } from './integer.js'
import type { Rational } from './rational.js'
import type { RandomBytes } from './uniform.js'

/**
 * z with probability proportional to exp(-z^2 / (2 v)) exactly, for the parameter v = n / d > 0
 * (sigma squared, which bounds the variance). Gaussian noise is concentrated, not pure
 * differential privacy: no released row uses it, for rows promise epsilon without a delta.
 */
export function discreteGaussian({ n, d }: Rational, random: RandomBytes): bigint {
  assert(n > 0n, 'a variance is positive')
  const t = floorSqrt(floorDiv(n, d)) + 1n
  for (;;) {
    const z = discreteLaplace({ n: t, d: 1n }, random)
    // (|z| - v/t)^2 / (2 v) with v = n/d is (|z| t d - n)^2 / (2 n d t^2).
    const distance = (z < 0n ? -z : z) * t * d - n
    if (bernoulliExp({ n: distance * distance, d: 2n * n * d * t * t }, random)) return z
  }
}

import { assert } from '../failure.js'
import type { Rational } from './rational.js'
import { type RandomBytes, uniformBelow } from './uniform.js'

/** True with probability n / d exactly, 0 <= n / d <= 1. */
export function bernoulli({ n, d }: Rational, random: RandomBytes): boolean {
  assert(n >= 0n && n <= d, 'a probability is from 0 to 1')
  return uniformBelow(d, random) < n
}

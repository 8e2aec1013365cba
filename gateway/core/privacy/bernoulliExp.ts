/**
 * Coins of probability exp(-x) without computing exp: Canonne, Kamath, Steinke, "The Discrete
 * Gaussian for Differential Privacy" (NeurIPS 2020, arXiv 2004.00010), Algorithm 1, after von
 * Neumann (1951) and Forsythe (1972).
 */
import { assert } from '../failure.js'
import { bernoulli } from './bernoulli.js'
import { floorDiv } from './integer.js'
import type { Rational } from './rational.js'
import type { RandomBytes } from './uniform.js'

/**
 * True with probability exp(-x) exactly, x = n / d >= 0. Above 1, exp(-x) is exp(-1) floor(x) times
 * and the rest once; the first tails ends it, so a large x costs no more than a small one.
 */
export function bernoulliExp({ n, d }: Rational, random: RandomBytes): boolean {
  assert(n >= 0n, 'exp(-x) is a probability for x >= 0')
  const whole = floorDiv(n, d)
  for (let i = 0n; i < whole; i++) if (!upToOne({ n: 1n, d: 1n }, random)) return false
  return upToOne({ n: n - whole * d, d }, random)
}

/**
 * For x in [0, 1]: the first k whose coin x / k falls on tails is odd with probability
 * sum over odd k of (x^(k-1)/(k-1)! - x^k/k!) = 1 - x + x^2/2! - ... = exp(-x).
 */
function upToOne({ n, d }: Rational, random: RandomBytes): boolean {
  let k = 1n
  while (bernoulli({ n, d: d * k }, random)) k++
  return (k & 1n) === 1n
}

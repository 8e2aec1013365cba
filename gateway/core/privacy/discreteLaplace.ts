/** Discrete Laplace noise (Canonne, Kamath, Steinke 2020, Algorithm 2). */
import { assert } from '../failure.js'
import { bernoulli } from './bernoulli.js'
import { bernoulliExp } from './bernoulliExp.js'
import { floorDiv } from './integer.js'
import type { Rational } from './rational.js'
import { type RandomBytes, uniformBelow } from './uniform.js'

const one: Rational = { n: 1n, d: 1n }
const half: Rational = { n: 1n, d: 2n }

/**
 * z with probability (e^(1/b) - 1) / (e^(1/b) + 1) e^(-|z|/b) exactly, for the scale b = n / d > 0.
 * Added to a whole number of sensitivity D with b = D / epsilon it is epsilon-differentially
 * private: |z| / b changes by at most epsilon.
 */
export function discreteLaplace({ n, d }: Rational, random: RandomBytes): bigint {
  assert(n > 0n, 'a scale is positive')
  for (;;) {
    const magnitude = floorDiv(geometric(n, random), d)
    const negative = bernoulli(half, random)
    // 0 has one sign only, or it would come twice as often.
    if (!negative || magnitude !== 0n) return negative ? -magnitude : magnitude
  }
}

/** x >= 0 with probability proportional to exp(-x / t): a remainder below t and whole multiples. */
function geometric(t: bigint, random: RandomBytes): bigint {
  for (;;) {
    const rest = uniformBelow(t, random)
    if (!bernoulliExp({ n: rest, d: t }, random)) continue
    let multiples = 0n
    while (bernoulliExp(one, random)) multiples++
    return rest + t * multiples
  }
}

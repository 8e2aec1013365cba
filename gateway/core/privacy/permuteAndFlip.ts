/**
 * Private choice: McKenna, Sheldon, "Permute-and-Flip: A new mechanism for differentially private
 * selection" (NeurIPS 2020, arXiv 2010.12603), Algorithm 1. Its error is never above that of the
 * exponential mechanism.
 */
import { assert } from '../failure.js'
import { candidatesMax } from '../limits.js'
import { bernoulliExp } from './bernoulliExp.js'
import type { Rational } from './rational.js'
import { type RandomBytes, uniformBelow } from './uniform.js'

/**
 * Index of one of 1 to 256 candidates. `losses[i]` is how far candidate i is below the best, at
 * least one is 0; candidates are visited in random order, and one is taken with probability
 * exp(-rate loss).
 *
 * With rate = epsilon / (2 D), D the sensitivity of a loss, it is epsilon-differentially private.
 * Proof (after Ding and others, arXiv 2105.07260): it chooses the i with the greatest
 * E_i - rate loss_i, E_i independent exponentials of rate 1. Hold all E but E_i: i is chosen when
 * E_i is above some threshold s, with probability exp(-max(0, s)). A neighbour moves each loss by at
 * most D, a difference of two by at most 2 D, so s by at most epsilon, and the probability by at
 * most the factor e^epsilon. A shift of all losses alike moves no difference.
 */
export function permuteAndFlip(
  losses: readonly bigint[],
  rate: Rational,
  random: RandomBytes,
): number {
  assert(losses.length <= candidatesMax, 'candidates are few')
  assert(losses.includes(0n), 'the best candidate loses nothing')
  const order = losses.map((_, i) => i)
  for (let left = order.length; ; left--) {
    assert(left > 0, 'the best candidate is taken when it is visited')
    const at = Number(uniformBelow(BigInt(left), random))
    const candidate = order[at]!
    order[at] = order[left - 1]!
    if (bernoulliExp({ n: rate.n * losses[candidate]!, d: rate.d }, random)) return candidate
  }
}

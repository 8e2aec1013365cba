/**
 * The released median of a personal metric (PROTOCOL 7.5).
 *
 * Neighbours. The unit is one owner's UTC day. The roster of a day is frozen before its readings and
 * public (registrations are); what is secret is what an owner's devices said. Two days are
 * neighbours when their rosters are equal and at most one owner's readings differ, in any way: other
 * values, none instead of some, some instead of none. In one window that replaces, adds or removes
 * one number, because an owner has one number per metric and node, and one node per metric and day.
 * Removing alone would not do: an owner who was at home and one who was away both answered.
 *
 * Loss. Let m numbers be there, l(c) of them below candidate c and g(c) above. c is a median when
 * neither exceeds m/2; its rank distance is r(c) = max(0, l - m/2, g - m/2), the count of numbers
 * that would have to move across it. The loss is 2 r, a whole number. Every number is rounded to a
 * candidate first, so the one in the middle is a candidate and loses nothing.
 *
 * Sensitivity. 2 l - m is a sum over owners of +1 (below c), -1 (there, not below) or 0 (absent).
 * One owner changes one term: by at most 2 when it is replaced, by 1 when it comes or goes. The same
 * holds for 2 g - m, and a maximum moves no further than its terms. So D = 2, and it is reached: of
 * (c - 1, c - 1) and (c - 1, c + 1), c loses 2 and 0. Hence coins of exp(-epsilon loss / (2 D)) =
 * exp(-epsilon loss / 4), and `permuteAndFlip` proves the rest. Rounding to the nearest candidate
 * happens to each owner's number alone and costs nothing.
 */
import { type Candidates, candidateAt, candidatesOf, nearestCandidate } from './candidates.js'
import { type Bounds, clamp } from './grid.js'
import { permuteAndFlip } from './permuteAndFlip.js'
import { type Rational, rational } from './rational.js'
import type { RandomBytes } from './uniform.js'

/** What one owner can move a loss by: twice a rank distance. */
const lossSensitivity = 2n

/** What a release works on; everything but the values is public. */
export interface Release {
  /** One number per owner who contributed, grid units, in any order; may be empty. */
  readonly values: readonly bigint[]
  readonly bounds: Bounds
  /** What this row costs each owner of the node; positive. */
  readonly epsilon: Rational
}

/** A median in grid units, epsilon-differentially private; a random candidate of an empty window. */
export function releaseMedian({ values, bounds, epsilon }: Release, random: RandomBytes): bigint {
  const candidates = candidatesOf(bounds)
  const losses = medianLosses(
    values.map((value) => nearestCandidate(candidates, clamp(value, bounds))),
    candidates,
  )
  return candidateAt(candidates, permuteAndFlip(losses, medianRate(epsilon), random))
}

/** Rate of the coins per unit of loss. */
export function medianRate(epsilon: Rational): Rational {
  return rational(epsilon.n, epsilon.d * 2n * lossSensitivity)
}

/** Twice the rank distance of each candidate from the median of `indices`, one per owner. */
export function medianLosses(
  indices: readonly number[],
  { count }: Pick<Candidates, 'count'>,
): bigint[] {
  const at = Array.from({ length: count }, () => 0)
  for (const index of indices) at[index]! += 1
  let below = 0
  return at.map((here) => {
    const above = indices.length - below - here
    const most = below > above ? below : above
    below += here
    const loss = 2 * most - indices.length
    return loss > 0 ? BigInt(loss) : 0n
  })
}

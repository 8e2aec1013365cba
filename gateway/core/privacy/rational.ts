/** Exact fractions: every probability, scale and epsilon of this room is one. */
import { assert } from '../failure.js'
import { epsilonTermMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { floorDiv } from './integer.js'

/** n / d in lowest terms, d > 0. */
export interface Rational {
  readonly n: bigint
  readonly d: bigint
}

/** n / d in lowest terms; d must not be 0. */
export function rational(n: bigint, d = 1n): Rational {
  assert(d !== 0n, 'a denominator is not 0')
  const sign = d < 0n ? -1n : 1n
  const shared = commonDivisor(n < 0n ? -n : n, d * sign)
  return { n: floorDiv(n * sign, shared), d: floorDiv(d * sign, shared) }
}

export function plus(a: Rational, b: Rational): Rational {
  return rational(a.n * b.d + b.n * a.d, a.d * b.d)
}

export function times(a: Rational, b: Rational): Rational {
  return rational(a.n * b.n, a.d * b.d)
}

/** Below 0, 0 or above 0, as a is less than, equal to or greater than b. */
export function compare(a: Rational, b: Rational): bigint {
  return a.n * b.d - b.n * a.d
}

/**
 * The epsilon of a text: `1`, `1/4`; positive, in lowest terms, terms of at most 9 digits. One
 * spelling per value, so that equal rows are equal bytes. Else `malformed`.
 */
export function parseEpsilon(text: unknown): Result<Rational> {
  const match = typeof text === 'string' ? /^([1-9]\d{0,8})(?:\/([1-9]\d{0,8}))?$/.exec(text) : null
  if (match === null) return refuse('malformed', 'epsilon is a positive fraction like "1/4"')
  const value = rational(BigInt(match[1]!), BigInt(match[2] ?? '1'))
  if (formatEpsilon(value) !== text) return refuse('malformed', 'epsilon is not in lowest terms')
  return accept(value)
}

/** The text of an epsilon in a row; whole ones have no denominator. */
export function formatEpsilon({ n, d }: Rational): string {
  assert(n > 0n && n <= epsilonTermMax && d <= epsilonTermMax, 'an epsilon is positive and short')
  return fractionText({ n, d })
}

/** Any fraction, for people. */
export function fractionText({ n, d }: Rational): string {
  return d === 1n ? `${n}` : `${n}/${d}`
}

function commonDivisor(a: bigint, b: bigint): bigint {
  let [large, small] = [a, b]
  while (small > 0n) [large, small] = [small, large % small]
  return large
}

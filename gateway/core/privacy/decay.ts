/**
 * exp(-x) as a whole number over 2^128, for the widths that a row states. No noise is drawn from
 * it: the samplers need no exp. Integers, so that every machine writes the same row.
 */
import { assert } from '../failure.js'
import { floorDiv } from './integer.js'
import type { Rational } from './rational.js'

const bits = 128n

/** What stands for 1. */
export const decayOne = 1n << bits

/** exp(-x) for x >= 0, good to 20 digits and more; 0 where it is below 2^-128. */
export function decay({ n, d }: Rational): bigint {
  assert(n >= 0n, 'decay does not grow')
  // Halved until it is at most 1, where the series is short; squared as often afterwards.
  let halvings = 0n
  while (n > d << halvings) halvings++
  let term = decayOne
  let sum = 0n
  for (let k = 1n; term > 0n; k++) {
    sum += term
    term = floorDiv(term * n, (d << halvings) * k)
  }
  let value = floorDiv(decayOne * decayOne, sum)
  for (let i = 0n; i < halvings; i++) value = (value * value) >> bits
  return value
}

/**
 * Division of whole numbers. The only file of this room that may divide: operands are bigint, so
 * nothing here can round through a double, and test/core/privacy/exact.test.ts forbids it elsewhere.
 */
import { assert } from '../failure.js'

/** floor(a / b) for b > 0, towards minus infinity. */
export function floorDiv(a: bigint, b: bigint): bigint {
  assert(b > 0n, 'a divisor is positive')
  const quotient = a / b
  return a % b < 0n ? quotient - 1n : quotient
}

/** The whole number nearest to a / b for b > 0; halves away from zero, as schemas/metrics.md says. */
export function roundDiv(a: bigint, b: bigint): bigint {
  return a < 0n ? -roundDiv(-a, b) : floorDiv(2n * a + b, 2n * b)
}

/** floor(sqrt(a)) for a >= 0, by Newton's iteration from above. */
export function floorSqrt(a: bigint): bigint {
  assert(a >= 0n, 'a root is of no negative number')
  if (a < 2n) return a
  let root = 1n << BigInt((a.toString(2).length + 1) >> 1)
  for (;;) {
    const next = (root + a / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

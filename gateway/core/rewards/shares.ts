/**
 * From weights to base units (PROTOCOL 6.5): integers only, every division rounds down, and what
 * rounding leaves is carried to the next epoch. The sum is asserted before anything is returned.
 */
import { assert } from '../failure.js'
import { ruleset, wholeBp } from './ruleset.js'
import type { Span } from './slots.js'

/** What there is to give. */
export interface Pool {
  readonly poolIn: bigint
  /** carryOut of the epoch before. */
  readonly carryIn: bigint
  readonly usageIn: bigint
}

/** A row's claim: its weight, and what buyers paid for it. */
export interface Claim {
  readonly weight: number
  readonly usage: bigint
}

export interface Share {
  /** What the weight earned, after the cap. */
  readonly coverage: bigint
  /** What the cap took. */
  readonly capped: bigint
  /** coverage + usage. */
  readonly paid: bigint
}

export interface Shares {
  /** In the order of the claims. */
  readonly rows: readonly Share[]
  /** Sum of all rows. */
  readonly paid: bigint
  /** What the cap took, or the pool where nobody has weight: never emitted. */
  readonly unallocated: bigint
  /** Dust of rounding. */
  readonly carryOut: bigint
}

const secondsPerHour = 3_600n

/** floor(rewards.perHour len / 3600). */
export function poolFor(perHour: bigint, { from, to }: Span): bigint {
  assert(perHour >= 0n && to > from, 'a rate and an epoch')
  return (perHour * BigInt(to - from)) / secondsPerHour
}

/** Shares out an epoch's pool among its rows. */
export function shareOut(pool: Pool, claims: readonly Claim[]): Shares {
  const coverable = pool.poolIn + pool.carryIn
  const total = claims.reduce((sum, { weight }) => sum + BigInt(weight), 0n)
  const cap = (coverable * BigInt(ruleset.capBp)) / BigInt(wholeBp)
  const rows = claims.map(({ weight, usage }): Share => {
    const earned = total === 0n ? 0n : (coverable * BigInt(weight)) / total
    const coverage = earned < cap ? earned : cap
    return { coverage, capped: earned - coverage, paid: coverage + usage }
  })
  const paid = sumOf(rows.map((row) => row.paid))
  const unallocated = total === 0n ? coverable : sumOf(rows.map((row) => row.capped))
  const carryOut = coverable + pool.usageIn - paid - unallocated
  assertConserved(pool, claims, { rows, paid, unallocated, carryOut })
  return { rows, paid, unallocated, carryOut }
}

/** PROTOCOL 6.4: nothing lost, nothing made, and nothing below zero. */
function assertConserved(pool: Pool, claims: readonly Claim[], shares: Shares): void {
  const { rows, unallocated, carryOut } = shares
  assert(
    pool.poolIn + pool.carryIn + pool.usageIn ===
      sumOf(rows.map((row) => row.paid)) + unallocated + carryOut,
    'poolIn + carryIn + usageIn = sum(paid) + unallocated + carryOut',
  )
  const amounts = [
    ...[pool.poolIn, pool.carryIn, pool.usageIn, unallocated, carryOut],
    ...rows.flatMap((row) => [row.coverage, row.capped]),
    ...claims.map(({ usage }) => usage),
  ]
  assert(
    amounts.every((amount) => amount >= 0n),
    'no amount is below zero',
  )
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}

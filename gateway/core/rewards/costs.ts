/**
 * What each reason cost a row, in base units, from the published rows and the record alone
 * (schemas/contribution.md): the coverage that the row would have without that reason, all others'
 * weights as they are, less the coverage that it has.
 */
import { assert } from '../failure.js'
import { parseAmount } from '../log/amount.js'
import type { EpochMoney } from '../log/epoch.js'
import { ruleset, wholeBp } from './ruleset.js'
import { weightOf } from './score.js'
import type { ContributionRow } from './statement.js'

/** Base units; all but `together` are 0 or more. */
export interface Costs {
  /** Slots with too few messages. */
  readonly uptime: bigint
  /** Flagged values: the cost of lost quality, shared by how many values each flag has. */
  readonly spike: bigint
  readonly flat: bigint
  readonly near: bigint
  /** Owners in the cell beyond the tenth. */
  readonly crowding: bigint
  /** Marked as simulated where only real devices earn. */
  readonly simulated: bigint
  /** What one row may have of the pool at most. */
  readonly cap: bigint
  /** Coverage without any of these reasons, less the coverage that the row has. */
  readonly total: bigint
  /**
   * total less all costs above: reasons multiply, so that two of them together cost more or less than
   * one and the other; rounding is in here as well.
   */
  readonly together: bigint
}

/** The factors of a weight that a reason can lower. */
type Factors = Pick<ContributionRow, 'qualityBp' | 'uptimeBp' | 'm' | 'n'>

/** `rows`: all of the statement, `row` among them. */
export function costsOf(
  row: ContributionRow,
  rows: readonly ContributionRow[],
  { money }: { readonly money: EpochMoney },
): Costs {
  const pool = money.poolIn + money.carryIn
  const others = rows.reduce((sum, { weight }) => sum + BigInt(weight), -BigInt(row.weight))
  const cap = (pool * BigInt(ruleset.capBp)) / BigInt(wholeBp)
  const earned = (weight: number): bigint => {
    const total = others + BigInt(weight)
    return total === 0n ? 0n : (pool * BigInt(weight)) / total
  }
  const has = amount(row.coverage)
  const isUnpaid = row.weight < weightOf(row)
  const without = (change: Partial<Factors>): bigint => {
    if (isUnpaid) return 0n
    const found = earned(weightOf({ ...row, ...change }))
    return (found < cap ? found : cap) - has
  }
  const whole = { ...row, uptimeBp: wholeBp, qualityBp: wholeBp, n: 1 }
  const best = earned(weightOf(whole))
  const costs = {
    uptime: without({ uptimeBp: wholeBp, n: ownersWith(row, rows) }),
    ...flagShares(row, without({ qualityBp: wholeBp })),
    crowding: row.n > ruleset.capOwners ? without({ n: 1 }) : 0n,
    simulated: isUnpaid ? lesser(earned(weightOf(row)), cap) - has : 0n,
    cap: amount(row.capped),
  }
  const total = best - has
  return { ...costs, total, together: total - sumOf(Object.values(costs)) }
}

/**
 * n of the row, had it been up all the time. Without uptime its owner is not among the n unless by
 * another device of the cell; rows name a coarser cell, so one there is taken to be in the same.
 */
function ownersWith(row: ContributionRow, rows: readonly ContributionRow[]): number {
  const isCounted = rows.some(
    ({ owner, cell, uptimeBp }) => owner === row.owner && cell === row.cell && uptimeBp > 0,
  )
  return isCounted && row.n > 0 ? row.n : row.n + 1
}

/** The cost of lost quality by flag, each rounded down. */
function flagShares(
  { reasons }: ContributionRow,
  cost: bigint,
): Pick<Costs, 'spike' | 'flat' | 'near'> {
  const { spike = 0, flat = 0, near = 0 } = reasons
  const flags = BigInt(spike + flat + near)
  const share = (count: number): bigint => (flags === 0n ? 0n : (cost * BigInt(count)) / flags)
  return { spike: share(spike), flat: share(flat), near: share(near) }
}

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function amount(text: string): bigint {
  const found = parseAmount(text)
  assert(found !== undefined, 'a row holds amounts')
  return found
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, one) => sum + one, 0n)
}

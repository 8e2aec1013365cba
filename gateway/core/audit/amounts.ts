/** The money of an epoch, worked out again from weights, usage and pool (PROTOCOL 6.4, 6.5). */
import type { EpochRecord } from '../log/epoch.js'
import { type Checked, differing } from './finding.js'
import type { AuditRow } from './row.js'
import { contributionsFile } from './rows.js'

export function auditAmounts(rows: readonly AuditRow[], record: EpochRecord): Checked {
  const { poolIn, carryIn, usageIn, unallocated, carryOut } = record.money
  const pool = poolIn + carryIn
  let total = 0n
  for (const { counts } of rows) total += BigInt(counts.weight)
  const cap = (pool * 2_500n) / 10_000n
  const findings: string[] = []
  let capped = 0n
  let paid = 0n
  let usage = 0n
  for (const { line, device, counts, money } of rows) {
    const share = total === 0n ? 0n : (pool * BigInt(counts.weight)) / total
    const coverage = share < cap ? share : cap
    findings.push(
      ...differing(`${contributionsFile} line ${line} (${device})`, [
        ['coverage', money.coverage, coverage],
        ['capped', money.capped, share - coverage],
        ['paid', money.paid, coverage + money.usage],
      ]),
    )
    capped += share - coverage
    usage += money.usage
    paid += coverage + money.usage
  }
  const lost = total === 0n ? pool : capped
  findings.push(
    ...differing('record', [
      ['paid', record.paid, paid],
      ['unallocated', unallocated, lost],
      ['carryOut', carryOut, pool + usageIn - paid - lost],
    ]),
  )
  if (usage > usageIn)
    findings.push(`record: usageIn is ${usageIn}, the rows have usage of ${usage}`)
  if (pool + usageIn !== record.paid + unallocated + carryOut)
    findings.push('record: poolIn + carryIn + usageIn is not paid + unallocated + carryOut')
  return { detail: `${paid} paid, ${lost} not emitted, no base unit lost or made`, findings }
}

/** poolIn is floor(perHour len / 3600); without a rate, what rate it is of. */
export function auditPool(record: EpochRecord, perHour: bigint | undefined): Checked {
  const { poolIn } = record.money
  const length = BigInt(record.to - record.from)
  if (perHour !== undefined)
    return {
      detail: `${perHour} base units an hour, for ${length} s`,
      findings: differing('record', [['poolIn', poolIn, (perHour * length) / 3_600n]]),
    }
  // The smallest rate that gives it: the next smaller one gives less.
  const least = (poolIn * 3_600n + length - 1n) / length
  return { detail: `${poolIn} for ${length} s: ${least} base units an hour`, findings: [] }
}

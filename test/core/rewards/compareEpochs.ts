/** Runs writer and auditor over a chain of random epochs until they differ. */
import { equal } from '../../../gateway/core/bytes.js'
import {
  type ContributionRow,
  contribRoot,
  formatRow,
} from '../../../gateway/core/rewards/statement.js'
import type { Random } from '../../support/random.js'
import { audit } from './auditor.js'
import { randomEpoch } from './randomEpoch.js'
import { write } from './writer.js'

export interface Comparison {
  /** What differs first, with the epoch; `undefined` where nothing does. */
  difference: string | undefined
  /** Base units that went in, and that came out or were carried on. */
  given: bigint
  taken: bigint
  /** How often the cases occurred that matter. */
  seen: Record<string, number>
  /** Rows of the last epochs. */
  rows: ContributionRow[]
}

export function compareEpochs(random: Random, epochs: number): Comparison {
  const result: Comparison = {
    difference: undefined,
    given: 0n,
    taken: 0n,
    seen: { paid: 0, capped: 0, usage: 0, spike: 0, flat: 0, near: 0, late: 0, dust: 0, none: 0 },
    rows: [],
  }
  let carry = 0n
  for (let n = 1; n <= epochs; n++) {
    const epoch = randomEpoch(random, n, carry)
    const written = write(epoch)
    const audited = audit(epoch)
    const lines = written.rows.map(formatRow)
    const place = `epoch ${n} from ${epoch.from} to ${epoch.to}`
    for (const [i, line] of audited.lines.entries())
      if (line !== lines[i])
        result.difference ??= `${place}, row ${i}\nwriter  ${lines[i]}\nauditor ${line}`
    if (lines.length !== audited.lines.length) result.difference ??= `${place}: count of rows`
    if (!equal(contribRoot(written.rows), audited.contribRoot))
      result.difference ??= `${place}: contribRoot`
    const money = { ...written.money, paid: written.paid }
    for (const [name, amount] of Object.entries({ ...audited.money, paid: audited.paid }))
      if (money[name as keyof typeof money] !== amount) result.difference ??= `${place}: ${name}`
    if (result.difference !== undefined) return result
    tally(result, written.rows, written.money)
    carry = written.money.carryOut
  }
  // What the last epoch carries on has not been given to anybody yet.
  result.taken += carry
  if (result.given !== result.taken)
    result.difference = `${result.given} base units in, ${result.taken} out`
  return result
}

function tally(
  result: Comparison,
  rows: readonly ContributionRow[],
  money: { poolIn: bigint; usageIn: bigint; unallocated: bigint; carryOut: bigint },
): void {
  const { seen } = result
  const count = (name: string, isSeen: boolean): void => {
    if (isSeen) seen[name]!++
  }
  for (const row of rows) {
    result.taken += BigInt(row.paid)
    for (const name of ['paid', 'capped', 'usage'] as const) count(name, row[name] !== '0')
    for (const name of ['spike', 'flat', 'near']) count(name, name in row.reasons)
    count('late', row.late > 0)
  }
  count('dust', money.carryOut > 0n)
  count(
    'none',
    rows.every((row) => row.weight === 0),
  )
  result.given += money.poolIn + money.usageIn
  result.taken += money.unallocated
  result.rows = [...result.rows.slice(-50), ...rows]
}

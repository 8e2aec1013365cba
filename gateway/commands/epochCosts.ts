/** `fieldproof epoch show <n> --device <id>`: one row, and what each reason cost it. */
import { Failure } from '../core/failure.js'
import { type EpochJson, parseEpochJson } from '../core/log/epoch.js'
import { type Costs, costsOf } from '../core/rewards/costs.js'
import type { ContributionRow } from '../core/rewards/statement.js'
import { print, printJson, printPairs, printTable } from './output.js'

/** Why each cost arises; schemas/contribution.md has the formulas. */
const why: Readonly<Record<keyof Costs, string>> = {
  uptime: 'slots with too few messages',
  spike: 'values that jumped',
  flat: 'values that stood still',
  near: 'values unlike those of five other owners in the cell',
  crowding: 'more than ten owners in the cell',
  simulated: 'marked as simulated: earns in the test token only',
  cap: 'the most that one device can get of a pool',
  together: 'due to several reasons at once, and rounding',
  total: 'what it would have had more without any of them',
}

/** Rejects with Failure('usage') where the device has no row. */
export function showCosts(
  published: EpochJson,
  rows: readonly ContributionRow[],
  options: { device?: string; json?: boolean },
): void {
  const row = rows.find(({ device }) => device === options.device)
  if (row === undefined)
    throw new Failure('usage', `epoch ${published.n} has no row of ${options.device}`)
  const parsed = parseEpochJson(published)
  if (!parsed.ok) throw new Failure('check', `the record is not of its form: ${parsed.detail}`)
  const costs = costsOf(row, rows, parsed.value.record)
  if (options.json) {
    const texts = Object.entries(costs).map(([name, cost]) => [name, String(cost)])
    printJson({ record: published, row, costs: Object.fromEntries(texts) })
    return
  }
  printPairs(describe(row))
  print('')
  const names = Object.keys(why) as (keyof Costs)[]
  printTable(
    ['cost', 'base units', 'why'],
    names
      .filter((name) => costs[name] !== 0n || name === 'total')
      .map((name) => [name, String(costs[name]), why[name]]),
  )
}

function describe(row: ContributionRow): [string, string][] {
  const reasons = Object.entries(row.reasons).map(([name, count]) => `${name} ${count}`)
  return [
    ['device', row.device],
    ['owner', row.owner],
    ['accepted', `${row.accepted} of ${row.expected} expected, ${row.late} late`],
    ['rejected', String(row.rejected)],
    ['reasons', reasons.length === 0 ? 'none' : reasons.join(', ')],
    ['uptime', `${row.uptimeBp} of 10000`],
    ['quality', `${row.qualityBp} of 10000`],
    ['density', `${row.n} owners in the cell`],
    ['metrics', String(row.m)],
    ['weight', String(row.weight)],
    ['coverage', `${row.coverage} of the pool, and ${row.usage} from buyers`],
    ['paid', row.paid],
  ]
}

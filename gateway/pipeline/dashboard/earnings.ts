/** What epochs came to, summed up by owner, and what each reason cost a device. */
import { assert } from '../../core/failure.js'
import { earningsEpochsMax } from '../../core/limits.js'
import { parseEpochJson } from '../../core/log/epoch.js'
import { costsOf } from '../../core/rewards/costs.js'
import { type ContributionRow, parseRow } from '../../core/rewards/statement.js'
import type { Dashboard, DeviceEarnings, EpochEarnings } from '../../ports/dashboard.js'
import type { EpochFiles, Settlements } from '../../ports/settlements.js'

/** Sums of the rows of one owner, or of all. */
interface Sums {
  paid: bigint
  devices: number
  accepted: number
  expected: number
  late: number
  reasons: Record<string, number>
}

interface Summary {
  n: number
  from: number
  to: number
  all: Sums
  byOwner: ReadonlyMap<string, Sums>
}

/** A closed epoch never changes, so that each is read once. */
export function createEarnings(
  settlements: Settlements,
): Pick<Dashboard, 'earnings' | 'deviceEarnings'> {
  const known = new Map<number, Summary>()

  async function summary(n: number): Promise<Summary | undefined> {
    const kept = known.get(n)
    if (kept !== undefined) return kept
    const files = await settlements.read(n)
    if (files === undefined) return undefined
    const made = summaryOf(files)
    known.set(n, made)
    if (known.size > earningsEpochsMax) known.delete(Math.min(...known.keys()))
    return made
  }

  return {
    async earnings(limit, owner) {
      const summaries: Summary[] = []
      for (const n of newest(settlements.count, limit)) {
        const found = await summary(n)
        if (found !== undefined) summaries.push(found)
      }
      return {
        epochs: summaries.map((one) => epochOf(one, owner)),
        owners: ownersOf(summaries, owner),
      }
    },
    async deviceEarnings(device, limit) {
      const found: DeviceEarnings[] = []
      for (const n of newest(settlements.count, limit)) {
        const files = await settlements.read(n)
        // One search of the text spares reading statements that do not have the device.
        if (files?.contributions.includes(`"device":"${device}"`) !== true) continue
        found.push(deviceIn(files, device))
      }
      return found
    },
  }
}

/** The last `limit` numbers up to `count`, ascending. */
function newest(count: number, limit: number): number[] {
  const from = Math.max(1, count - limit + 1)
  return Array.from({ length: Math.max(0, count - from + 1) }, (_, i) => from + i)
}

function rowsOf({ contributions }: EpochFiles): ContributionRow[] {
  return contributions
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row = parseRow(line)
      assert(row.ok, 'the gateway has written this statement')
      return row.value
    })
}

function summaryOf(files: EpochFiles): Summary {
  const { n, from, to } = files.record
  const all = noSums()
  const byOwner = new Map<string, Sums>()
  for (const row of rowsOf(files)) {
    const own = byOwner.get(row.owner) ?? noSums()
    byOwner.set(row.owner, own)
    for (const sums of [all, own]) addRow(sums, row)
  }
  return { n, from, to, all, byOwner }
}

function noSums(): Sums {
  return { paid: 0n, devices: 0, accepted: 0, expected: 0, late: 0, reasons: {} }
}

function addRow(sums: Sums, row: ContributionRow): void {
  sums.paid += BigInt(row.paid)
  sums.devices++
  sums.accepted += row.accepted
  sums.expected += row.expected
  sums.late += row.late
  for (const [reason, count] of Object.entries(row.reasons))
    sums.reasons[reason] = (sums.reasons[reason] ?? 0) + count
}

function epochOf({ n, from, to, all, byOwner }: Summary, owner: string | undefined): EpochEarnings {
  const sums = owner === undefined ? all : (byOwner.get(owner) ?? noSums())
  return { n, from, to, ...sums, paid: String(sums.paid) }
}

function ownersOf(
  summaries: readonly Summary[],
  only: string | undefined,
): { owner: string; paid: string; devices: number }[] {
  const totals = new Map<string, { paid: bigint; devices: number }>()
  for (const { byOwner } of summaries)
    for (const [owner, { paid, devices }] of byOwner) {
      if (only !== undefined && owner !== only) continue
      const before = totals.get(owner)?.paid ?? 0n
      totals.set(owner, { paid: before + paid, devices })
    }
  return [...totals]
    .sort(([, a], [, b]) => (a.paid < b.paid ? 1 : a.paid > b.paid ? -1 : 0))
    .map(([owner, { paid, devices }]) => ({ owner, paid: String(paid), devices }))
}

function deviceIn(files: EpochFiles, device: string): DeviceEarnings {
  const rows = rowsOf(files)
  const row = rows.find((one) => one.device === device)
  const parsed = parseEpochJson(files.record)
  assert(row !== undefined && parsed.ok, 'the gateway has written this epoch')
  const { n, from, to } = files.record
  const { paid, weight, accepted, expected, late, uptimeBp, qualityBp, reasons } = row
  const costs = Object.entries(costsOf(row, rows, parsed.value.record))
    .filter(([, cost]) => cost !== 0n)
    .map(([reason, cost]) => [reason, String(cost)])
  return {
    ...{ n, from, to, paid, weight, accepted, expected, late, uptimeBp, qualityBp },
    owners: row.n,
    reasons: { ...reasons },
    costs: Object.fromEntries(costs),
  }
}

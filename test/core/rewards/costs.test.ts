import { expect, it } from 'vitest'
import { deviceIdOfKid } from '../../../gateway/core/device/key.js'
import { type Costs, costsOf } from '../../../gateway/core/rewards/costs.js'
import type { Settlement } from '../../../gateway/core/rewards/settlement.js'
import { shareOut } from '../../../gateway/core/rewards/shares.js'
import { type ContributionRow, parseRow } from '../../../gateway/core/rewards/statement.js'
import { type Random, seededRandom } from '../../support/random.js'
import { vectorText } from '../../support/vectors.js'
import type { AuditEpoch } from './auditor.js'
import { randomEpoch } from './randomEpoch.js'
import { write } from './writer.js'

/** Coverage of a row in a settlement where it alone weighs something else. */
function coverageWith({ rows, money }: Settlement, index: number, weight: number): bigint {
  const claims = rows.map((row, i) => ({ weight: i === index ? weight : row.weight, usage: 0n }))
  return shareOut(money, claims).rows[index]!.coverage
}

function weightFrom(row: ContributionRow, qualityBp: number, uptimeBp: number, n: number): number {
  if (n === 0) return 0
  const product = BigInt(qualityBp) * BigInt(uptimeBp) * BigInt(Math.min(10, n) * row.m)
  return Number((product * 1_000_000n) / (100_000_000n * BigInt(n)))
}

/** The same device for each of more than ten owners. */
function crowded(epoch: AuditEpoch, random: Random): AuditEpoch {
  const devices = epoch.devices.slice(0, 1).flatMap((device) =>
    Array.from({ length: 11 + random.below(4) }, (_, i) => ({
      ...device,
      device: deviceIdOfKid(random.bytes(8)),
      owner: `0x${String(10 + i).repeat(20)}`,
    })),
  )
  return { ...epoch, devices, sales: [] }
}

/** What must hold of the costs of one row; returns which reasons cost it something. */
function check(settlement: Settlement, index: number): string[] {
  const { rows, money } = settlement
  const row = rows[index]!
  const costs: Costs = costsOf(row, rows, { money })
  const { total, together, ...reasons } = costs
  const sum = Object.values(reasons).reduce((all, cost) => all + cost, 0n)
  expect(sum + together).toBe(total)
  for (const cost of [total, ...Object.values(reasons)]) expect(cost >= 0n).toBe(true)
  expect(costs.cap).toBe(BigInt(row.capped))

  const has = BigInt(row.coverage)
  const { qualityBp, uptimeBp, n } = row
  const isUnpaid = row.weight < weightFrom(row, qualityBp, uptimeBp, n)
  const gain = (weight: number): bigint => coverageWith(settlement, index, weight) - has
  expect(costs.simulated).toBe(isUnpaid ? gain(weightFrom(row, qualityBp, uptimeBp, n)) : 0n)
  const quality = isUnpaid ? 0n : gain(weightFrom(row, 10_000, uptimeBp, n))
  const flagged = costs.spike + costs.flat + costs.near
  expect(flagged <= quality && quality - flagged < 3n).toBe(true)
  if (uptimeBp > 0 && !isUnpaid)
    expect(costs.uptime).toBe(gain(weightFrom(row, qualityBp, 10_000, n)))
  const alone = isUnpaid || n <= 10 ? 0n : gain(weightFrom(row, qualityBp, uptimeBp, 10))
  // With ten owners a cell has its full density: n / n is as good as 10 / 10.
  expect(costs.crowding).toBe(alone)
  return Object.entries(costs).flatMap(([name, cost]) => (cost > 0n ? [name] : []))
}

const reasons = ['uptime', 'spike', 'flat', 'near', 'crowding', 'simulated', 'cap', 'total']

it('costs what the row would have had more, and the sum is explained', () => {
  const seed = Date.now() % 2 ** 31
  const random = seededRandom(seed)
  const missing = new Set(reasons)
  // The rarest of them, a sensor that stands still, is not in every 400 epochs.
  for (let n = 1; n <= 400 || (missing.size > 0 && n <= 4_000); n++) {
    const epoch = randomEpoch(random, n, BigInt(random.below(10)))
    const settlement = write(n % 8 === 0 ? crowded(epoch, random) : epoch)
    for (const index of settlement.rows.keys())
      for (const name of check(settlement, index)) missing.delete(name)
  }
  expect({ seed, missing: [...missing] }).toEqual({ seed, missing: [] })
})

it('costs an owner without uptime also the place that it would take in the cell', () => {
  const row = { ...exampleRow(), uptimeBp: 0, weight: 0, n: 10, coverage: '0', capped: '0' }
  const other = {
    ...row,
    device: 'aaaaaaaaaaaaa',
    owner: `0x${'9'.repeat(40)}`,
    weight: 10_000_000,
  }
  const money = { poolIn: 10n ** 9n, carryIn: 0n, usageIn: 0n, unallocated: 0n, carryOut: 0n }
  const weight = weightFrom(row, row.qualityBp, 10_000, 11)
  const gained = (10n ** 9n * BigInt(weight)) / BigInt(weight + other.weight)
  expect(costsOf(row, [other, row], { money }).uptime).toBe(gained)
  // Its second device in the place is up: then the owner is one of the ten already.
  const twin = { ...other, device: 'bbbbbbbbbbbbb', owner: row.owner, uptimeBp: 10_000, weight: 0 }
  const counted = weightFrom(row, row.qualityBp, 10_000, 10)
  expect(costsOf(row, [other, twin, row], { money }).uptime).toBe(
    (10n ** 9n * BigInt(counted)) / BigInt(counted + other.weight),
  )
})

/** The row of schemas/contribution.md: two spikes in twenty values. */
function exampleRow(): ContributionRow {
  const parsed = parseRow(exampleRows().find((line) => line.includes('"spike":2'))!)
  if (!parsed.ok) throw new Error(parsed.detail)
  return parsed.value
}

function exampleRows(): string[] {
  return JSON.parse(vectorText('rewards')).epoch.rows
}

it('says what two spikes cost', () => {
  const rows = exampleRows().map((line) => {
    const parsed = parseRow(line)
    if (!parsed.ok) throw new Error(parsed.detail)
    return parsed.value
  })
  const [poolIn, carryIn, usageIn, unallocated, carryOut] = (
    JSON.parse(vectorText('rewards')).epoch.json.money as string[]
  ).map(BigInt) as [bigint, bigint, bigint, bigint, bigint]
  const money = { poolIn, carryIn, usageIn, unallocated, carryOut }
  const row = exampleRow()
  const pool = poolIn + carryIn
  const others = rows.reduce((sum, { weight }) => sum + BigInt(weight), 0n) - BigInt(row.weight)
  const without = (pool * 1_000_000n) / (others + 1_000_000n)
  expect(costsOf(row, rows, { money })).toEqual({
    uptime: 0n,
    spike: without - BigInt(row.coverage),
    flat: 0n,
    near: 0n,
    crowding: 0n,
    simulated: 0n,
    cap: 0n,
    total: without - BigInt(row.coverage),
    together: 0n,
  })
  expect(without - BigInt(row.coverage)).toBe(4_379_013_180_425_140n)
})

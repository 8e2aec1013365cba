/** From what devices did to what their work weighs (PROTOCOL 6.5): quality, metrics, density. */
import { assert } from '../failure.js'
import { type Metric, metrics } from '../metric.js'
import { grouped } from './grouped.js'
import { hasChecks, type Judged, judgeAll } from './judged.js'
import { qualityBp } from './quality.js'
import { ruleset, wholeBp } from './ruleset.js'
import { uptimeBp } from './slots.js'
import type { DeviceEpoch } from './tally.js'

export interface Score {
  readonly uptimeBp: number
  readonly qualityBp: number
  /** Flagged values. */
  readonly spike: number
  readonly flat: number
  readonly near: number
  /** Metrics that the device contributes for its owner and cell. */
  readonly m: number
  /** Owners with uptime in the cell. */
  readonly n: number
  /** Below 10^7 times m, so a number holds it. */
  readonly weight: number
}

const scale = 1_000_000n

/**
 * floor(qualityBp uptimeBp c m 10^6 / (10^8 n)) with c = min(10, n): a cell earns more with each of
 * its first ten owners, and shares that among all. 0 where the cell has no uptime.
 */
export function weightOf(row: Pick<Score, 'qualityBp' | 'uptimeBp' | 'm' | 'n'>): number {
  if (row.n === 0) return 0
  const c = BigInt(Math.min(ruleset.capOwners, row.n))
  const product = BigInt(row.qualityBp) * BigInt(row.uptimeBp) * c * BigInt(row.m) * scale
  const weight = Number(product / (BigInt(wholeBp) ** 2n * BigInt(row.n)))
  assert(Number.isSafeInteger(weight), 'a weight is a JSON integer')
  return weight
}

/**
 * Scores in the order of the devices, which must be all that get a row. `paysSimulated`: whether the
 * token is the test token (the zero address), the only one in which simulated devices earn.
 */
export function scoreDevices(devices: readonly DeviceEpoch[], paysSimulated: boolean): Score[] {
  const judged = judgeAll(devices)
  const owners = ownersByCell(devices)
  const won = metricsWon(judged)
  return judged.map((one) => {
    const { terms } = one.epoch
    const score = {
      uptimeBp: uptimeOf(one.epoch),
      ...summary(one),
      m: won.get(terms.device) ?? 0,
      n: owners.get(terms.cell)?.size ?? 0,
    }
    const earns = paysSimulated || !terms.simulated
    return { ...score, weight: earns ? weightOf(score) : 0 }
  })
}

/** Quality and flags over all metrics of a device. */
function summary({ epoch, byMetric }: Judged): Omit<Score, 'uptimeBp' | 'm' | 'n' | 'weight'> {
  const checked = { values: 0, good: 0, spike: 0, flat: 0, near: 0 }
  let hasUnchecked = false
  for (const [metric, quality] of byMetric) {
    if (!hasChecks(epoch, metric)) hasUnchecked ||= quality.values > 0
    else {
      checked.values += quality.values
      checked.good += quality.good
      checked.spike += quality.spike
      checked.flat += quality.flat
      checked.near += quality.near
    }
  }
  const { spike, flat, near } = checked
  return { qualityBp: qualityBp(checked, hasUnchecked), spike, flat, near }
}

function uptimeOf({ slotting, slotCounts }: DeviceEpoch): number {
  return uptimeBp(slotting, slotCounts)
}

/** Owners with a row of uptime above 0, by cell. */
function ownersByCell(devices: readonly DeviceEpoch[]): ReadonlyMap<string, ReadonlySet<string>> {
  const owners = new Map<string, Set<string>>()
  for (const epoch of devices) {
    if (uptimeOf(epoch) === 0) continue
    const { cell, owner } = epoch.terms
    owners.set(cell, (owners.get(cell) ?? new Set()).add(owner))
  }
  return owners
}

/** One group per metric, pm* together one; battery has none. */
const groups: readonly (readonly Metric[])[] = [
  metrics.filter(({ name }) => isParticulate(name)),
  ...metrics
    .filter((metric) => metric.class !== 'none' && !isParticulate(metric.name))
    .map((metric) => [metric]),
]

function isParticulate(name: string): boolean {
  return name === 'pm1' || name === 'pm25' || name === 'pm10'
}

/**
 * m by device: the metrics for which it has most good values among its owner's devices in the cell,
 * so that a second device in a place earns only with what the first one lacks. Ties: smaller id.
 */
function metricsWon(judged: readonly Judged[]): ReadonlyMap<string, number> {
  const won = new Map<string, number>()
  const places = grouped(judged, ({ epoch }) => `${epoch.terms.owner} ${epoch.terms.cell}`)
  for (const inPlace of places.values()) {
    for (const group of groups) {
      const winner = mostGood(inPlace, group)
      if (winner !== undefined) won.set(winner, (won.get(winner) ?? 0) + 1)
    }
  }
  return won
}

/** `undefined` where no device has a good value of the group. */
function mostGood(inPlace: readonly Judged[], group: readonly Metric[]): string | undefined {
  let best = 0
  let winner: string | undefined
  for (const { epoch, byMetric } of inPlace) {
    const { device } = epoch.terms
    const good = group.reduce((sum, metric) => sum + (byMetric.get(metric)?.good ?? 0), 0)
    if (good === 0 || good < best) continue
    if (good > best || winner === undefined || device < winner) winner = device
    best = good
  }
  return winner
}

/**
 * A second settlement, written from the protocol alone and as plainly as can be: fractions, loops
 * over everything, no code of gateway/core/rewards. What it is asked is how PROTOCOL 6.5 says it.
 */
import { createHash } from 'node:crypto'
import { naiveLeaf, naiveRoot } from '../../../schemas/vectors/log.js'

export interface AuditValue {
  metric: string
  time: number
  m: number
  e: number
}

export interface AuditReading {
  seq: number
  leaf: Uint8Array
  atMs: number
  values: AuditValue[]
}

export interface AuditDevice {
  device: string
  owner: string
  cell: string
  /** The cell's parent at resolution 5, as an H3 library has it. */
  parent: string
  indoor: boolean
  interval: number
  simulated: boolean
  readings: AuditReading[]
  /** Of earlier epochs. */
  history: AuditReading[]
  refusals: Record<string, number>
}

export interface AuditSale {
  credits: number
  owners: string[][]
}

export interface AuditEpoch {
  n: number
  from: number
  to: number
  devices: AuditDevice[]
  sales: AuditSale[]
  perHour: bigint
  perCredit: bigint
  carryIn: bigint
  testToken: boolean
}

/** metric: [spike, near, flat]; none of a check is 0. */
const table: Record<string, [number, number, boolean]> = {
  temperature: [5, 8, true],
  humidity: [20, 30, true],
  pressure: [300, 1000, true],
  wind_speed: [25, 0, false],
  pm1: [200, 100, true],
  pm25: [200, 100, true],
  pm10: [200, 100, true],
  co2: [0, 0, false],
  illuminance: [0, 0, false],
  noise: [0, 0, false],
  rain: [0, 0, false],
  battery: [0, 0, false],
}

/** numerator / denominator, denominator above 0. */
type Fraction = readonly [bigint, bigint]

function fraction({ m, e }: { m: number; e: number }): Fraction {
  return [BigInt(m), 10n ** BigInt(-e)]
}
function minus([a, b]: Fraction, [c, d]: Fraction): Fraction {
  return [a * d - c * b, b * d]
}
function plus([a, b]: Fraction, [c, d]: Fraction): Fraction {
  return [a * d + c * b, b * d]
}
function isAbove([a, b]: Fraction, limit: number): boolean {
  const size = a < 0n ? -a : a
  return size > BigInt(limit) * b
}
function isEqual(a: Fraction, b: Fraction): boolean {
  return minus(a, b)[0] === 0n
}
function order(a: Fraction, b: Fraction): number {
  const [difference] = minus(a, b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

interface Held {
  metric: string
  time: number
  seq: number
  value: Fraction
  own: boolean
}

function timeOf(reading: AuditReading): number {
  return Math.max(...reading.values.map(({ time }) => time))
}

function counts(reading: AuditReading): boolean {
  return reading.atMs - timeOf(reading) * 1000 <= 600_000
}

/** What a later sequence has not replaced, by time. */
function series(device: AuditDevice): Held[] {
  const all = [
    ...device.readings.map((reading) => ({ reading, own: true })),
    ...device.history.map((reading) => ({ reading, own: false })),
  ].flatMap(({ reading, own }) =>
    !counts(reading)
      ? []
      : reading.values.map(({ metric, time, m, e }) => ({
          metric,
          time,
          seq: reading.seq,
          value: fraction({ m, e }),
          own,
        })),
  )
  const newest = new Map<string, Held>()
  for (const one of all) {
    const name = `${one.metric} ${one.time}`
    if (one.seq >= (newest.get(name)?.seq ?? 0)) newest.set(name, one)
  }
  return [...newest.values()].sort((a, b) => a.time - b.time)
}

interface Slots {
  L: number
  S: number
  e: number
}

function slotsOf(epoch: AuditEpoch, interval: number): Slots {
  const len = epoch.to - epoch.from
  const L = Math.max(60, interval, Math.ceil(len / 12))
  return { L, S: Math.max(1, Math.floor(len / L)), e: Math.max(1, Math.floor(L / interval)) }
}

function slot(epoch: AuditEpoch, { L, S }: Slots, time: number): number {
  for (let i = 0; i < S - 1; i++) if (time < epoch.from + (i + 1) * L) return i
  return S - 1
}

function uptime(epoch: AuditEpoch, device: AuditDevice): number {
  const slots = slotsOf(epoch, device.interval)
  let valid = 0
  for (let i = 0; i < slots.S; i++) {
    const accepted = device.readings.filter(
      (reading) => counts(reading) && slot(epoch, slots, timeOf(reading)) === i,
    ).length
    if (accepted * 10000 >= 7500 * slots.e) valid++
  }
  return 2 * valid < slots.S ? 0 : Math.floor((10000 * valid) / slots.S)
}

function flagsOf(epoch: AuditEpoch, device: AuditDevice, all: Map<AuditDevice, Held[]>) {
  const own = all.get(device)!
  return own
    .filter((one) => one.own)
    .map((one) => {
      const flags: string[] = []
      const [spike, near, flat] = device.indoor ? [0, 0, false] : table[one.metric]!
      const before = own.filter((two) => two.metric === one.metric && two.time < one.time)
      const last = before.at(-1)
      if (spike && last && one.time - last.time <= 3 * device.interval)
        if (isAbove(minus(one.value, last.value), spike)) flags.push('spike')
      const recent = before.filter((two) => two.time >= one.time - 6 * 3600)
      if (flat && recent.length >= 12 && recent.every((two) => isEqual(two.value, one.value)))
        flags.push('flat')
      if (near && isFar(epoch, device, one, all, near)) flags.push('near')
      return { metric: one.metric, flags }
    })
}

function isFar(
  epoch: AuditEpoch,
  device: AuditDevice,
  one: Held,
  all: Map<AuditDevice, Held[]>,
  near: number,
): boolean {
  const slots = slotsOf(epoch, device.interval)
  const here = slot(epoch, slots, one.time)
  const sums = new Map<string, { sum: Fraction; count: bigint }>()
  for (const [other, held] of all) {
    if (other.cell !== device.cell || other.indoor || other.owner === device.owner) continue
    for (const two of held) {
      if (!two.own || two.metric !== one.metric || slot(epoch, slots, two.time) !== here) continue
      const { sum, count } = sums.get(other.owner) ?? { sum: [0n, 1n] as const, count: 0n }
      sums.set(other.owner, { sum: plus(sum, two.value), count: count + 1n })
    }
  }
  if (sums.size < 5) return false
  const means = [...sums.values()].map(({ sum: [a, b], count }): Fraction => [a, b * count])
  means.sort(order)
  const half = Math.floor(means.length / 2)
  const [a, b] = means.length % 2 === 1 ? means[half]! : plus(means[half - 1]!, means[half]!)
  const median: Fraction = means.length % 2 === 1 ? [a, b] : [a, 2n * b]
  return isAbove(minus(one.value, median), near)
}

/** Rows by device, the money, and what the record says of them. */
export function audit(epoch: AuditEpoch) {
  const devices = [...epoch.devices].sort((a, b) => (a.device < b.device ? -1 : 1))
  const all = new Map(devices.map((device) => [device, series(device)]))
  const uptimes = new Map(devices.map((device) => [device, uptime(epoch, device)]))
  const flagged = new Map(devices.map((device) => [device, flagsOf(epoch, device, all)]))
  const isChecked = (device: AuditDevice, metric: string): boolean =>
    !device.indoor && table[metric]!.some((bound) => bound !== 0 && bound !== false)
  const goodOf = (device: AuditDevice, metrics: string[]): number =>
    flagged.get(device)!.filter((one) => metrics.includes(one.metric) && one.flags.length === 0)
      .length

  const scored = devices.map((device) => {
    const values = flagged.get(device)!
    const checked = values.filter(({ metric }) => isChecked(device, metric))
    const good = checked.filter(({ flags }) => flags.length === 0)
    const qualityBp =
      checked.length > 0
        ? Math.floor((10000 * good.length) / checked.length)
        : values.length > 0
          ? 10000
          : 0
    let m = 0
    for (const group of [
      ['temperature'],
      ['humidity'],
      ['pressure'],
      ['wind_speed'],
      ['pm1', 'pm25', 'pm10'],
      ['co2'],
      ['illuminance'],
      ['noise'],
      ['rain'],
    ]) {
      const rivals = devices.filter(
        (other) => other.owner === device.owner && other.cell === device.cell,
      )
      const best = Math.max(...rivals.map((other) => goodOf(other, group)))
      const winner = rivals.find((other) => goodOf(other, group) === best)
      if (best > 0 && winner === device) m++
    }
    const owners = devices.filter((other) => other.cell === device.cell && uptimes.get(other)! > 0)
    const n = new Set(owners.map(({ owner }) => owner)).size
    const uptimeBp = uptimes.get(device)!
    const c = Math.min(10, n)
    const numerator = [qualityBp, uptimeBp, c, m, 1_000_000].map(BigInt)
    const weight =
      n === 0 || (device.simulated && !epoch.testToken)
        ? 0n
        : numerator.reduce((product, factor) => product * factor, 1n) / (10n ** 8n * BigInt(n))
    return { device, values, qualityBp, uptimeBp, m, n, weight }
  })

  const usage = new Map<string, bigint>()
  let usageIn = 0n
  for (const { credits, owners } of epoch.sales) {
    const q = BigInt(credits) * epoch.perCredit
    usageIn += q
    for (const owned of owners)
      for (const id of owned)
        usage.set(id, (usage.get(id) ?? 0n) + q / BigInt(owners.length) / BigInt(owned.length))
  }

  const poolIn = (epoch.perHour * BigInt(epoch.to - epoch.from)) / 3600n
  const P = poolIn + epoch.carryIn
  const W = scored.reduce((sum, { weight }) => sum + weight, 0n)
  let paidOut = 0n
  let unallocated = W === 0n ? P : 0n
  const rows = scored.map(({ device, values, qualityBp, uptimeBp, m, n, weight }) => {
    const x = W === 0n ? 0n : (P * weight) / W
    const limit = (P * 2500n) / 10000n
    const coverage = x < limit ? x : limit
    const owed = usage.get(device.device) ?? 0n
    unallocated += x - coverage
    paidOut += coverage + owed
    const counted = device.readings.filter(counts).sort((a, b) => a.seq - b.seq)
    const seqs = device.readings.map(({ seq }) => seq)
    const slots = slotsOf(epoch, device.interval)
    const reasons: Record<string, number> = {}
    for (const [code, count] of Object.entries(device.refusals)) if (count) reasons[code] = count
    for (const { flags } of values)
      for (const flag of flags) reasons[flag] = (reasons[flag] ?? 0) + 1
    return {
      accepted: counted.length,
      capped: `${x - coverage}`,
      cell: device.parent,
      coverage: `${coverage}`,
      device: device.device,
      epoch: epoch.n,
      expected: slots.S * slots.e,
      firstSeq: seqs.length ? Math.min(...seqs) : 0,
      lastSeq: seqs.length ? Math.max(...seqs) : 0,
      late: device.readings.length - counted.length,
      m,
      n,
      owner: device.owner,
      paid: `${coverage + owed}`,
      qualityBp,
      readings: hex(naiveRoot(counted.map(({ leaf }) => leaf))),
      reasons: Object.fromEntries(Object.entries(reasons).sort(([a], [b]) => (a < b ? -1 : 1))),
      rejected: Object.values(device.refusals).reduce((sum, count) => sum + count, 0),
      uptimeBp,
      usage: `${owed}`,
      weight: Number(weight),
    }
  })
  const carryOut = P + usageIn - paidOut - unallocated
  // The members above stand in the order of their names, so this is their canonical JSON.
  const lines = rows.map((row) => JSON.stringify(row))
  return {
    lines,
    paid: paidOut,
    money: { poolIn, carryIn: epoch.carryIn, usageIn, unallocated, carryOut },
    contribRoot: naiveRoot(lines.map((line) => naiveLeaf(new TextEncoder().encode(line)))),
  }
}

/** Not core's, as nothing else here is. */
function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** The empty tree's root, by the platform's own SHA-256. */
export function emptyHash(): string {
  return createHash('sha256').digest('hex')
}

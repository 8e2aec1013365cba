/**
 * The rows of a recorded day worked out a second time, from the file's own numbers and the text of
 * schemas/aggregates.md, without any of the gateway's code: other parser, other cells, other sums.
 */
import { cellToParent, getResolution, latLngToCell } from 'h3-js'
import type { RecordedDay } from './recordedDay.js'

export interface IndependentRow {
  cell: string
  t: number
  /** Owners with a value. */
  owners: number
  /** Decimal texts of mean and median; absent where fewer than k have one. */
  mean?: string
  median?: string
}

/** Members of a node: owner > devices. */
type Members = Map<string, string[]>

/** Each metric's decimals of the grid and bounds (PROTOCOL 3). */
const grids: Record<string, [decimals: number, min: bigint, max: bigint]> = {
  temperature: [1, -40n, 85n],
  humidity: [1, 0n, 100n],
  pressure: [0, 30_000n, 110_000n],
  pm25: [1, 0n, 1_000n],
  pm10: [1, 0n, 2_000n],
}

export function independentRows(
  day: RecordedDay,
  metric: string,
  k: number,
  step: number,
): IndependentRow[] {
  const from = Math.floor(day.last / 86_400) * 86_400
  const rows: IndependentRow[] = []
  for (const [cell, members] of nodesOf(homesOf(day, metric), k))
    for (let t = from; t < from + 86_400; t += step) {
      const numbers = [...members.values()].flatMap(
        (devices) => ownerNumber(day, metric, devices, t, t + step) ?? [],
      )
      const row: IndependentRow = { cell, t, owners: numbers.length }
      rows.push(numbers.length < k ? row : { ...row, ...statistics(metric, numbers) })
    }
  return rows
}

/** Owner > its one cell and the devices there: the cell of most, of several the lower. */
function homesOf(
  day: RecordedDay,
  metric: string,
): Map<string, { cell: string; devices: string[] }> {
  const byOwner = new Map<string, Map<string, string[]>>()
  for (const [sensor, { station, lat, lon }] of day.places) {
    if (!day.series.has(`${sensor} ${metric}`)) continue
    const cells = byOwner.get(station) ?? new Map<string, string[]>()
    const cell = latLngToCell(lat, lon, 7)
    byOwner.set(station, cells.set(cell, [...(cells.get(cell) ?? []), sensor]))
  }
  return new Map(
    [...byOwner].map(([owner, cells]) => {
      const [cell, devices] = [...cells].sort(
        (a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1),
      )[0]!
      return [owner, { cell, devices }]
    }),
  )
}

/** Label > members, by the rule: finest first, the few join the smallest node inside, or wait. */
function nodesOf(
  homes: Map<string, { cell: string; devices: string[] }>,
  k: number,
): Map<string, Members> {
  const nodes = new Map<string, Members>()
  const waiting = new Map(homes)
  for (const resolution of [7, 6, 5, 4, 3]) {
    const labels = new Set([...waiting.values()].map(({ cell }) => cellToParent(cell, resolution)))
    for (const label of [...labels].sort()) {
      const pool: Members = new Map()
      for (const [owner, { cell, devices }] of waiting)
        if (cellToParent(cell, resolution) === label) pool.set(owner, devices)
      if (pool.size < k) {
        const inside = [...nodes.keys()]
          .filter(
            (node) => getResolution(node) > resolution && cellToParent(node, resolution) === label,
          )
          .sort()
        const smallest = inside.sort((a, b) => nodes.get(a)!.size - nodes.get(b)!.size)[0]
        if (smallest === undefined) continue
        for (const [owner, devices] of nodes.get(smallest)!) pool.set(owner, devices)
        nodes.delete(smallest)
      }
      nodes.set(label, pool)
      for (const owner of pool.keys()) waiting.delete(owner)
    }
  }
  return nodes
}

/** An exact fraction; the denominator is positive. */
type Fraction = [numerator: bigint, denominator: bigint]

/** The owner's number in grid units. */
function ownerNumber(
  day: RecordedDay,
  metric: string,
  devices: readonly string[],
  from: number,
  to: number,
): bigint | undefined {
  const means: Fraction[] = []
  for (const device of devices) {
    let [sum, count] = [0n, 0n]
    for (const [second, value] of day.series.get(`${device} ${metric}`)!)
      if (second >= from && second < to) [sum, count] = [sum + value, count + 1n]
    if (count > 0n) means.push([sum, count])
  }
  if (means.length === 0) return undefined
  let total: Fraction = [0n, 1n]
  for (const [n, d] of means) total = [total[0] * d + n * total[1], total[1] * d]
  const [decimals, min, max] = grids[metric]!
  const scale = 10n ** BigInt(decimals)
  // Values are in billionths.
  const units = rounded(total[0] * scale, total[1] * BigInt(means.length) * 1_000_000_000n)
  if (units < min * scale) return min * scale
  return units > max * scale ? max * scale : units
}

function statistics(metric: string, numbers: readonly bigint[]): { mean: string; median: string } {
  const sorted = [...numbers].sort((a, b) => Number(a - b))
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!]
  const sum = numbers.reduce((total, value) => total + value, 0n)
  const text = (units: bigint): string => gridText(units, grids[metric]![0])
  return {
    mean: text(rounded(sum, BigInt(numbers.length))),
    median: text(rounded(low + high, 2n)),
  }
}

/** Nearest integer, halves away from zero. */
function rounded(n: bigint, d: bigint): bigint {
  const size = n < 0n ? -n : n
  const nearest = (2n * size + d) / (2n * d)
  return n < 0n ? -nearest : nearest
}

function gridText(units: bigint, decimals: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, '0')
  const cut = digits.length - decimals
  const text = decimals === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text
  return units < 0n ? `-${short}` : short
}

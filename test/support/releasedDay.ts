/**
 * A recorded day through the rules of released aggregates, as a gateway applies them: each sensor is
 * a device in its cell, each station an owner, and everybody counts, as on a gateway's first day.
 */
import { getResolution } from 'h3-js'
import type { Metric } from '../../gateway/core/metric.js'
import { metrics } from '../../gateway/core/metric.js'
import { releaseEnvironment } from '../../gateway/core/privacy/environment.js'
import { type RosterDevice, rosterOwners } from '../../gateway/core/privacy/members.js'
import { type Partition, partition } from '../../gateway/core/privacy/partition.js'
import type { AggregateRow } from '../../gateway/core/privacy/row.js'
import { daySec } from '../../gateway/core/privacy/steps.js'
import { dayOf } from '../../gateway/core/privacy/windows.js'
import type { Decimal } from '../../gateway/core/senml/decimal.js'
import { rowsOf, survey } from '../../simulator/replayFile.js'
import { noCounts } from '../../simulator/replayRows.js'

/** What a gateway would know of a day. */
export interface KnownDay {
  readonly from: number
  readonly devices: readonly RosterDevice[]
  /** By metric, device, second: of two values for a second the later one. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<number, Decimal>>>
}

/** What is released of one metric. */
export interface ReleasedMetric extends Partition {
  readonly metric: Metric
  /** Owners in its roster. */
  readonly owners: number
  readonly rows: readonly AggregateRow[]
}

export async function readKnownDay(path: string): Promise<KnownDay> {
  const { sensors, last } = await survey(path)
  const devices = sensors.map(({ sensor, station, cell, metrics: listed }) => ({
    device: sensor,
    owner: station,
    cell,
    placement: 'outdoor' as const,
    metrics: listed,
  }))
  const values = new Map<string, Map<string, Map<number, Decimal>>>()
  for await (const row of rowsOf(path, noCounts()))
    for (const { metric, time, value } of row.values) {
      const ofMetric = values.get(metric) ?? new Map<string, Map<number, Decimal>>()
      const ofDevice = ofMetric.get(row.sensor) ?? new Map<number, Decimal>()
      values.set(metric, ofMetric.set(row.sensor, ofDevice.set(time, value)))
    }
  return { from: dayOf(last) * daySec, devices, values }
}

/** Every row of the day, metric by metric in the order of the table. */
export function releaseDay(day: KnownDay, k: number, step: number): ReleasedMetric[] {
  const number = dayOf(day.from)
  const days = { day: number, gatewaySince: number, ownerSince: new Map<string, number>() }
  return metrics.flatMap((metric) => {
    const owners = rosterOwners(metric, day.devices, days)
    if (metric.class !== 'environment' || owners.length === 0) return []
    const { nodes, withheld } = partition(owners, k)
    const windows = windowsOf(day, metric, step)
    const rows = nodes.flatMap((node) =>
      windows.map(({ t, values }) => {
        const salt = new Uint8Array(16)
        return releaseEnvironment({ metric, node, k, step, t, salt, values }).row
      }),
    )
    return [{ metric, owners: owners.length, nodes, withheld, rows }]
  })
}

function windowsOf(
  { from, values }: KnownDay,
  metric: Metric,
  step: number,
): { t: number; values: Map<string, Decimal[]> }[] {
  const windows = Array.from({ length: daySec / step }, (_, i) => ({
    t: from + i * step,
    values: new Map<string, Decimal[]>(),
  }))
  for (const [device, series] of values.get(metric.name) ?? [])
    for (const [second, value] of series) {
      const window = windows[Math.floor((second - from) / step)]
      if (window === undefined) continue
      const list = window.values.get(device)
      if (list === undefined) window.values.set(device, [value])
      else list.push(value)
    }
  return windows
}

/** The table of schemas/aggregates.md: a line for each k and each group of metrics that fare alike. */
export function releaseTable(day: KnownDay): string[] {
  return [3, 5, 10].flatMap((k) => {
    const hours = releaseDay(day, k, 3_600)
    const lines = new Map<string, string[]>()
    for (const [i, one] of releaseDay(day, k, 900).entries()) {
      const line = lineOf(one, hours[i]!)
      lines.set(line, [...(lines.get(line) ?? []), one.metric.name])
    }
    return [...lines].map(([line, names]) => `| ${k} | ${names.join(', ')} | ${line} |`)
  })
}

/** Owners of the nodes of each resolution, and the rows of a day in windows of both lengths. */
function lineOf(one: ReleasedMetric, hourly: ReleasedMetric): string {
  const nodes = [7, 6, 5, 4, 3].map((resolution) => {
    const found = one.nodes.filter(({ cell }) => getResolution(cell) === resolution)
    const counts = found.map(({ owners }) => owners.length).sort((a, b) => b - a)
    return counts.join(', ') || '-'
  })
  const cells = [one.owners, ...nodes, one.withheld.length, countsOf(one), countsOf(hourly)]
  return cells.join(' | ')
}

function countsOf({ rows }: ReleasedMetric): string {
  const released = rows.filter((row) => row.class === 'k-anonymous').length
  return rows.length === 0 ? '-' : `${released} of ${rows.length}`
}

/** The values of all devices of an epoch under the checks that apply to them (PROTOCOL 6.5). */
import { assert } from '../failure.js'
import { type Metric, metricByName } from '../metric.js'
import { grouped } from './grouped.js'
import { type Bounds, Neighbours } from './neighbours.js'
import { type ColumnQuality, isChecked, judgeColumn, unjudgedColumn } from './quality.js'
import type { DeviceEpoch } from './tally.js'

/** A device's values, judged. */
export interface Judged {
  readonly epoch: DeviceEpoch
  readonly byMetric: ReadonlyMap<Metric, ColumnQuality>
}

/** Indoor devices have no checks: a flag would tell of values that are not released. */
export function hasChecks({ terms }: DeviceEpoch, metric: Metric): boolean {
  return terms.placement === 'outdoor' && isChecked(metric)
}

/** Judges each device, in their order, against the others of its cell. */
export function judgeAll(devices: readonly DeviceEpoch[]): Judged[] {
  const byCell = grouped(devices, ({ terms }) => terms.cell)
  const neighboursOf = new Map<string, Neighbours>()
  for (const [cell, inCell] of byCell) {
    for (const { slotting } of inCell) {
      const key = `${cell} ${slotting.slotSec}`
      if (!neighboursOf.has(key)) neighboursOf.set(key, gather(inCell, new Neighbours(slotting)))
    }
  }
  return devices.map((epoch) => {
    const { terms, slotting } = epoch
    return judge(epoch, neighboursOf.get(`${terms.cell} ${slotting.slotSec}`)!)
  })
}

/** The values that count of all outdoor devices in a cell, for the metrics that are compared. */
function gather(devices: readonly DeviceEpoch[], neighbours: Neighbours): Neighbours {
  for (const { terms, columns } of devices) {
    if (terms.placement !== 'outdoor') continue
    for (const [name, { times, nanos, own }] of columns) {
      const metric = metricOf(name)
      if (metric.near === null) continue
      for (let i = 0; i < times.length; i++)
        if (own[i] === 1) neighbours.add(terms.owner, metric, times[i]!, nanos[i]!)
    }
  }
  return neighbours
}

function judge(epoch: DeviceEpoch, neighbours: Neighbours): Judged {
  const { terms, columns } = epoch
  const byMetric = new Map<Metric, ColumnQuality>()
  for (const [name, column] of columns) {
    const metric = metricOf(name)
    const boundsAt = (time: number): Bounds | undefined =>
      neighbours.boundsFor(terms.owner, metric, time)
    const quality = hasChecks(epoch, metric)
      ? judgeColumn(column, metric, terms.intervalSec, boundsAt)
      : unjudgedColumn(column)
    byMetric.set(metric, quality)
  }
  return { epoch, byMetric }
}

function metricOf(name: string): Metric {
  const metric = metricByName(name)
  assert(metric !== undefined, 'an accepted reading has known metrics')
  return metric
}

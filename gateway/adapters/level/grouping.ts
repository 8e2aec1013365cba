/** Points of one write by series, and those that no series can take. */
import { seriesNameCharsMax } from '../../core/limits.js'
import type { Point } from '../../ports/series.js'

/** Points of one (device, metric), in the order of the write. */
export interface Group {
  device: string
  metric: string
  times: number[]
  values: number[]
  /** Why the names can never be stored. */
  fault: string | undefined
}

export interface Dead {
  point: Point
  error: string
}

const namePattern = new RegExp(`^[A-Za-z0-9_.:-]{1,${seriesNameCharsMax}}$`)
const timeMax = 2 ** 40

export function groupPoints(points: readonly Point[]): { groups: Group[]; dead: Dead[] } {
  const byDevice = new Map<string, Map<string, Group>>()
  const groups: Group[] = []
  const dead: Dead[] = []
  for (const point of points) {
    const { device, metric, time, value } = point
    let metrics = byDevice.get(device)
    if (metrics === undefined) {
      metrics = new Map()
      byDevice.set(device, metrics)
    }
    let group = metrics.get(metric)
    if (group === undefined) {
      group = { device, metric, times: [], values: [], fault: faultOfNames(device, metric) }
      metrics.set(metric, group)
      if (group.fault === undefined) groups.push(group)
    }
    const error = group.fault ?? faultOfValue(time, value)
    if (error === undefined) {
      group.times.push(time)
      group.values.push(value)
    } else {
      dead.push({ point, error })
    }
  }
  return { groups, dead }
}

function faultOfNames(device: string, metric: string): string | undefined {
  if (!namePattern.test(device)) return 'the device is no name'
  return namePattern.test(metric) ? undefined : 'the metric is no name'
}

function faultOfValue(time: number, value: number): string | undefined {
  if (!Number.isFinite(value)) return 'the value is not a finite number'
  if (!Number.isSafeInteger(time) || time < 0 || time >= timeMax)
    return 'the time is not a whole number of seconds within range'
  return undefined
}

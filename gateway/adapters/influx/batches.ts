import {
  influxBatchBytesMax,
  influxBatchPointsMax,
  seriesNameCharsMax,
  seriesTimeMax,
} from '../../core/limits.js'
import type { Point } from '../../ports/series.js'

/** Names that need no escaping in the line protocol; a line feed in a tag would begin a new line. */
const namePattern = new RegExp(`^[A-Za-z0-9_.:-]{1,${seriesNameCharsMax}}$`)
/** Field name, signs, the longest double (24) and milliseconds (14) of a line. */
const lineRestBytes = 56

/** Whether a device or metric may be a tag or a measurement. */
export function isName(text: string): boolean {
  return namePattern.test(text)
}

/** Why a point can never be stored; `undefined` where it can. The client would send NaN as it is. */
export function faultOf(point: Point): string | undefined {
  if (!Number.isFinite(point.value)) return 'the value is not a finite number'
  if (!Number.isSafeInteger(point.time) || point.time <= 0 || point.time >= seriesTimeMax)
    return 'the time is not a whole number of seconds within range'
  if (!isName(point.device)) return 'the device is no name'
  return isName(point.metric) ? undefined : 'the metric is no name'
}

/** The last point of each (device, metric, second), so that no order within a request matters. */
export function lastOfEach(points: readonly Point[]): Point[] {
  const last = new Map<string, Point>()
  for (const point of points) last.set(`${point.device}|${point.metric}|${point.time}`, point)
  return [...last.values()]
}

/** Pieces of bounded points and bytes, one request each. */
export function* batches(points: readonly Point[]): Generator<Point[]> {
  let batch: Point[] = []
  let bytes = 0
  for (const point of points) {
    const size = point.device.length + point.metric.length + lineRestBytes
    if (batch.length === influxBatchPointsMax || bytes + size > influxBatchBytesMax) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(point)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

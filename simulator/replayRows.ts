/**
 * Rows of recorded days, in the two shapes that exist: a comma-separated day of many stations
 * (`timestamp_utc,station,sensor_id,...`) and Sensor.Community's archive files
 * (`sensor_id;sensor_type;location;lat;lon;timestamp;...`). The header decides.
 *
 * A coordinate lives inside `parseRow` only: it becomes an H3 cell at once and is kept nowhere.
 */
import { latLngToCell } from 'h3-js'
import { cellResolutionMax } from '../gateway/core/limits.js'
import type { MetricName } from '../gateway/core/metric.js'
import type { Value } from '../gateway/core/senml/pack.js'
import { parseInstant } from '../gateway/core/time.js'
import { exactDecimal, isInRange } from './decimal.js'

/** Where each thing stands in a row of this file. */
export interface Columns {
  separator: ',' | ';'
  count: number
  sensor: number
  kind: number
  station: number
  lat: number
  lon: number
  time: number
  metrics: readonly { metric: MetricName; at: number }[]
}

export interface ReplayRow {
  sensor: string
  /** Sensor type as the file names it, such as `SDS011`. */
  kind: string
  station: string
  cell: string
  /** Unix seconds as recorded. */
  time: number
  values: Value[]
}

/** Why a row or a value was left out. */
export type Skip =
  | 'row-too-long'
  | 'wrong-columns'
  | 'bad-sensor'
  | 'bad-time'
  | 'bad-place'
  | 'no-value'
  | 'not-a-number'
  | 'out-of-range'
  | 'too-many-sensors'
  | 'too-old'

export interface ReplayCounts {
  rows: number
  values: number
  skipped: Partial<Record<Skip, number>>
}

export function noCounts(): ReplayCounts {
  return { rows: 0, values: 0, skipped: {} }
}

export function countSkip(counts: ReplayCounts, skip: Skip, n = 1): void {
  counts.skipped[skip] = (counts.skipped[skip] ?? 0) + n
}

/** Column names of both shapes, and the metric that each one is. */
const metricColumns: Readonly<Record<string, MetricName>> = {
  pm10_ugm3: 'pm10',
  pm25_ugm3: 'pm25',
  temp_c: 'temperature',
  rh_pct: 'humidity',
  pressure_pa: 'pressure',
  P0: 'pm1',
  P1: 'pm10',
  P2: 'pm25',
  temperature: 'temperature',
  humidity: 'humidity',
  pressure: 'pressure',
  noise_LAeq: 'noise',
}

/** Reads the header. `undefined` where the file has neither shape. */
export function columnsOf(header: string): Columns | undefined {
  const clean = header.replace(/^\uFEFF/, '').replace(/\r$/, '')
  const separator = clean.includes(';') ? ';' : ','
  const names = clean.split(separator)
  const at = (...options: readonly string[]): number =>
    names.findIndex((name) => options.includes(name))
  const columns = {
    separator,
    count: names.length,
    sensor: at('sensor_id'),
    kind: at('sensor_type'),
    station: at('station', 'location'),
    lat: at('lat'),
    lon: at('lon'),
    time: at('timestamp_utc', 'timestamp'),
    metrics: names.flatMap((name, index) =>
      Object.hasOwn(metricColumns, name) ? [{ metric: metricColumns[name]!, at: index }] : [],
    ),
  } satisfies Columns
  const { sensor, kind, station, lat, lon, time } = columns
  const isWhole = [sensor, kind, station, lat, lon, time].every((index) => index >= 0)
  return isWhole && columns.metrics.length > 0 ? columns : undefined
}

/**
 * One row; `undefined` where nothing of it can be sent. What is left out is counted: a value that is
 * empty is no value and is not counted, `nan` and what is no decimal is, as is one out of range.
 */
export function parseRow(
  columns: Columns,
  line: string,
  counts: ReplayCounts,
): ReplayRow | undefined {
  counts.rows++
  const skip = (why: Skip): undefined => {
    countSkip(counts, why)
  }
  const fields = line.replace(/\r$/, '').split(columns.separator)
  if (fields.length !== columns.count) return skip('wrong-columns')
  const sensor = fields[columns.sensor]!
  const kind = fields[columns.kind]!
  const station = fields[columns.station]!
  if (![sensor, kind, station].every((name) => /^[A-Za-z0-9_.+-]{1,24}$/.test(name)))
    return skip('bad-sensor')
  const time = parseTime(fields[columns.time]!)
  if (time === undefined) return skip('bad-time')
  const cell = cellAt(fields[columns.lat]!, fields[columns.lon]!)
  if (cell === undefined) return skip('bad-place')
  const values: Value[] = []
  for (const { metric, at } of columns.metrics) {
    const text = fields[at]!.trim()
    if (text === '') continue
    const value = exactDecimal(text)
    if (value === undefined) skip('not-a-number')
    else if (!isInRange(metric, value)) skip('out-of-range')
    else values.push({ metric, time, value })
  }
  if (values.length === 0) return skip('no-value')
  counts.values += values.length
  return { sensor, kind, station, cell, time, values }
}

/** Unix seconds of `2019-05-15T00:00:07`, with or without `Z` and a fraction; always UTC. */
function parseTime(text: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?:Z|\+00:00)?$/.exec(text)
  return match ? parseInstant(`${match[1]}Z`) : undefined
}

/** The H3 cell at the finest resolution that may be registered, about 5 square kilometres. */
function cellAt(lat: string, lon: string): string | undefined {
  const form = /^-?\d{1,3}(?:\.\d{1,17})?$/
  if (!form.test(lat) || !form.test(lon)) return undefined
  const [north, east] = [Number(lat), Number(lon)]
  if (Math.abs(north) > 90 || Math.abs(east) > 180) return undefined
  return latLngToCell(north, east, cellResolutionMax)
}

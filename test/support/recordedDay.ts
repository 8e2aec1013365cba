/**
 * A recorded day as the tests read it, sharing nothing with the simulator: its own parser, its own
 * ranges (PROTOCOL 3), and exact numbers, so that sums can be compared to the last digit.
 */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { projectRoot } from './root.js'
import { syntheticDay } from './syntheticDay.js'

/** Billionths, exact. */
export type Exact = bigint

/** `<sensor or device> <metric>` > Unix second > value. */
export type Series = Map<string, Map<number, Exact>>

export interface RecordedDay {
  path: string
  /** What it is, for the title of a test. */
  title: string
  rows: number
  /** Unix second of the last row that has a value. */
  last: number
  /** Rows that have a value, one message each, by sensor. */
  messages: Map<string, number>
  /** By sensor and metric; of two values for a second, the later row's. */
  series: Series
  /** Values in those rows, also those that a later row replaces. */
  values: number
  leftOut: { outOfRange: number; notANumber: number; emptyRows: number }
  /** Latitudes and longitudes as they are written. */
  coordinates: Set<string>
  /** Where each sensor with a value stands, as its first row says. */
  places: Map<string, { station: string; lat: number; lon: number }>
}

const recordedFile = '../shared/data/aberdeen_2019-05-15_1d.csv.gz'

/**
 * The file that REPLAY_FILE names; else the recorded day of Aberdeen where it lies beside the
 * project, which does not carry it; else (and where REPLAY_FILE is empty) a synthetic day.
 */
export function findDay(folder: string): RecordedDay {
  const recorded = join(projectRoot(), recordedFile)
  const path = process.env.REPLAY_FILE ?? (existsSync(recorded) ? recorded : '')
  if (path !== '') return readDay(path, `recorded, ${basename(path)}`)
  const seed = 20_190_515
  return readDay(syntheticDay(folder, seed), `synthetic, seed ${seed}`)
}

const metricsByColumn = {
  pm10_ugm3: { metric: 'pm10', min: 0n, max: 2_000n },
  pm25_ugm3: { metric: 'pm25', min: 0n, max: 1_000n },
  temp_c: { metric: 'temperature', min: -40n, max: 85n },
  rh_pct: { metric: 'humidity', min: 0n, max: 100n },
  pressure_pa: { metric: 'pressure', min: 30_000n, max: 110_000n },
}

export function readDay(path: string, kind: string): RecordedDay {
  const file = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(file) : file).toString('utf8')
  const [header = '', ...lines] = text.split(/\r?\n/).filter((line) => line !== '')
  const names = header.split(',')
  for (const name of ['timestamp_utc', 'sensor_id', 'lat', 'lon', ...Object.keys(metricsByColumn)])
    if (!names.includes(name)) throw new Error(`${path} has no column ${name}`)
  const day: RecordedDay = {
    path,
    title: `${kind}, ${lines.length} rows`,
    rows: lines.length,
    last: 0,
    messages: new Map(),
    series: new Map(),
    values: 0,
    leftOut: { outOfRange: 0, notANumber: 0, emptyRows: 0 },
    coordinates: new Set(),
    places: new Map(),
  }
  for (const line of lines) {
    const fields = line.split(',')
    addRow(day, Object.fromEntries(names.map((name, index) => [name, fields[index] ?? ''])))
  }
  return day
}

function addRow(day: RecordedDay, row: Record<string, string>): void {
  const { timestamp_utc = '', sensor_id: sensor = '', lat = '', lon = '' } = row
  const second = Date.parse(timestamp_utc) / 1000
  if (!Number.isInteger(second)) throw new Error(`no time: ${timestamp_utc}`)
  day.coordinates.add(lat).add(lon)
  let isEmpty = true
  for (const [column, { metric, min, max }] of Object.entries(metricsByColumn)) {
    const text = row[column]!
    if (text === '') continue
    const value = exact(text)
    if (value === undefined) day.leftOut.notANumber++
    else if (value < min * one || value > max * one) day.leftOut.outOfRange++
    else {
      isEmpty = false
      day.values++
      put(day.series, `${sensor} ${metric}`, second, value)
    }
  }
  if (isEmpty) {
    day.leftOut.emptyRows++
    return
  }
  if (!day.places.has(sensor))
    day.places.set(sensor, { station: row.station!, lat: Number(lat), lon: Number(lon) })
  day.messages.set(sensor, (day.messages.get(sensor) ?? 0) + 1)
  day.last = Math.max(day.last, second)
}

/** Sets a value; says whether that second had one already. */
export function put(series: Series, name: string, second: number, value: Exact): boolean {
  const values = series.get(name) ?? new Map<number, Exact>()
  series.set(name, values)
  const had = values.has(second)
  values.set(second, value)
  return had
}

const one = 10n ** 9n

/** Billionths of a plain decimal text; `undefined` where it is none. */
export function exact(text: string): Exact | undefined {
  const match = /^(-?)(\d+)(?:\.(\d{0,9}))?$/.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = ''] = match
  const size = BigInt(whole + fraction.padEnd(9, '0'))
  return sign === '-' ? -size : size
}

/** The decimal text of billionths, without zeros at its end. */
export function exactText(value: Exact): string {
  const digits = (value < 0n ? -value : value).toString().padStart(10, '0')
  const text = `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, '')
  return value < 0n ? `-${text}` : text
}

/** By metric: how many values, and their sum to the last digit. */
export function sums(series: Series): Record<string, { count: number; sum: string }> {
  const byMetric = new Map<string, { count: number; sum: Exact }>()
  for (const [name, values] of series) {
    const metric = name.slice(name.indexOf(' ') + 1)
    const row = byMetric.get(metric) ?? { count: 0, sum: 0n }
    byMetric.set(metric, row)
    row.count += values.size
    for (const value of values.values()) row.sum += value
  }
  const rows = [...byMetric].map(([metric, { count, sum }]) => [
    metric,
    { count, sum: exactText(sum) },
  ])
  return Object.fromEntries(rows)
}

/** Every point that is in one and not in the other, or differs; at most twenty are told. */
export function differences(expected: Series, found: Series): string[] {
  const told: string[] = []
  const tell = (text: string): void => {
    if (told.length < 20) told.push(text)
  }
  for (const [name, values] of expected) {
    const stored = found.get(name)
    for (const [second, value] of values) {
      const actual = stored?.get(second)
      if (actual === undefined) tell(`${name} at ${second} is missing`)
      else if (actual !== value)
        tell(`${name} at ${second} is ${exactText(actual)}, not ${exactText(value)}`)
    }
  }
  for (const [name, values] of found) {
    for (const second of values.keys())
      if (expected.get(name)?.has(second) !== true) tell(`${name} at ${second} is extra`)
  }
  return told
}

/** Reads recorded days row by row, gzipped or not; memory does not grow with the file. */
import { createReadStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Failure, messageOf } from '../gateway/core/failure.js'
import { replaySensorsMax, rowCharsMax } from './limits.js'
import {
  columnsOf,
  countSkip,
  noCounts,
  parseRow,
  type ReplayCounts,
  type ReplayRow,
} from './replayRows.js'

/** A sensor of a recorded file, as its virtual device needs it. */
export interface RecordedSensor {
  sensor: string
  kind: string
  station: string
  cell: string
  metrics: string[]
}

export interface Recording {
  sensors: RecordedSensor[]
  /** Unix seconds of the earliest and latest row that can be sent. */
  first: number
  last: number
  counts: ReplayCounts
}

/**
 * Lines of a byte stream, without their LF, at most `rowCharsMax` long; a longer one comes as
 * `undefined`, whatever its length.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder()
  let rest = ''
  let tooLong = false
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = parts.pop()!
    for (const part of parts) {
      yield tooLong || part.length > rowCharsMax ? undefined : part
      tooLong = false
    }
    if (rest.length > rowCharsMax) {
      tooLong = true
      rest = ''
    }
  }
  if (tooLong || rest !== '') yield tooLong ? undefined : rest
}

/**
 * The rows that can be sent, in the order of the file. Throws `Failure` where the file cannot be
 * read or has no known header.
 */
export async function* rowsOf(path: string, counts: ReplayCounts): AsyncGenerator<ReplayRow> {
  let columns: ReturnType<typeof columnsOf>
  for await (const line of linesOf(bytesOf(path))) {
    if (columns === undefined) {
      columns = columnsOf(line ?? '')
      if (columns === undefined) throw unknownShape(path)
    } else if (line === undefined) {
      counts.rows++
      countSkip(counts, 'row-too-long')
    } else if (line.trim() !== '') {
      const row = parseRow(columns, line, counts)
      if (row) yield row
    }
  }
  if (columns === undefined) throw unknownShape(path)
}

/** One pass over the file: who is in it, when, and what of it cannot be sent. */
export async function survey(path: string): Promise<Recording> {
  const counts = noCounts()
  const sensors = new Map<string, RecordedSensor>()
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for await (const row of rowsOf(path, counts)) {
    const sensor = sensors.get(row.sensor)
    if (sensor === undefined && sensors.size >= replaySensorsMax) {
      countSkip(counts, 'too-many-sensors')
      continue
    }
    const metrics = sensor?.metrics ?? []
    for (const { metric } of row.values) if (!metrics.includes(metric)) metrics.push(metric)
    const { kind, station, cell } = sensor ?? row
    sensors.set(row.sensor, { sensor: row.sensor, kind, station, cell, metrics })
    first = Math.min(first, row.time)
    last = Math.max(last, row.time)
  }
  if (sensors.size === 0) throw new Failure('usage', `${path} holds no row that can be sent`)
  return { sensors: [...sensors.values()], first, last, counts }
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  const out = new PassThrough()
  const source = createReadStream(path)
  const done = path.endsWith('.gz') ? pipeline(source, createGunzip(), out) : pipeline(source, out)
  // The same error ends `out`, where the reader meets it.
  done.catch(() => {})
  try {
    for await (const chunk of out) yield chunk
  } catch (error) {
    throw new Failure('usage', `cannot read ${path}: ${messageOf(error)}`, { cause: error })
  } finally {
    source.destroy()
  }
}

function unknownShape(path: string): Failure {
  return new Failure(
    'usage',
    `${path} has no header that is known: it needs sensor_id, sensor_type, station or location, ` +
      'lat, lon, timestamp_utc or timestamp, and at least one column of values',
  )
}

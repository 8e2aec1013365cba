/**
 * The series in an InfluxDB 1.x (PROTOCOL 10). A point's identity is (measurement, device, time), so
 * a request that may or may not have arrived is sent again. The cursor is saved after the points;
 * what a crash leaves between is written twice and stored once.
 */
import { escape as escapeInflux } from 'influx'
import { assert } from '../../core/failure.js'
import type {
  Bucket,
  CursorStore,
  DeadLetters,
  Point,
  SeriesRange,
  SeriesStore,
} from '../../ports/series.js'
import { batches, faultOf, isName, lastOfEach } from './batches.js'
import { type InfluxClient, influxClient, rawPolicy } from './client.js'
import { hasDatabase, prepareDatabase } from './prepare.js'
import { sendBatch } from './send.js'

export interface InfluxOptions {
  /** `http[s]://[user:password@]host:port`. */
  url: string
  database: string
  /** Must belong to this URL and database alone. */
  cursor: CursorStore
  /** That of `influxRows`: it falls back where the database has lost the rows. */
  rowCursor: CursorStore
  deadLetters: DeadLetters
}

type Dead = { point: Point; error: string }

/** Opens nothing yet: `prepare` is the first call to the server. Throws Failure('config') on a bad URL. */
export function influxSeries(options: InfluxOptions): SeriesStore {
  const { cursor, rowCursor, deadLetters } = options
  const client = influxClient(options.url, options.database)
  return {
    kind: 'influxdb',
    prepare: () => prepareDatabase(client, cursor, rowCursor),
    cursor: () => cursor.load(),
    async write(points, next) {
      const dead: Dead[] = []
      const good: Point[] = []
      for (const point of points) {
        const error = faultOf(point)
        if (error === undefined) good.push(point)
        else dead.push({ point, error })
      }
      for (const batch of batches(lastOfEach(good))) dead.push(...(await send(client, batch)))
      await deadLetters.add(dead)
      await cursor.save(next)
      return { dead }
    },
    range: (range, limit) => readRange(client, range, limit),
    downsample: (range, stepSec) => readBuckets(client, range, stepSec),
    latest: (device) => readLatest(client, device),
    async retain(oldest) {
      // The first start asks before it has made the database: nothing is old in there.
      if (!(await hasDatabase(client))) return
      // A DELETE reaches every policy; only raw points have the tag, released rows stay.
      const before = `time < ${seconds(oldest)}`
      await client.query(`DELETE FROM /.*/ WHERE "device" =~ /./ AND ${before}`, { method: 'POST' })
    },
    async close() {
      client.close()
    },
  }
}

async function send(client: InfluxClient, points: readonly Point[]): Promise<Dead[]> {
  const dead = await sendBatch(client, rawPolicy, points, (point) => ({
    measurement: point.metric,
    tags: { device: point.device },
    fields: { value: point.value },
    timestamp: point.time * 1_000,
  }))
  return dead.map(({ item, error }) => ({ point: item, error }))
}

async function readRange(
  client: InfluxClient,
  range: SeriesRange,
  limit: number,
): Promise<{ time: number; value: number }[]> {
  if (!isReadable(range) || limit <= 0) return []
  const found = await client.query(
    `SELECT "value" ${fromWhere(range)} ORDER BY time ASC LIMIT ${Math.floor(limit)}`,
    { placeholders: { device: range.device } },
  )
  return rowsOf(found).map(([ms, value]) => ({ time: Number(ms) / 1000, value: Number(value) }))
}

async function readBuckets(
  client: InfluxClient,
  range: SeriesRange,
  stepSec: number,
): Promise<Bucket[]> {
  assert(Number.isSafeInteger(stepSec) && stepSec > 0, 'a step is a whole number of seconds')
  if (!isReadable(range)) return []
  const found = await client.query(
    `SELECT mean("value"), min("value"), max("value"), count("value") ${fromWhere(range)} ` +
      `GROUP BY time(${stepSec}s) fill(none)`,
    { placeholders: { device: range.device } },
  )
  return rowsOf(found).map(([ms, mean, min, max, count]) => ({
    time: Number(ms) / 1000,
    mean: Number(mean),
    min: Number(min),
    max: Number(max),
    count: Number(count),
  }))
}

async function readLatest(
  client: InfluxClient,
  device: string,
): Promise<{ metric: string; time: number; value: number }[]> {
  const found = await client.query(
    `SELECT last("value") FROM "${rawPolicy}"./.*/ WHERE "device" = $device`,
    { placeholders: { device } },
  )
  return found
    .flatMap(({ name, values }) =>
      values.map(([ms, value]) => ({
        metric: name,
        time: Number(ms) / 1000,
        value: Number(value),
      })),
    )
    .sort((a, b) => (a.metric < b.metric ? -1 : 1))
}

/** A name that no point may have, or an empty range, has no points; the server is not asked. */
function isReadable(range: SeriesRange): boolean {
  return range.from < range.to && isName(range.metric) && isName(range.device)
}

function fromWhere({ metric, from, to }: SeriesRange): string {
  return (
    `FROM "${rawPolicy}".${escapeInflux.quoted(metric)} ` +
    `WHERE "device" = $device AND time >= ${seconds(from)} AND time < ${seconds(to)}`
  )
}

/** An InfluxQL time in whole seconds. */
function seconds(time: number): string {
  assert(Number.isSafeInteger(time), 'times of a range are whole seconds')
  return `${time}s`
}

function rowsOf(found: Awaited<ReturnType<InfluxClient['query']>>): (string | number | null)[][] {
  return found[0]?.values ?? []
}

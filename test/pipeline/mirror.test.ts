import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openDeadLetters } from '../../gateway/adapters/influx/deadLetters.js'
import { influxRows } from '../../gateway/adapters/influx/rows.js'
import { influxSeries } from '../../gateway/adapters/influx/series.js'
import { openLevel } from '../../gateway/adapters/level/open.js'
import { formatDone, formatRelease } from '../../gateway/core/privacy/record.js'
import type { AggregateRow } from '../../gateway/core/privacy/row.js'
import { publicationOf } from '../../gateway/core/privacy/windows.js'
import { startMirror } from '../../gateway/pipeline/release/mirror.js'
import type { RefusedRow } from '../../gateway/ports/rowStore.js'
import { until } from '../support/gateway.js'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { cell, deviceNumber, life, midnight, settings } from './releaseBench.js'

let server: Influxd
let folder: string
const closing: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  server = await startInfluxd()
})
afterAll(() => server.stop('SIGKILL'))
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mirror-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await rm(folder, { recursive: true })
})

/** The adapters of a gateway that mirrors into `database`; the cursor is in `folder`. */
async function openMirrored(database: string) {
  const level = await openLevel(join(folder, 'cursors'))
  closing.push(() => level.close())
  const cursor = level.cursor('rows')
  const clock = { now: () => Date.now(), monotonic: () => performance.now() }
  const options = { url: server.url, database }
  const store = influxRows({ ...options, cursor })
  const series = influxSeries({
    ...options,
    cursor: level.cursor('raw'),
    rowCursor: cursor,
    deadLetters: await openDeadLetters(join(folder, 'dead.jsonl'), clock),
  })
  closing.push(
    () => series.close(),
    () => store.close(),
  )
  await series.prepare()
  return { store, series, cursor }
}

type Records = Parameters<typeof startMirror>[0]['records']

/** A log of releases in memory: what is tested here is what is made of its records. */
function recordsOf(texts: readonly string[]): Records {
  return {
    get size() {
      return texts.length
    },
    async *scan(from, to = texts.length) {
      for (let index = from; index < to; index++) yield { index, atMs: 0, text: texts[index]! }
    },
  }
}

const salt = 'BwcHBwcHBwcHBwcHBwcHBw'
const kRow = (i: number, more = {}): AggregateRow => ({
  cell,
  class: 'k-anonymous',
  k: 3,
  mean: 20 + i / 10,
  median: 21,
  metric: 'temperature',
  n: 5,
  salt,
  step: 900,
  t: midnight + i * 900,
  unit: 'Cel',
  ...more,
})
const rowText = (row: AggregateRow): string => formatRelease({ row, who: '' })

function startOver(
  texts: readonly string[],
  store: Parameters<typeof startMirror>[0]['store'],
  clock = { sec: Number.MAX_SAFE_INTEGER },
) {
  let wake: () => void = () => undefined
  const refused: RefusedRow[] = []
  const mirror = startMirror({
    records: recordsOf(texts),
    store,
    rows: {
      watch(listener) {
        wake = () => void listener([])
        return () => undefined
      },
    },
    publishedSec: () => clock.sec,
    refused: (dead) => refused.push(dead),
    retryMs: { min: 5, max: 50 },
  })
  closing.push(() => mirror.stop())
  return { mirror, refused, wake: () => wake() }
}

const rowsIn = (database: string, metric = 'temperature') =>
  server.query(`SELECT * FROM released.${metric}`, database)

test('what a gateway publishes is in the policy `released`: tags, step, the numbers of the row', async () => {
  const clock = { sec: midnight + 10 }
  const fleet = Array.from({ length: 5 }, (_, n) => deviceNumber(n))
  const devices = fleet.map(([device]) => device)
  const gateway = await life({ folder, clock, devices })
  closing.push(() => gateway.stop())
  const { store } = await openMirrored('published')
  const { releases, records } = gateway
  const mirror = startMirror({
    records,
    store,
    rows: releases.rows,
    publishedSec: () => releases.publishedSec,
    refused: () => undefined,
  })
  closing.push(() => mirror.stop())
  for (const [i, [, holder]] of fleet.entries()) await gateway.send(holder, 200 + i)
  const p = publicationOf(settings.window, midnight)
  await gateway.at(p + 1)
  // Drawn and durable, and not published: not in the database either.
  expect(records.size).toBeGreaterThan(0)
  expect(await rowsIn('published')).toEqual([])
  clock.sec = p + 3
  await until('the row', async () => (await rowsIn('published')).length === 1)
  const answer = await fetch(
    `${server.url}/query?db=published&epoch=s&q=${encodeURIComponent('SELECT * FROM released.temperature')}`,
  )
  const { results } = (await answer.json()) as { results: { series: unknown[] }[] }
  expect(results[0]!.series[0]).toEqual({
    name: 'temperature',
    columns: ['time', 'cell', 'k', 'mean', 'median', 'n', 'step'],
    values: [[midnight, cell, 3, 20.2, 20.2, 5, '900']],
  })
  const keys = await server.query('SHOW TAG KEYS FROM temperature', 'published')
  expect(keys).toEqual([['cell'], ['step']])
})

test('withheld rows are no points, private ones have their half width, a whole mean stays a double', async () => {
  const { store, cursor } = await openMirrored('classes')
  const common = { cell, salt, step: 3_600, t: midnight } as const
  const texts = [
    rowText(kRow(0, { mean: 20 })),
    rowText(kRow(1, { mean: 20.5 })),
    rowText({ ...common, class: 'withheld', metric: 'temperature' }),
    rowText({
      ...common,
      class: 'differentially-private',
      epsilon: '1/4',
      halfWidth: 0.6,
      median: 41,
      metric: 'noise',
      n: 25,
      unit: 'dB',
    }),
    formatDone({ done: midnight + 5_000 }),
  ]
  const { mirror, refused } = startOver(texts, store)
  await until('the log', async () => (await cursor.load()) === texts.length)
  expect((await rowsIn('classes')).map(([time, , , mean]) => [time, mean])).toEqual([
    [midnight, 20],
    [midnight + 900, 20.5],
  ])
  const [noise] = await server.query('SELECT median, halfWidth, n FROM released.noise', 'classes')
  expect(noise).toEqual([midnight, 41, 0.6, 25])
  expect(refused).toEqual([])
  await until('no lag', () => mirror.status().lagRecords === 0)
  expect(mirror.status()).toEqual({ lagRecords: 0, dead: 0 })
})

test('a server that is away is waited for, and what is written twice is stored once', async () => {
  const { store, cursor } = await openMirrored('away')
  const texts = Array.from({ length: 40 }, (_, i) => rowText(kRow(i)))
  const clock = { sec: publicationOf(900, midnight + 20 * 900) }
  const { mirror, wake } = startOver(texts, store, clock)
  await until('what is published', async () => (await cursor.load()) === 20)
  expect(await rowsIn('away')).toHaveLength(20)
  await server.stop('SIGKILL')
  clock.sec = Number.MAX_SAFE_INTEGER
  wake()
  await until('the reason', () => mirror.status().error?.includes('ECONNREFUSED'))
  expect(mirror.status().lagRecords).toBe(20)
  // As after a crash between the points and the cursor.
  await cursor.save(10)
  await server.start()
  await until('the rest', async () => (await cursor.load()) === 40)
  expect(await rowsIn('away')).toHaveLength(40)
  await until('no error', () => mirror.status().error === undefined)
})

test('a database that comes back empty is filled again from the first record', async () => {
  const { store, series, cursor } = await openMirrored('emptied')
  const texts = Array.from({ length: 3 }, (_, i) => rowText(kRow(i)))
  const { wake } = startOver(texts, store)
  await until('three rows', async () => (await cursor.load()) === 3)
  await server.query('DROP DATABASE emptied')
  texts.push(rowText(kRow(3)))
  wake()
  // The series notice on their next write, and make the database.
  await series.prepare()
  await until('four rows', async () => (await rowsIn('emptied')).length === 4)
})

test('a row that the database refuses for ever is said, and the others are stored', async () => {
  const { store, cursor } = await openMirrored('poisoned')
  const other = kRow(2, { metric: 'pressure', unit: 'Pa', mean: 101_300, median: 101_300 })
  await server.write(`pressure,cell=${cell} mean="high" ${other.t}`, 'poisoned', 'released')
  const { mirror, refused } = startOver([kRow(0), other, kRow(1)].map(rowText), store)
  await until('the log', async () => (await cursor.load()) === 3)
  expect(refused).toEqual([{ row: other, error: expect.stringMatching(/field type conflict/) }])
  expect(mirror.status().dead).toBe(1)
  expect(await rowsIn('poisoned')).toHaveLength(2)
})

test('a cursor beyond the log belongs to another log', async () => {
  const { store, cursor } = await openMirrored('restored')
  await cursor.save(99)
  startOver([rowText(kRow(0)), rowText(kRow(1))], store)
  await until('both rows', async () => (await cursor.load()) === 2)
  expect(await rowsIn('restored')).toHaveLength(2)
})

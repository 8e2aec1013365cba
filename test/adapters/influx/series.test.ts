import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openDeadLetters } from '../../../gateway/adapters/influx/deadLetters.js'
import { influxSeries } from '../../../gateway/adapters/influx/series.js'
import { type LevelStores, openLevel } from '../../../gateway/adapters/level/open.js'
import { Failure } from '../../../gateway/core/failure.js'
import type { DeadLetters, Point, SeriesStore } from '../../../gateway/ports/series.js'
import { temporaryFolder } from '../../support/gateway.js'
import { type Influxd, startInfluxd } from '../../support/influxd.js'
import { baseTime, seriesContract } from '../seriesContract.js'

const clock = { now: () => Date.now(), monotonic: () => performance.now() }

let server: Influxd
let level: LevelStores
let store: SeriesStore
let deadLetters: DeadLetters
let deadPath: string

beforeAll(async () => {
  server = await startInfluxd()
  level = await openLevel(temporaryFolder('influx-cursor'))
  deadPath = join(temporaryFolder('influx-dead'), 'dead.jsonl')
  deadLetters = await openDeadLetters(deadPath, clock)
  store = open('fieldproof')
  await store.prepare()
})
afterAll(async () => {
  await store.close()
  await level.close()
  await server.stop('SIGKILL')
})

function open(database: string): SeriesStore {
  const cursor = level.cursor(database)
  const rowCursor = level.cursor(`rows ${database}`)
  return influxSeries({ url: server.url, database, cursor, rowCursor, deadLetters })
}

function point(device: string, metric: string, second: number, value: number): Point {
  return { device, metric, time: baseTime + second, value }
}

describe('series contract, InfluxDB', () => {
  seriesContract(() => store)
})

test('has nothing to remove where there is no database yet', async () => {
  const early = open('early')
  await early.retain(baseTime)
  expect((await server.query('SHOW DATABASES')).flat()).not.toContain('early')
  await early.close()
})

test('creates the layout, and leaves what is there', async () => {
  const policies = async () =>
    (await server.query('SHOW RETENTION POLICIES ON fieldproof')).map((row) => [
      row[0],
      row[1],
      row[4],
    ])
  expect(await policies()).toEqual([
    ['autogen', '0s', false],
    ['raw', '720h0m0s', true],
    ['released', '0s', false],
  ])
  await server.query('ALTER RETENTION POLICY raw ON fieldproof DURATION 100d')
  await store.prepare()
  expect((await policies())[1]).toEqual(['raw', '2400h0m0s', true])
  await store.write([point('layout', 'pm25', 1, 7.5)], 70)
  const rows = await server.query("SELECT * FROM raw.pm25 WHERE device = 'layout'", 'fieldproof')
  expect(rows).toEqual([[baseTime + 1, 'layout', 7.5]])
  await server.query('ALTER RETENTION POLICY raw ON fieldproof DURATION 30d')
})

test('retention leaves released rows alone', async () => {
  await server.write(
    `rain,cell=8712d9a2bffffff,step=3600 mean=1.5 ${baseTime}`,
    'fieldproof',
    'released',
  )
  await store.write([point('rainy', 'rain', 0, 1), point('rainy', 'rain', 9_000, 2)], 71)
  await store.retain(baseTime + 3_600)
  const count = 'SELECT count(mean) FROM released.rain'
  expect((await server.query(count, 'fieldproof'))[0]?.[1]).toBe(1)
  const range = { device: 'rainy', metric: 'rain', from: baseTime, to: baseTime + 86_400 }
  expect(await store.range(range, 10)).toEqual([{ time: baseTime + 9_000, value: 2 }])
})

test('begins again where the database has lost its points', async () => {
  const other = open('lost')
  await other.prepare()
  await other.write([point('lost', 'noise', 1, 40)], 12)
  expect(await other.cursor()).toBe(12)
  await server.query('DROP DATABASE lost')
  await expect(other.write([point('lost', 'noise', 2, 41)], 13)).rejects.toMatchObject({
    code: 'unavailable',
  })
  await other.prepare()
  expect(await other.cursor()).toBe(0)
  await other.write([point('lost', 'noise', 1, 40)], 1)
  expect(await other.latest('lost')).toHaveLength(1)
  await other.close()
})

test('finds the poison among good points and keeps the words of the server', async () => {
  // Another program has written two metrics with types of its own into the day of `baseTime`.
  await server.write(`illuminance,device=x value=5i ${baseTime}`, 'fieldproof', 'raw')
  await server.write(`wind_speed,device=x value="calm" ${baseTime}`, 'fieldproof', 'raw')
  const before = deadLetters.count
  const good = Array.from({ length: 300 }, (_, i) => point('poisoned', 'pm10', i, i / 10))
  const poison = [
    point('poisoned', 'illuminance', 3, 100),
    point('poisoned', 'illuminance', 4, 101.5),
    point('poisoned', 'wind_speed', 5, 2.5),
  ]
  const mixed = [...good]
  mixed.splice(10, 0, poison[0]!)
  mixed.splice(150, 0, poison[1]!)
  mixed.push(poison[2]!)
  const { dead } = await store.write(mixed, 80)
  expect(dead.map((one) => one.point)).toEqual(poison)
  for (const { error } of dead) expect(error).toMatch(/partial write: field type conflict/)
  expect(dead[0]!.error).toMatch(/illuminance.*type float, already exists as type integer/)
  const range = { device: 'poisoned', metric: 'pm10', from: baseTime, to: baseTime + 400 }
  expect(await store.range(range, 1_000)).toHaveLength(300)
  expect(await store.cursor()).toBe(80)
  expect(deadLetters.count).toBe(before + 3)
  const lines = readFileSync(deadPath, 'utf8').trim().split('\n').slice(-3)
  for (const [i, line] of lines.entries()) {
    const { at, error, ...rest } = JSON.parse(line)
    expect(rest).toEqual(poison[i])
    expect(error).toBe(dead[i]!.error)
    expect(at).toBeGreaterThan(0)
  }
  expect((await openDeadLetters(deadPath, clock)).count).toBe(deadLetters.count)
})

test('takes points beyond the retention as stored: their time is over', async () => {
  const old = point('ancient', 'battery', -40 * 86_400, 3)
  const now = point('ancient', 'battery', 0, 4)
  const { dead } = await store.write([old, now], 81)
  expect(dead).toEqual([])
  expect(await store.latest('ancient')).toEqual([{ metric: 'battery', time: baseTime, value: 4 }])
})

test('splits a large write into requests, and stores it once', async () => {
  const points = Array.from({ length: 23_456 }, (_, i) => point('large', 'humidity', i, i % 100))
  await store.write(points, 82)
  const range = { device: 'large', metric: 'humidity', from: baseTime, to: baseTime + 86_400 }
  const buckets = await store.downsample(range, 3_600)
  expect(buckets.reduce((count, bucket) => count + bucket.count, 0)).toBe(points.length)
  const sum = buckets.reduce((total, bucket) => total + bucket.mean * bucket.count, 0)
  expect(sum).toBeCloseTo(points.reduce((total, { value }) => total + value, 0))
})

test('says that the server is away, and goes on when it is back', async () => {
  const range = { device: 'back', metric: 'co2', from: baseTime, to: baseTime + 10 }
  await store.write([point('back', 'co2', 1, 400)], 90)
  await server.stop('SIGKILL')
  const calls = [
    store.write([point('back', 'co2', 2, 401)], 91),
    store.range(range, 10),
    store.downsample(range, 60),
    store.latest('back'),
    store.prepare(),
  ]
  for (const call of calls) {
    await expect(call).rejects.toThrow(Failure)
    await expect(call).rejects.toMatchObject({ code: 'unavailable', message: /ECONNREFUSED/ })
  }
  expect(await store.cursor()).toBe(90)
  await server.start()
  await store.write([point('back', 'co2', 2, 401)], 91)
  expect(await store.range(range, 10)).toEqual([
    { time: baseTime + 1, value: 400 },
    { time: baseTime + 2, value: 401 },
  ])
  expect(await store.cursor()).toBe(91)
})

test('refuses a URL that is none, without naming what may be a password', () => {
  const cursor = level.cursor('none')
  for (const url of ['influx:8086', 'ftp://u:secret@host', '']) {
    const open = () => influxSeries({ url, database: 'x', cursor, rowCursor: cursor, deadLetters })
    expect(open).toThrow(Failure)
    expect(open).not.toThrow(/secret/)
  }
})

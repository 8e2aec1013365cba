import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDeadLetters } from '../../gateway/adapters/influx/deadLetters.js'
import { influxSeries } from '../../gateway/adapters/influx/series.js'
import type { SeriesStore } from '../../gateway/ports/series.js'
import { temporaryFolder, until } from '../support/gateway.js'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import {
  clock,
  expectedValues,
  type Message,
  openSite,
  type Site,
  storedValues,
} from './projectSupport.js'

const devices = 20
const metrics = ['temperature', 'humidity', 'pm25']
const baseTime = Math.floor(Date.now() / 1000) - 86_400

let server: Influxd
let site: Site

beforeAll(async () => {
  server = await startInfluxd()
  site = await openSite()
})
afterAll(async () => {
  await site.close()
  await server.stop('SIGKILL')
})

/** Three values of one second; every tenth message comes after its successor and repeats its second. */
function messages(from: number, count: number): Message[] {
  return Array.from({ length: count }, (_, i) => {
    const n = from + i
    const step = Math.floor(n / devices)
    const late = step % 10 === 1
    const seq = step % 10 === 0 ? step + 1 : late ? step - 1 : step
    const time = baseTime + (late ? step - 1 : step)
    const values = metrics.map((metric, m) => ({ metric, time, tenths: ((n * 7 + m) % 800) + 1 }))
    return { device: n % devices, seq, values }
  })
}

async function openStore(database: string): Promise<SeriesStore> {
  const deadPath = join(temporaryFolder('influx-dead'), 'dead.jsonl')
  return influxSeries({
    url: server.url,
    database,
    cursor: site.level.cursor(database),
    rowCursor: site.level.cursor(`rows ${database}`),
    deadLetters: await openDeadLetters(deadPath, clock),
  })
}

test('a server that is killed, stopped and started under load loses nothing and doubles nothing', async () => {
  const store = await openStore('fieldproof')
  let projector = site.projector({ store })
  const sent: Message[] = []
  let running = true

  async function load(): Promise<void> {
    while (running) {
      const batch = messages(sent.length, 100)
      await site.append(batch)
      sent.push(...batch)
      projector.notify(site.journal.size)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  const loading = load()
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    await projector.reached(sent.length + 1_000)
    await server.stop(signal)
    // Ingest goes on while the database is away: the lag grows by more than one batch.
    const before = sent.length
    while (sent.length < before + 2_500) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(projector.status().lagRecords).toBeGreaterThan(2_000)
    await until('the reason', () => projector.status().error?.includes('InfluxDB at http'))
    await server.start()
  }
  // The gateway starts again too, in the middle of catching up.
  await projector.stop()
  projector = site.projector({ store })
  await projector.reached(sent.length)
  running = false
  await loading
  projector.notify(site.journal.size)
  await projector.reached(sent.length)
  await projector.stop()

  const expected = expectedValues(sent)
  const ids = Array.from({ length: devices }, (_, i) => i)
  expect(projector.status()).toMatchObject({ kind: 'influxdb', lagRecords: 0, dead: 0 })
  const stored = await storedValues(store, ids, metrics)
  expect([...expected].filter(([name, value]) => stored.get(name) !== value)).toEqual([])
  expect(stored.size).toBe(expected.size)
  for (const metric of metrics) {
    const [row] = await server.query(
      `SELECT count(value), sum(value) FROM raw.${metric}`,
      'fieldproof',
    )
    const values = [...expected].filter(([name]) => name.includes(`|${metric}|`))
    expect(row?.[1]).toBe(values.length)
    expect(row?.[2]).toBeCloseTo(
      values.reduce((sum, [, value]) => sum + value, 0),
      3,
    )
  }
  await store.close()
})

test('a database that comes back empty is filled again from the journal', async () => {
  const other = await openSite()
  const store = await openStore('dropped')
  const projector = other.projector({ store })
  await other.append(messages(0, 1_000))
  projector.notify(other.journal.size)
  await projector.reached(1_000)
  await server.query('DROP DATABASE dropped')
  const batch = messages(1_000, 20)
  await other.append(batch)
  projector.notify(other.journal.size)
  await projector.reached(1_020)
  await projector.stop()
  const expected = expectedValues([...messages(0, 1_000), ...batch])
  const ids = Array.from({ length: devices }, (_, i) => i)
  expect(await storedValues(store, ids, metrics)).toEqual(expected)
  await store.close()
  await other.close()
})

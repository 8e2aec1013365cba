import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Failure } from '../../gateway/core/failure.js'
import type { SeriesStore } from '../../gateway/ports/series.js'
import { until } from '../support/gateway.js'
import {
  expectedValues,
  type Message,
  nameOf,
  openSite,
  readingBytes,
  type Site,
  storedValues,
} from './projectSupport.js'

const baseTime = 1_762_000_000
let site: Site

beforeEach(async () => {
  site = await openSite()
})
afterEach(() => site.close())

function reading(device: number, seq: number, time: number, tenths: number): Message {
  return { device, seq, values: [{ metric: 'temperature', time: baseTime + time, tenths }] }
}

test('brings what the journal holds into the series, and goes on as it grows', async () => {
  const projector = site.projector()
  const messages = Array.from({ length: 500 }, (_, i) => reading(i % 7, i, i, 200 + (i % 50)))
  await site.append(messages.slice(0, 300))
  projector.notify(site.journal.size)
  await projector.reached(300)
  await site.append(messages.slice(300))
  expect(projector.status()).toMatchObject({
    kind: 'embedded',
    lagRecords: 0,
    lagBytes: 0,
    dead: 0,
  })
  projector.notify(site.journal.size)
  expect(projector.status().lagRecords).toBe(200)
  expect(projector.status().lagBytes).toBe(Math.round((site.journal.bytes * 200) / 500))
  await projector.reached(500)
  expect(projector.cursor).toBe(500)
  expect(await site.level.series.cursor()).toBe(500)
  const found = await storedValues(site.level.series, [0, 1, 2, 3, 4, 5, 6], ['temperature'])
  expect(found).toEqual(expectedValues(messages))
  await projector.stop()
})

/** Sequences in a random order that admission allows: none 64 or more below the highest so far. */
const shuffled = fc
  .record({
    count: fc.integer({ min: 1, max: 120 }),
    spread: fc.integer({ min: 0, max: 62 }),
    seed: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 120, maxLength: 120 }),
  })
  .map(({ count, spread, seed }) =>
    Array.from({ length: count }, (_, i) => ({ seq: i, at: i + seed[i]! * spread }))
      .sort((a, b) => a.at - b.at)
      .map(({ seq }) => seq),
  )
const content = fc.array(
  fc.record({
    metric: fc.constantFrom('temperature', 'humidity'),
    /** Added to a time that grows with the sequence: only neighbours in sequence clash. */
    time: fc.integer({ min: 0, max: 3 }),
    tenths: fc.integer({ min: 0, max: 800 }),
  }),
  { minLength: 1, maxLength: 4 },
)

test('a later sequence replaces a value, in whatever order the log holds them, from any cursor', async () => {
  let device = 100
  await fc.assert(
    fc.asyncProperty(
      shuffled,
      fc.array(content, { minLength: 120, maxLength: 120 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }),
      async (sequences, contents, restarts) => {
        device++
        const messages = sequences.map((seq) => ({
          device,
          seq,
          values: packOf(seq, contents[seq]!),
        }))
        const first = site.journal.size
        await site.append(messages)
        const expected = expectedValues(messages)
        for (const from of [undefined, ...restarts]) {
          // A store that says less than it holds, as one does after a crash before its cursor.
          const cursor = first + Math.floor((from ?? 0) * messages.length)
          const store = withCursor(site.level.series, cursor)
          const projector = site.projector({ store })
          projector.notify(site.journal.size)
          await projector.reached(site.journal.size)
          await projector.stop()
          const found = await storedValues(site.level.series, [device], ['temperature', 'humidity'])
          expect(found).toEqual(expected)
        }
      },
    ),
    { numRuns: 25 },
  )
})

/** A pack names each (metric, second) once. */
function packOf(
  seq: number,
  values: readonly { metric: string; time: number; tenths: number }[],
): Message['values'] {
  const last = new Map(values.map((one) => [`${one.metric}|${one.time}`, one]))
  return [...last.values()].map((one) => ({
    ...one,
    time: baseTime + Math.floor(seq / 4) + one.time,
  }))
}

function withCursor(store: SeriesStore, cursor: number): SeriesStore {
  return {
    kind: store.kind,
    prepare: () => store.prepare(),
    write: (points, next) => store.write(points, next),
    cursor: async () => cursor,
    range: (range, limit) => store.range(range, limit),
    downsample: (range, stepSec) => store.downsample(range, stepSec),
    latest: (name) => store.latest(name),
    retain: (oldest) => store.retain(oldest),
    close: async () => {},
  }
}

test('keeps trying while the store is away, shows why, and loses nothing', async () => {
  let away = true
  let attempts = 0
  const real = site.level.series
  const store: SeriesStore = {
    ...withCursor(real, 0),
    async write(points, next) {
      attempts++
      if (away) throw new Failure('unavailable', 'the store is away')
      return real.write(points, next)
    },
    cursor: () => real.cursor(),
  }
  const projector = site.projector({ store })
  const messages = Array.from({ length: 50 }, (_, i) => reading(1, i, i, 210 + i))
  await site.append(messages)
  projector.notify(site.journal.size)
  await until('three attempts', () => attempts >= 3)
  expect(projector.status()).toMatchObject({ lagRecords: 50, error: 'the store is away', dead: 0 })
  await until('seconds of lag', () => projector.status().lagSeconds > 0)
  away = false
  await projector.reached(50)
  expect(projector.status()).toMatchObject({ lagRecords: 0, lagSeconds: 0 })
  expect(projector.status().error).toBeUndefined()
  expect(await storedValues(real, [1], ['temperature'])).toEqual(expectedValues(messages))
  await projector.stop()
})

test('stops while the store is away, and while it does not answer', async () => {
  const real = withCursor(site.level.series, 0)
  const down = new Failure('unavailable', 'away')
  await site.append([reading(1, 1, 1, 1)])
  for (const write of [() => Promise.reject(down), () => new Promise<never>(() => {})]) {
    let called = false
    const store: SeriesStore = {
      ...real,
      write() {
        called = true
        return write()
      },
    }
    const projector = site.projector({ store, waits: { retryMin: 3_600_000, retryMax: 3_600_000 } })
    projector.notify(site.journal.size)
    await until('a write', () => called)
    await projector.stop()
    expect(projector.cursor).toBe(0)
  }
})

test('counts what it cannot read and goes on', async () => {
  await site.append([reading(1, 1, 1, 210)])
  await site.appendRaw('rd', new Uint8Array([1, 2, 3]))
  const stranger = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  await site.appendRaw('rd', readingBytes(reading(1, 2, 2, 220), stranger))
  await site.appendRaw('ap', new Uint8Array([0x80]))
  await site.append([reading(1, 3, 3, 230)])
  const projector = site.projector()
  projector.notify(site.journal.size)
  await projector.reached(5)
  expect(projector.status().dead).toBe(2)
  expect(await site.level.series.latest(nameOf(1))).toEqual([
    { metric: 'temperature', time: baseTime + 3, value: 23 },
  ])
  await projector.stop()
})

test('reads a journal from its start where the cursor is beyond its end', async () => {
  await site.level.series.write([], 1_000)
  const messages = [reading(1, 1, 1, 210), reading(1, 2, 2, 220)]
  await site.append(messages)
  const projector = site.projector()
  projector.notify(site.journal.size)
  await projector.reached(2)
  expect(await site.level.series.cursor()).toBe(2)
  expect(await storedValues(site.level.series, [1], ['temperature'])).toEqual(
    expectedValues(messages),
  )
  await projector.stop()
})

test('takes short turns while ingest is busy, and ends all the same', async () => {
  const messages = Array.from({ length: 400 }, (_, i) => reading(3, i, i, i))
  await site.append(messages)
  let asked = 0
  const projector = site.projector({
    busy() {
      asked++
      return true
    },
  })
  projector.notify(site.journal.size)
  await projector.reached(400)
  expect(asked).toBeGreaterThan(10)
  await projector.stop()
})

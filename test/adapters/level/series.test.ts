import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../../gateway/adapters/level/keys.js'
import { type LevelStores, openLevel } from '../../../gateway/adapters/level/open.js'
import { LevelSeries } from '../../../gateway/adapters/level/series.js'
import { Failure } from '../../../gateway/core/failure.js'
import { temporaryFolder } from '../../support/gateway.js'
import { baseTime, expectBuckets, naiveBuckets, seriesContract } from '../seriesContract.js'

let stores: LevelStores
let folder: string

beforeAll(async () => {
  folder = temporaryFolder('level')
  stores = await openLevel(folder)
})
afterAll(() => stores.close())

describe('series contract, embedded', () => {
  seriesContract(() => stores.series)
})

test('says who holds a folder that is open already', async () => {
  const second = openLevel(folder)
  await expect(second).rejects.toThrow(Failure)
  await expect(second).rejects.toMatchObject({ code: 'data', message: /in use/ })
})

test('a write that failed leaves nothing, and succeeds when it is repeated', async () => {
  const db: Database = new ClassicLevel(join(temporaryFolder('level-fault'), 'db'), {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  })
  const store = new LevelSeries(db)
  const points = Array.from({ length: 300 }, (_, i) => ({
    device: 'faulty',
    metric: 'rain',
    time: baseTime + i * 30,
    value: i,
  }))
  await store.write(points.slice(0, 100), 1)
  const range = { device: 'faulty', metric: 'rain', from: baseTime, to: baseTime + 36_000 }
  const before = await store.downsample(range, 900)
  const restore = failNextBatch(db)
  const failed = store.write(points.slice(100), 2)
  await expect(failed).rejects.toMatchObject({ code: 'unavailable', message: /disk full/ })
  restore()
  expect(await store.cursor()).toBe(1)
  expect(await store.downsample(range, 900)).toEqual(before)
  await store.write(points.slice(100), 2)
  for (const stepSec of [60, 900, 3_600])
    expectBuckets(
      await store.downsample(range, stepSec),
      naiveBuckets(points, range.from, range.to, stepSec),
    )
  await db.close()
})

/** Lets batches fail as on a full disk; the returned function repairs it. */
function failNextBatch(db: Database): () => void {
  const original = db.batch
  const broken = (): ReturnType<Database['batch']> => {
    const batch = original.call(db)
    batch.write = () => Promise.reject(new Error('disk full'))
    return batch
  }
  Object.defineProperty(db, 'batch', { value: broken, configurable: true })
  return () => Object.defineProperty(db, 'batch', { value: original, configurable: true })
}

/** One step of a random run. */
type Step =
  | { write: { series: number; time: number; value: number }[] }
  | { reopen: true }
  | { retain: number }

const spanSec = 4 * 3_600
const point = fc.record({
  series: fc.integer({ min: 0, max: 2 }),
  time: fc.oneof(fc.integer({ min: 0, max: spanSec }), fc.integer({ min: 0, max: 300 })),
  value: fc.integer({ min: -400, max: 850 }).map((n) => n / 10),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ write: fc.array(point, { minLength: 1, maxLength: 40 }) }) },
  { weight: 1, arbitrary: fc.constant<Step>({ reopen: true }) },
  { weight: 1, arbitrary: fc.record({ retain: fc.integer({ min: 0, max: spanSec }) }) },
)

test('roll-ups are what the raw values say, after any writes, starts and retention', async () => {
  const folder = temporaryFolder('level-model')
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      run++
      const path = join(folder, `model${run}`)
      const device = (series: number) => `model${run}-${series}`
      const model = [0, 1, 2].map(() => new Map<number, number>())
      let level = await openLevel(path)
      try {
        let cursor = 0
        for (const one of steps) {
          if ('write' in one) {
            for (const { series, time, value } of one.write) model[series]!.set(time, value)
            cursor++
            await level.series.write(
              one.write.map(({ series, time, value }) => ({
                device: device(series),
                metric: 'noise',
                time: baseTime + time,
                value,
              })),
              cursor,
            )
          } else if ('retain' in one) {
            await level.series.retain(baseTime + one.retain)
            const end = one.retain - (one.retain % 3_600)
            for (const values of model)
              for (const time of values.keys()) if (time < end) values.delete(time)
          } else {
            await level.close()
            level = await openLevel(path)
            expect(await level.series.cursor()).toBe(cursor)
          }
          await compare(level, model, device)
        }
      } finally {
        await level.close()
      }
    }),
    { numRuns: 40 },
  )
})

async function compare(
  level: LevelStores,
  model: readonly Map<number, number>[],
  device: (series: number) => string,
): Promise<void> {
  for (const [series, values] of model.entries()) {
    const points = [...values]
      .sort((a, b) => a[0] - b[0])
      .map(([time, value]) => ({ time: baseTime + time, value }))
    const range = {
      device: device(series),
      metric: 'noise',
      from: baseTime + 100,
      to: baseTime + spanSec - 700,
    }
    for (const stepSec of [60, 900, 3_600, 50]) {
      const expected = naiveBuckets(points, range.from, range.to, stepSec)
      expectBuckets(await level.series.downsample(range, stepSec), expected)
    }
    const newest = points.at(-1)
    const latest = newest ? [{ metric: 'noise', ...newest }] : []
    expect(await level.series.latest(device(series))).toEqual(latest)
  }
}

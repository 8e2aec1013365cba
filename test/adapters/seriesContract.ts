import { expect, test } from 'vitest'
import { seriesTimeMax } from '../../gateway/core/limits.js'
import type { Bucket, Point, SeriesStore } from '../../gateway/ports/series.js'

/** Recent and on the hour, so that it lies in every retention policy. */
export const baseTime = Math.floor(Date.now() / 3_600_000) * 3_600 - 86_400

let devices = 0

/** A device of its own for each test. */
function newDevice(): string {
  devices++
  return `contract${String(devices).padStart(5, '0')}`
}

function pointsOf(device: string, count: number, everySec: number): Point[] {
  return Array.from({ length: count }, (_, i) => ({
    device,
    metric: 'temperature',
    time: baseTime + i * everySec,
    value: 20 + Math.sin(i) * 5,
  }))
}

/** Buckets worked out the plain way. */
export function naiveBuckets(
  points: readonly { time: number; value: number }[],
  from: number,
  to: number,
  stepSec: number,
): Bucket[] {
  const steps = new Map<number, number[]>()
  for (const { time, value } of points) {
    if (time < from || time >= to) continue
    const start = time - (time % stepSec)
    steps.set(start, [...(steps.get(start) ?? []), value])
  }
  return [...steps]
    .sort((a, b) => a[0] - b[0])
    .map(([time, values]) => ({
      time,
      mean: values.reduce((sum, value) => sum + value, 0) / values.length,
      min: Math.min(...values),
      max: Math.max(...values),
      count: values.length,
    }))
}

/** Equal but for the last digits of the means, which depend on the order of additions. */
export function expectBuckets(actual: readonly Bucket[], expected: readonly Bucket[]): void {
  const exact = ({ time, min, max, count }: Bucket) => ({ time, min, max, count })
  expect(actual.map(exact)).toEqual(expected.map(exact))
  for (const [i, bucket] of actual.entries()) expect(bucket.mean).toBeCloseTo(expected[i]!.mean, 9)
}

/** What every series store must do; `open` gives one that is prepared. */
export function seriesContract(open: () => SeriesStore): void {
  test('gives back what was written, by time, within the range and the limit', async () => {
    const store = open()
    const device = newDevice()
    const points = pointsOf(device, 50, 60)
    await store.write([...points].reverse(), 1)
    const range = { device, metric: 'temperature', from: baseTime, to: baseTime + 3_000 }
    const all = points.map(({ time, value }) => ({ time, value }))
    expect(await store.range(range, 1_000)).toEqual(all)
    expect(await store.range(range, 7)).toEqual(all.slice(0, 7))
    expect(await store.range(range, 0)).toEqual([])
    const always = { ...range, from: 0, to: seriesTimeMax }
    expect(await store.range(always, 1_000)).toEqual(all)
    expect((await store.downsample(always, 86_400 * 365))[0]?.count).toBe(50)
    const part = { ...range, from: baseTime + 60, to: baseTime + 180 }
    expect(await store.range(part, 1_000)).toEqual(all.slice(1, 3))
    expect(await store.range({ ...range, metric: 'humidity' }, 10)).toEqual([])
    expect(await store.range({ ...range, device: 'nobody' }, 10)).toEqual([])
    expect(await store.range({ ...range, to: range.from }, 10)).toEqual([])
  })

  test('keeps the exact double', async () => {
    const store = open()
    const device = newDevice()
    const values = [0.1 + 0.2, -1e-9, 5e-324, 101_325, -0.1, Number.MAX_SAFE_INTEGER]
    const points = values.map((value, i) => ({
      device,
      metric: 'pressure',
      time: baseTime + i,
      value,
    }))
    await store.write(points, 2)
    const range = { device, metric: 'pressure', from: baseTime, to: baseTime + 100 }
    expect((await store.range(range, 100)).map(({ value }) => value)).toEqual(values)
  })

  test('replaces a value of the same device, metric and second, also within one write', async () => {
    const store = open()
    const device = newDevice()
    const at = (value: number): Point => ({ device, metric: 'co2', time: baseTime + 5, value })
    await store.write([at(400), at(401)], 3)
    const range = { device, metric: 'co2', from: baseTime, to: baseTime + 10 }
    expect(await store.range(range, 10)).toEqual([{ time: baseTime + 5, value: 401 }])
    await store.write([at(450)], 4)
    expect(await store.range(range, 10)).toEqual([{ time: baseTime + 5, value: 450 }])
    expectBuckets(await store.downsample({ ...range, to: baseTime + 3_600 }, 3_600), [
      { time: baseTime, mean: 450, min: 450, max: 450, count: 1 },
    ])
  })

  test('changes nothing when the same points come again', async () => {
    const store = open()
    const device = newDevice()
    const points = pointsOf(device, 200, 30)
    const range = { device, metric: 'temperature', from: baseTime, to: baseTime + 6_000 }
    await store.write(points, 5)
    const before = await store.downsample(range, 900)
    await store.write(points.slice(20, 120), 6)
    await store.write(points, 7)
    expect(await store.range(range, 1_000)).toHaveLength(200)
    expectBuckets(await store.downsample(range, 900), before)
  })

  test('downsamples on aligned steps, with ranges that cut buckets', async () => {
    const store = open()
    const device = newDevice()
    const points = pointsOf(device, 2_000, 17)
    for (let i = 0; i < points.length; i += 300) await store.write(points.slice(i, i + 300), 8)
    for (const stepSec of [7, 60, 90, 900, 1_800, 3_600, 7_200, 21_600]) {
      for (const [from, to] of [
        [baseTime, baseTime + 36_000],
        [baseTime + 61, baseTime + 30_001],
        [baseTime + 901, baseTime + 1_000],
        [baseTime + 3_599, baseTime + 7_201],
      ] as const) {
        const range = { device, metric: 'temperature', from, to }
        const expected = naiveBuckets(points, from, to, stepSec)
        expectBuckets(await store.downsample(range, stepSec), expected)
      }
    }
  })

  test('takes late values into old buckets', async () => {
    const store = open()
    const device = newDevice()
    const points = pointsOf(device, 600, 20)
    const late = points.filter((_, i) => i % 7 === 3)
    const live = points.filter((_, i) => i % 7 !== 3)
    for (let i = 0; i < live.length; i += 100) await store.write(live.slice(i, i + 100), 9)
    await store.write(late, 10)
    const range = { device, metric: 'temperature', from: baseTime, to: baseTime + 12_000 }
    for (const stepSec of [60, 900, 3_600])
      expectBuckets(
        await store.downsample(range, stepSec),
        naiveBuckets(points, range.from, range.to, stepSec),
      )
  })

  test('knows the newest value per metric, not the last one written', async () => {
    const store = open()
    const device = newDevice()
    const point = (metric: string, second: number, value: number): Point => ({
      device,
      metric,
      time: baseTime + second,
      value,
    })
    await store.write([point('humidity', 10, 50), point('battery', 7, 3.3)], 11)
    await store.write([point('humidity', 20, 51), point('humidity', 5, 49)], 12)
    await store.write([point('humidity', 8, 48)], 13)
    expect(await store.latest(device)).toEqual([
      { metric: 'battery', time: baseTime + 7, value: 3.3 },
      { metric: 'humidity', time: baseTime + 20, value: 51 },
    ])
    await store.write([point('humidity', 20, 52)], 14)
    expect(await store.latest(device)).toContainEqual({
      metric: 'humidity',
      time: baseTime + 20,
      value: 52,
    })
    expect(await store.latest('nobody')).toEqual([])
  })

  test('keeps the cursor, also of an empty write', async () => {
    const store = open()
    await store.write(pointsOf(newDevice(), 3, 1), 41)
    expect(await store.cursor()).toBe(41)
    await store.write([], 42)
    expect(await store.cursor()).toBe(42)
  })

  test('names the points that it can never store, and stores the others', async () => {
    const store = open()
    const device = newDevice()
    const good = pointsOf(device, 2, 1)
    const bad: Point[] = [
      { ...good[0]!, value: Number.NaN },
      { ...good[0]!, value: Number.POSITIVE_INFINITY },
      { ...good[0]!, device: 'two\nlines value=1' },
      { ...good[0]!, metric: 'a,b=c' },
      { ...good[0]!, time: 1.5 },
    ]
    const { dead } = await store.write([...bad, ...good], 50)
    expect(dead.map(({ point }) => point)).toEqual(bad)
    expect(dead.every(({ error }) => error.length > 0)).toBe(true)
    const range = { device, metric: 'temperature', from: baseTime - 100, to: baseTime + 100 }
    expect(await store.range(range, 10)).toHaveLength(2)
  })

  test('removes points older than the retention, and only them', async () => {
    const store = open()
    const device = newDevice()
    const gone = newDevice()
    const points = pointsOf(device, 400, 60)
    await store.write([...points, ...pointsOf(gone, 10, 60)], 60)
    const oldest = baseTime + 7_200
    await store.retain(oldest)
    const range = { device, metric: 'temperature', from: baseTime, to: baseTime + 86_400 }
    const kept = points.filter(({ time }) => time >= oldest)
    expect(await store.range(range, 1_000)).toEqual(
      kept.map(({ time, value }) => ({ time, value })),
    )
    for (const stepSec of [60, 900, 3_600])
      expectBuckets(
        await store.downsample(range, stepSec),
        naiveBuckets(kept, range.from, range.to, stepSec),
      )
    expect(await store.latest(gone)).toEqual([])
    const again = pointsOf(gone, 1, 1)
    await store.write(again, 61)
    expect(await store.latest(gone)).toEqual([
      { metric: 'temperature', time: again[0]!.time, value: again[0]!.value },
    ])
  })
}

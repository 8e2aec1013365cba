/**
 * The quality checks on a day of real sensors (schemas/quality.md has what was measured). What each
 * check must find is found here a second time, from the file, in the plainest way.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { metricByName, metrics } from '../../../gateway/core/metric.js'
import { decimal } from '../../../gateway/core/senml/decimal.js'
import { encodePack, parsePack } from '../../../gateway/core/senml/pack.js'
import { temporaryFolder } from '../../support/gateway.js'
import { dayIntervalSec, type JudgedSensor, judgeDay } from '../../support/judgedDay.js'
import { type Exact, findDay, type RecordedDay } from '../../support/recordedDay.js'

const day = findDay(temporaryFolder())
const from = Math.floor(day.last / 86_400) * 86_400
const isAberdeen = /aberdeen_2019-05-15/.test(day.path)
const nano = 10n ** 9n
const flatSec = 6 * 3_600

type Point = readonly [second: number, value: Exact]

function pointsOf({ series }: RecordedDay, sensor: string, metric: string): Point[] {
  return [...(series.get(`${sensor} ${metric}`) ?? [])].sort(([a], [b]) => a - b)
}

function size(value: Exact): Exact {
  return value < 0n ? -value : value
}

function spikes(points: readonly Point[], bound: bigint): number {
  return points.filter(([second, value], i) => {
    const [before, last] = points[i - 1] ?? [Number.NEGATIVE_INFINITY, value]
    return second - before <= 3 * dayIntervalSec && size(value - last) > bound * nano
  }).length
}

function flats(points: readonly Point[]): number {
  return points.filter(([second, value], i) => {
    const recent = points.slice(0, i).filter(([earlier]) => earlier >= second - flatSec)
    return recent.length >= 12 && recent.every(([, other]) => other === value)
  }).length
}

/** Longest time for which a sensor said the same, seconds. */
function longestStill(points: readonly Point[]): number {
  let since = 0
  return points.reduce((longest, [second, value], i) => {
    if (i === 0 || points[i - 1]![1] !== value) since = second
    return Math.max(longest, second - since)
  }, 0)
}

describe(`quality checks on a day (${day.title})`, () => {
  let sensors: JudgedSensor[]
  const bySensor = (name: string): JudgedSensor => sensors.find((one) => one.sensor === name)!
  const isStuck = ({ sensor }: JudgedSensor): boolean =>
    metrics.some(({ name, flat }) => flat && longestStill(pointsOf(day, sensor, name)) > flatSec)

  beforeAll(async () => {
    sensors = await judgeDay(day.path, from, 7)
  })

  it('range: admits every value of the day, and none of them beyond the range', () => {
    for (const [name, points] of day.series) {
      const metric = metricByName(name.split(' ')[1]!)!
      const [, value] = [...points].at(-1)!
      const reasonOf = (nanos: bigint): string => {
        const pack = [{ metric: metric.name, time: from, value: decimal(Number(nanos), -9) }]
        const parsed = parsePack(encodePack(pack))
        return parsed.ok ? 'accepted' : parsed.reason
      }
      const width = BigInt(metric.max - metric.min + 1) * nano
      expect(reasonOf(value)).toBe('accepted')
      expect(reasonOf(value + width)).toBe('out-of-profile')
      expect(reasonOf(value - width)).toBe('out-of-profile')
    }
  })

  it('spike: finds every jump, and nothing else', () => {
    let found = 0
    for (const { sensor, quality } of sensors) {
      for (const [name, { spike }] of quality) {
        const bound = BigInt(metricByName(name)!.spike!)
        expect([sensor, name, spike]).toEqual([
          sensor,
          name,
          spikes(pointsOf(day, sensor, name), bound),
        ])
        if (name === 'pm10') found += spike
      }
    }
    expect(found).toBeGreaterThan(5)
    if (!isAberdeen) return
    expect(found).toBe(6)
    expect(bySensor('22480').quality.get('pm10')).toMatchObject({ values: 584, spike: 5 })
    expect(bySensor('22480').quality.get('pm25')).toMatchObject({ values: 584, spike: 4 })
    expect(bySensor('22885').quality.get('pm10')).toMatchObject({ values: 582, spike: 1 })
    // A broken sensor that jumps between both ends of its scale.
    expect(bySensor('24544').quality.get('humidity')).toMatchObject({ values: 310, spike: 21 })
  })

  it('flat: finds the humidity sensors that are stuck, and nothing else', () => {
    for (const { sensor, quality } of sensors)
      for (const [name, { flat }] of quality)
        expect([sensor, name, flat]).toEqual([sensor, name, flats(pointsOf(day, sensor, name))])
    const stuck = sensors.filter(isStuck)
    expect(stuck.length).toBeGreaterThan(5)
    for (const { quality, score } of stuck) {
      expect(quality.get('humidity')!.flat).toBeGreaterThan(40)
      expect(score.qualityBp).toBeLessThan(9_500)
    }
    if (!isAberdeen) return
    const found = stuck.map(({ sensor, score }) => [sensor, score.flat, score.qualityBp])
    expect(found.sort()).toEqual([
      ['22550', 268, 7665],
      ['22613', 193, 8321],
      ['22880', 143, 8741],
      ['22886', 571, 5102],
      ['23008', 564, 5104],
      ['24544', 47, 8903],
      ['5332', 290, 7521],
    ])
  })

  it('rate: expects 576 messages, and takes uptime from who was away', () => {
    for (const { sensor, epoch, score } of sensors) {
      expect(epoch.slotting).toMatchObject({ slots: 12, perSlot: 48 })
      const seconds = new Set(
        [...day.series].flatMap(([name, points]) =>
          name.startsWith(`${sensor} `) ? [...points.keys()] : [],
        ),
      )
      const perSlot = new Array<number>(12).fill(0)
      for (const second of seconds) perSlot[Math.floor((second - from) / 7_200)]!++
      const valid = perSlot.filter((count) => count >= 36).length
      const uptime = valid < 6 ? 0 : Math.floor((10_000 * valid) / 12)
      expect([sensor, score.uptimeBp]).toEqual([sensor, uptime])
    }
    const away = sensors.filter(({ score }) => score.uptimeBp < 10_000)
    expect(away.length).toBeGreaterThan(1)
    expect(sensors.length - away.length).toBeGreaterThan(30)
    if (!isAberdeen) return
    expect(away.map(({ sensor, score }) => [sensor, score.uptimeBp]).sort()).toEqual([
      ['24543', 5_833],
      ['24544', 5_000],
      ['8554', 6_666],
      ['8555', 6_666],
    ])
  })

  it('keeps more than 9,500 bp for every sensor that is not stuck', () => {
    const honest = sensors.filter((one) => !isStuck(one))
    expect(honest.length).toBeGreaterThan(30)
    const quality = honest.map(({ score }) => score.qualityBp).sort((a, b) => a - b)
    expect(quality[0]).toBeGreaterThan(9_500)
    if (isAberdeen)
      expect([honest.length, ...quality.slice(0, 4)]).toEqual([39, 9922, 9991, 9991, 1e4])
  })

  /** At resolution 7 no cell of the day has six owners; what is registered coarser has. */
  it('near: finds who differs from five other owners of a coarser cell', async () => {
    const resolution = isAberdeen ? 5 : 2
    const coarse = await judgeDay(day.path, from, resolution)
    for (const metric of ['temperature', 'humidity', 'pm10']) {
      const found = coarse.map(({ sensor, quality }) => [sensor, quality.get(metric)?.near ?? 0])
      const wanted = coarse.map(({ sensor, cell, station }) => [
        sensor,
        strangers(
          pointsOf(day, sensor, metric),
          coarse
            .filter((other) => other.cell === cell && other.station !== station)
            .map((other) => ({
              owner: other.station,
              points: pointsOf(day, other.sensor, metric),
            })),
          BigInt(metricByName(metric)!.near!),
        ),
      ])
      expect([metric, found]).toEqual([metric, wanted])
    }
    const warm = coarse.filter(({ quality }) => (quality.get('temperature')?.near ?? 0) > 100)
    expect(warm.length).toBe(1)
    if (!isAberdeen) return
    expect(warm[0]).toMatchObject({ sensor: '17204' })
    expect(warm[0]!.quality.get('temperature')).toMatchObject({ values: 588, near: 157 })
  })
})

/** Values that differ by more than the bound from the median of the means of 5 owners or more. */
function strangers(
  points: readonly Point[],
  others: readonly { owner: string; points: readonly Point[] }[],
  bound: bigint,
): number {
  const slotOf = (second: number): number => Math.floor((second - from) / 7_200)
  const sums = new Map<string, { sum: bigint; count: bigint }>()
  for (const { owner, points: theirs } of others) {
    for (const [second, value] of theirs) {
      const key = `${slotOf(second)} ${owner}`
      const { sum, count } = sums.get(key) ?? { sum: 0n, count: 0n }
      sums.set(key, { sum: sum + value, count: count + 1n })
    }
  }
  return points.filter(([second, value]) => {
    const means = [...sums]
      .filter(([key]) => key.startsWith(`${slotOf(second)} `))
      .map(([, mean]) => mean)
      .sort((a, b) => (a.sum * b.count < b.sum * a.count ? -1 : 1))
    if (means.length < 5) return false
    const a = means[Math.floor((means.length - 1) / 2)]!
    const b = means[Math.floor(means.length / 2)]!
    const scale = 2n * a.count * b.count
    return size(value * scale - a.sum * b.count - b.sum * a.count) > bound * nano * scale
  }).length
}

/**
 * A day of low-cost sensors that nobody recorded, with what real days have: an uneven cadence, gaps
 * of hours, humidity stuck at its upper end, spikes of dust, a sensor in a warm room, blank fields,
 * values that no sensor can measure, two values for one second, CR LF, coordinates of three to eight
 * decimals. What is no fault changes slowly, as weather does. Made from a seed.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Random, seededRandom } from './random.js'

const header =
  'timestamp_utc,station,sensor_id,sensor_type,lat,lon,' +
  'pm10_ugm3,pm25_ugm3,temp_c,rh_pct,pressure_pa'

/** As many as the recorded day has. */
export const syntheticRows = 25_749
export const syntheticStations = 24

const dayStart = Date.UTC(2019, 4, 15) / 1000
const daySec = 86_400
const hourSec = 3_600

interface Station {
  name: string
  lat: string
  lon: string
  sensors: { id: string; type: 'SDS011' | 'DHT22' | 'BME280' }[]
  /** Seconds of the day without a row. */
  gap: { from: number; to: number } | undefined
  /** Humidity is stuck until then, in seconds of the day. */
  stuckUntil: number
  /** Kelvin above the air outside, all day. */
  tooWarm: number
}

interface Row {
  second: number
  text: string
}

/** Writes the day to `<folder>/synthetic_1d.csv.gz`; returns the path. */
export function syntheticDay(folder: string, seed: number): string {
  const random = seededRandom(seed)
  const stations = Array.from({ length: syntheticStations }, (_, n) => stationOf(n, random))
  // One stands a few metres from another, in the same street.
  const [near, far] = [stations[syntheticStations - 1]!, stations[4]!]
  near.lat = `${far.lat.slice(0, -1)}${(Number(far.lat.at(-1)) % 9) + 1}`
  near.lon = far.lon
  const rows = stations.flatMap((station) => stationRows(station, random))
  while (rows.length > syntheticRows) rows.splice(random.below(rows.length), 1)
  if (rows.length < syntheticRows) throw new Error(`the day has only ${rows.length} rows`)
  // A stable sort: of two values for one second, the second stays the second.
  rows.sort((a, b) => a.second - b.second)
  const path = join(folder, 'synthetic_1d.csv.gz')
  const lines = [header, ...rows.map(({ text }) => text)].map((line) => `${line}\r\n`)
  writeFileSync(path, gzipSync(lines.join('')))
  return path
}

function stationOf(n: number, random: Random): Station {
  const decimals = 3 + (n % 6)
  const climate = n % 6 === 5 ? 'BME280' : 'DHT22'
  const isLast = n === syntheticStations - 1
  const dust = isLast ? [] : [{ id: `${21_000 + 2 * n}`, type: 'SDS011' as const }]
  const air = n === 8 ? [] : [{ id: `${21_001 + 2 * n}`, type: climate as 'DHT22' | 'BME280' }]
  const gapFrom = 5 * hourSec + random.below(4 * hourSec)
  return {
    name: `${11_000 + 7 * n}`,
    lat: `57.${digits(decimals, random)}`,
    lon: `-2.${digits(decimals, random)}`,
    sensors: [...dust, ...air],
    gap: n % 8 === 3 ? { from: gapFrom, to: gapFrom + 7 * hourSec + 1_200 } : undefined,
    stuckUntil: n % 3 === 0 && n !== 3 ? 9 * hourSec : 0,
    tooWarm: n === 10 ? 12 : 0,
  }
}

/** Decimals that end in no zero. */
function digits(count: number, random: Random): string {
  const all = Array.from({ length: count - 1 }, () => random.below(10))
  return [...all, 1 + random.below(9)].join('')
}

function stationRows(station: Station, random: Random): Row[] {
  const rows: Row[] = []
  const { gap } = station
  for (let at = random.below(145); at < daySec - 1; at += 145 + random.below(6)) {
    if (gap && at >= gap.from && at < gap.to) continue
    for (const [index, { id, type }] of station.sensors.entries()) {
      const place = `${station.name},${id},${type},${station.lat},${station.lon}`
      const second = dayStart + at + index
      const instant = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`
      const add = (): void => {
        const fields = type === 'SDS011' ? dust(random) : air(type, station, at, random)
        rows.push({ second, text: `${instant},${place},${fields}` })
      }
      add()
      // A board that sends once more what it has measured anew.
      if (random.below(1_000) === 0) add()
    }
  }
  return rows
}

function dust(random: Random): string {
  const rare = random.below(400)
  const fine = 1 + random.below(1_500) / 100
  const coarse = fine * 1.3 + random.below(300) / 100
  if (rare === 0) return `${(500 + random.below(140_000) / 100).toFixed(2)},${fine.toFixed(2)},,,`
  // Beyond what the metric may have, and what no number is.
  if (rare === 1) return `2000.01,${fine.toFixed(2)},,,`
  if (rare === 2) return `${coarse.toFixed(2)},1999.90,,,`
  if (rare === 3) return `${coarse.toFixed(2)},nan,,,`
  if (rare === 4) return `,${fine.toFixed(2)},,,`
  if (rare === 5) return ',,,,'
  return `${coarse.toFixed(2)},${fine.toFixed(2)},,,`
}

function air(type: string, station: Station, at: number, random: Random): string {
  const rare = random.below(400)
  const hour = Math.cos((2 * Math.PI * at) / daySec)
  const warmth = 4 - 6 * hour + random.below(30) / 10 + station.tooWarm
  const isStuck = at < station.stuckUntil
  const humidity = isStuck ? '99.90' : (70 + 15 * hour + random.below(500) / 100).toFixed(2)
  const pressure = type === 'BME280' ? (102_500 + 400 * hour + random.below(100)).toFixed(2) : ''
  if (rare === 0) return `,,-40.01,${humidity},${pressure}`
  if (rare === 1) return `,,${warmth.toFixed(2)},100.01,${pressure}`
  if (rare === 2) return `,,${warmth.toFixed(2)},,${pressure}`
  if (rare === 3) return `,,-0.00,${humidity},${pressure}`
  if (rare === 4 && type === 'BME280') return `,,${warmth.toFixed(2)},${humidity},0.00`
  // What the library gives that could not read its sensor.
  if (rare === 5) return ',,nan,nan,'
  return `,,${warmth.toFixed(2)},${humidity},${pressure}`
}

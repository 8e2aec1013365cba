/**
 * The end of a series. On disk are the raw values, and of the roll-ups only buckets that end before
 * the newest value; the bucket of each length that holds it is open, kept here and worked out again
 * from the disk where it is not at hand. So a value that comes in order costs one row, and a bucket
 * is written once.
 */
import { after, type Database, prefixOf, tables, timeKey, timeOf } from './keys.js'
import { add, decodeSum, floorTo, levels, merge, merged, type Sum, single } from './rollup.js'
import { lastRows, rows } from './rows.js'

/** One (device, metric) and the beginnings of its keys. */
export interface Series {
  device: string
  metric: string
  raw: Buffer
  /** By level. */
  sums: readonly [Buffer, Buffer, Buffer]
}

/** Never changed once others can see it: a write works on a copy. */
export interface Tail {
  /** Unix seconds and value of the newest point; -1 where there is none. */
  last: number
  value: number
  /** Open buckets by level; empty where there is no point. */
  open: Sum[]
}

export function seriesOf(device: string, metric: string): Series {
  return {
    device,
    metric,
    raw: prefixOf(tables.raw, device, metric),
    sums: [
      prefixOf(tables.minute, device, metric),
      prefixOf(tables.quarter, device, metric),
      prefixOf(tables.hour, device, metric),
    ],
  }
}

export function copyOf(tail: Tail): Tail {
  return { last: tail.last, value: tail.value, open: tail.open.map((sum) => ({ ...sum })) }
}

/**
 * Adds a value newer than all before; buckets that it closes are handed to `close`.
 */
export function append(
  tail: Tail,
  time: number,
  value: number,
  close: (level: number, start: number, sum: Sum) => void,
): void {
  // A minute lies in one bucket of each length: most values are done here.
  const sameMinute = tail.last >= 0 && floorTo(tail.last, 60) === floorTo(time, 60)
  for (let level = 0; level < levels.length; level++) {
    const { sec } = levels[level]!
    const open = tail.open[level]
    if (open === undefined) {
      tail.open[level] = single(value)
    } else if (sameMinute || floorTo(tail.last, sec) === floorTo(time, sec)) {
      add(open, value)
    } else {
      close(level, floorTo(tail.last, sec), open)
      tail.open[level] = single(value)
    }
  }
  tail.last = time
  tail.value = value
}

/** Works the tail out from the disk: the newest raw values and the minutes of their hour. */
export async function loadTail(db: Database, series: Series): Promise<Tail> {
  // Times are whole seconds, so the open minute holds at most 60 values.
  const newest = await lastRows(db, series.raw, after(series.raw), 60)
  if (newest.length === 0) return { last: -1, value: 0, open: [] }
  const [lastKey, lastValue] = newest[0]!
  const last = timeOf(lastKey)
  const minute = floorTo(last, 60)
  const open = newest
    .filter(([key]) => timeOf(key) >= minute)
    .reverse()
    .map(([, value]) => single(value.readDoubleBE(0)))
  const openMinute = merged(open)!
  const openQuarter = { ...openMinute }
  const openHour = { ...openMinute }
  for await (const [start, sum] of storedSums(db, series, 0, floorTo(last, 3600), minute)) {
    merge(openHour, sum)
    if (start >= floorTo(last, 900)) merge(openQuarter, sum)
  }
  return { last, value: lastValue.readDoubleBE(0), open: [openMinute, openQuarter, openHour] }
}

/** Roll-ups of a level on disk that begin in [from, to). */
export async function* storedSums(
  db: Database,
  series: Series,
  level: number,
  from: number,
  to: number,
): AsyncGenerator<[number, Sum]> {
  if (from >= to) return
  const prefix = series.sums[level]!
  for await (const [key, value] of rows(db, timeKey(prefix, from), timeKey(prefix, to))) {
    yield [timeOf(key), decodeSum(value)]
  }
}

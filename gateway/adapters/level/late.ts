/**
 * Values that are not newer than the newest: late ones and replacements. Every bucket they touch is
 * worked out anew, minutes from raw values, quarters and hours from minutes, so that a roll-up is
 * always what its raw values say.
 */
import { type Database, timeKey, timeOf } from './keys.js'
import { floorTo, levels, merged, type Sum, single } from './rollup.js'
import { rows } from './rows.js'
import { type Series, storedSums, type Tail } from './tail.js'

/**
 * Takes `late` (time > value, no time above `tail.last`) into the roll-ups: closed buckets go to
 * `close`, open ones into the tail.
 */
export async function revise(
  db: Database,
  series: Series,
  tail: Tail,
  late: ReadonlyMap<number, number>,
  close: (level: number, start: number, sum: Sum) => void,
): Promise<void> {
  const hours = new Map<number, number[]>()
  for (const time of late.keys()) {
    const hour = floorTo(time, 3600)
    const times = hours.get(hour)
    if (times === undefined) hours.set(hour, [time])
    else times.push(time)
  }
  const put = (level: number, start: number, sum: Sum): void => {
    if (start === floorTo(tail.last, levels[level]!.sec)) tail.open[level] = sum
    else close(level, start, sum)
  }
  for (const [hour, times] of hours) await reviseHour(db, series, tail, late, hour, times, put)
  tail.value = late.get(tail.last) ?? tail.value
}

async function reviseHour(
  db: Database,
  series: Series,
  tail: Tail,
  late: ReadonlyMap<number, number>,
  hour: number,
  times: readonly number[],
  put: (level: number, start: number, sum: Sum) => void,
): Promise<void> {
  const minutes = new Map<number, Sum>()
  for await (const [start, sum] of storedSums(db, series, 0, hour, hour + 3600)) {
    minutes.set(start, sum)
  }
  const openMinute = floorTo(tail.last, 60)
  if (openMinute >= hour && openMinute < hour + 3600) minutes.set(openMinute, tail.open[0]!)
  for (const [start, sum] of await minutesFromRaw(db, series, late, times)) {
    minutes.set(start, sum)
    put(0, start, sum)
  }
  const ordered = [...minutes].sort((a, b) => a[0] - b[0])
  for (const quarter of new Set(times.map((time) => floorTo(time, 900)))) {
    const parts = ordered.filter(([start]) => floorTo(start, 900) === quarter)
    put(1, quarter, merged(parts.map(([, sum]) => sum))!)
  }
  put(2, hour, merged(ordered.map(([, sum]) => sum))!)
}

/** The minutes that hold `times` (all of one hour), from the raw values with `late` over them. */
async function minutesFromRaw(
  db: Database,
  series: Series,
  late: ReadonlyMap<number, number>,
  times: readonly number[],
): Promise<Map<number, Sum>> {
  const dirty = new Set(times.map((time) => floorTo(time, 60)))
  const from = Math.min(...dirty)
  const to = Math.max(...dirty) + 60
  const values = new Map<number, number>()
  for await (const [key, value] of rows(db, timeKey(series.raw, from), timeKey(series.raw, to))) {
    const time = timeOf(key)
    if (dirty.has(floorTo(time, 60))) values.set(time, value.readDoubleBE(0))
  }
  for (const time of times) values.set(time, late.get(time)!)
  const grouped = new Map<number, Sum[]>()
  for (const [time, value] of [...values].sort((a, b) => a[0] - b[0])) {
    const minute = floorTo(time, 60)
    const held = grouped.get(minute)
    if (held === undefined) grouped.set(minute, [single(value)])
    else held.push(single(value))
  }
  return new Map([...grouped].map(([minute, sums]) => [minute, merged(sums)!]))
}

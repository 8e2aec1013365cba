/**
 * The embedded series store. One batch holds the points, the buckets they close and the cursor, so
 * that a crash leaves all of them or none (DESIGN 3). Not synced: after a power cut the database
 * falls back to an earlier batch with its cursor, and the journal fills the gap.
 */
import { assert } from '../../core/failure.js'
import { levelPointsPerTurn, seriesLoadsMax, seriesTailsMax } from '../../core/limits.js'
import type { Bucket, Point, SeriesRange, SeriesStore } from '../../ports/series.js'
import { type Dead, type Group, groupPoints } from './grouping.js'
import {
  after,
  countBytes,
  type Database,
  metaKey,
  prefixOf,
  readCount,
  setTime,
  tables,
  timeKey,
  timeOf,
} from './keys.js'
import { revise } from './late.js'
import { encodeSum, floorTo, levels, Steps, type Sum, single } from './rollup.js'
import { attempt, inTurn, nextTurn, readValue, rows } from './rows.js'
import { append, copyOf, loadTail, type Series, seriesOf, storedSums, type Tail } from './tail.js'

type Known = { series: Series; tail: Tail }
type Touched = { known: Known; group: Group }
type Batch = { put(key: Buffer, value: Buffer): unknown }

const cursorKey = metaKey('series-cursor')
const nothing = Buffer.alloc(0)
/** A batch copies what is put into it, so that one buffer serves for all values. */
const valueBytes = Buffer.alloc(8)

export class LevelSeries implements SeriesStore {
  readonly kind = 'embedded'
  readonly #db: Database
  readonly #tailsMax: number
  /** Oldest use first. */
  readonly #known = new Map<string, Known>()
  readonly #turn = inTurn()

  constructor(db: Database, tailsMax = seriesTailsMax) {
    this.#db = db
    this.#tailsMax = tailsMax
  }

  async prepare(): Promise<void> {}

  async cursor(): Promise<number> {
    const stored = await readValue(this.#db, cursorKey)
    return stored === undefined ? 0 : readCount(stored)
  }

  write(points: readonly Point[], cursor: number): Promise<{ dead: Dead[] }> {
    return this.#turn(() => attempt('writing the series', () => this.#write(points, cursor)))
  }

  async #write(points: readonly Point[], cursor: number): Promise<{ dead: Dead[] }> {
    const { groups, dead } = groupPoints(points)
    const touched = await this.#openAll(groups)
    const batch = this.#db.batch()
    let done = 0
    try {
      for (const { known, group } of touched) {
        if (known.tail.last < 0) batch.put(directoryKey(known.series), nothing)
        known.tail = copyOf(known.tail)
        await this.#addTo(known.series, known.tail, group, batch)
        done += group.times.length
        if (done < levelPointsPerTurn) continue
        done = 0
        await nextTurn()
      }
      batch.put(cursorKey, countBytes(cursor))
      await batch.write()
    } catch (error) {
      await batch.close()
      throw error
    }
    // Readers see the new ends only now: until here the disk and the old ones belong together.
    for (const { known } of touched) this.#keep(known)
    return { dead }
  }

  /** The ends of all series of a write; several are read at once, since after a start none is held. */
  async #openAll(groups: readonly Group[]): Promise<Touched[]> {
    const touched: Touched[] = []
    let missing: Promise<Touched>[] = []
    for (const group of groups) {
      const { device, metric } = group
      const held = this.#known.get(`${device}\0${metric}`)
      if (held !== undefined) touched.push({ known: { ...held }, group })
      else missing.push(this.#open(device, metric).then((known) => ({ known, group })))
      if (missing.length < seriesLoadsMax) continue
      touched.push(...(await Promise.all(missing)))
      missing = []
    }
    touched.push(...(await Promise.all(missing)))
    return touched
  }

  async #addTo(series: Series, tail: Tail, group: Group, batch: Batch): Promise<void> {
    const { times, values } = group
    const close = (level: number, start: number, sum: Sum): void => {
      batch.put(timeKey(series.sums[level]!, start), encodeSum(sum))
    }
    const key = timeKey(series.raw, 0)
    let previous = tail.last
    let inOrder = true
    for (let i = 0; i < times.length; i++) {
      const time = times[i]!
      setTime(key, time)
      valueBytes.writeDoubleBE(values[i]!)
      batch.put(key, valueBytes)
      inOrder &&= time > previous
      previous = time
    }
    if (inOrder) for (let i = 0; i < times.length; i++) append(tail, times[i]!, values[i]!, close)
    else await this.#addUnordered(series, tail, group, close)
  }

  /** The last value of each second counts; those not newer than the newest one touch old buckets. */
  async #addUnordered(
    series: Series,
    tail: Tail,
    { times, values }: Group,
    close: (level: number, start: number, sum: Sum) => void,
  ): Promise<void> {
    const late = new Map<number, number>()
    const fresh = new Map<number, number>()
    for (const [i, time] of times.entries()) (time > tail.last ? fresh : late).set(time, values[i]!)
    if (late.size > 0) await revise(this.#db, series, tail, late, close)
    for (const [time, value] of [...fresh].sort((a, b) => a[0] - b[0]))
      append(tail, time, value, close)
  }

  async range(range: SeriesRange, limit: number): Promise<{ time: number; value: number }[]> {
    const { raw } = seriesOf(range.device, range.metric)
    const out: { time: number; value: number }[] = []
    if (range.from >= range.to || limit <= 0) return out
    const found = rows(this.#db, timeKey(raw, range.from), timeKey(raw, range.to), limit)
    for await (const [key, value] of found) {
      out.push({ time: timeOf(key), value: value.readDoubleBE(0) })
    }
    return out
  }

  async downsample(range: SeriesRange, stepSec: number): Promise<Bucket[]> {
    assert(Number.isSafeInteger(stepSec) && stepSec > 0, 'a step is a whole number of seconds')
    const coarsest = levels.findLastIndex(({ sec }) => stepSec % sec === 0)
    const steps = new Steps(stepSec)
    // Taken before the disk is read: a bucket that closes meanwhile is then not counted twice.
    const known = await this.#open(range.device, range.metric)
    await this.#cover(known, range.from, range.to, coarsest, steps)
    return steps.buckets()
  }

  /** Feeds [from, to) from the coarsest whole buckets, the rest at both ends from finer ones. */
  async #cover(known: Known, from: number, to: number, level: number, steps: Steps): Promise<void> {
    if (from >= to) return
    const { series, tail } = known
    if (level < 0) {
      for await (const [key, value] of rows(
        this.#db,
        timeKey(series.raw, from),
        timeKey(series.raw, to),
      )) {
        steps.feed(timeOf(key), single(value.readDoubleBE(0)))
      }
      return
    }
    const { sec } = levels[level]!
    const first = floorTo(from + sec - 1, sec)
    const end = floorTo(to, sec)
    if (first >= end) return this.#cover(known, from, to, level - 1, steps)
    await this.#cover(known, from, first, level - 1, steps)
    const open = tail.last < 0 ? -1 : floorTo(tail.last, sec)
    for await (const [start, sum] of storedSums(
      this.#db,
      series,
      level,
      first,
      Math.min(end, Math.max(open, first)),
    )) {
      steps.feed(start, sum)
    }
    if (open >= first && open < end) steps.feed(open, tail.open[level]!)
    await this.#cover(known, end, to, level - 1, steps)
  }

  async latest(device: string): Promise<{ metric: string; time: number; value: number }[]> {
    const out: { metric: string; time: number; value: number }[] = []
    for await (const { metric } of this.#directory(prefixOf(tables.directory, device))) {
      const { tail } = await this.#open(device, metric)
      if (tail.last >= 0) out.push({ metric, time: tail.last, value: tail.value })
    }
    return out
  }

  /** Works in whole hours: an hour that begins before `oldest` and ends after it stays. */
  async retain(oldest: number, signal?: AbortSignal): Promise<void> {
    const end = Math.max(0, floorTo(oldest, 3600))
    for await (const { device, metric } of this.#directory(Buffer.from(tables.directory))) {
      if (signal?.aborted) return
      await this.#turn(() => attempt('removing old points', () => this.#trim(device, metric, end)))
    }
  }

  async #trim(device: string, metric: string, end: number): Promise<void> {
    const { series, tail } = await this.#open(device, metric)
    if (tail.last < end) {
      this.#known.delete(nameOf(series))
      await this.#db.del(directoryKey(series))
    }
    for (const prefix of [series.raw, ...series.sums]) {
      await this.#db.clear({ gte: timeKey(prefix, 0), lt: timeKey(prefix, end) })
    }
  }

  async close(): Promise<void> {
    await this.#turn(async () => {})
  }

  async *#directory(prefix: Buffer): AsyncGenerator<{ device: string; metric: string }> {
    for await (const [key] of rows(this.#db, prefix, after(prefix))) {
      const [device, metric] = key.toString('latin1', 1).split('\0')
      yield { device: device!, metric: metric! }
    }
  }

  async #open(device: string, metric: string): Promise<Known> {
    const held = this.#known.get(`${device}\0${metric}`)
    if (held !== undefined) return held
    const series = seriesOf(device, metric)
    return { series, tail: await loadTail(this.#db, series) }
  }

  #keep(known: Known): void {
    const name = nameOf(known.series)
    this.#known.delete(name)
    this.#known.set(name, known)
    if (this.#known.size <= this.#tailsMax) return
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest)
      return
    }
  }
}

function directoryKey(series: Series): Buffer {
  return prefixOf(tables.directory, series.device, series.metric)
}

function nameOf(series: Series): string {
  return `${series.device}\0${series.metric}`
}

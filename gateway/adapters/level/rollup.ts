/**
 * Roll-ups: mean, min, max and count of a series per minute, quarter of an hour and hour. Each
 * length divides the next, so that a coarse bucket is the merger of finer ones.
 */
import type { Bucket } from '../../ports/series.js'
import { tables } from './keys.js'

/** Seconds of a bucket and its table, finest first. */
export const levels = [
  { sec: 60, table: tables.minute },
  { sec: 900, table: tables.quarter },
  { sec: 3600, table: tables.hour },
] as const

/** Values of one bucket, summed up. */
export interface Sum {
  sum: number
  min: number
  max: number
  count: number
}

export const sumBytes = 28

/** A bucket of one value. */
export function single(value: number): Sum {
  return { sum: value, min: value, max: value, count: 1 }
}

/** Adds one value. */
export function add(sum: Sum, value: number): void {
  sum.sum += value
  if (value < sum.min) sum.min = value
  if (value > sum.max) sum.max = value
  sum.count += 1
}

/** Adds another bucket. */
export function merge(into: Sum, other: Sum): void {
  into.sum += other.sum
  if (other.min < into.min) into.min = other.min
  if (other.max > into.max) into.max = other.max
  into.count += other.count
}

/** The merger of some buckets, `undefined` of none. */
export function merged(sums: Iterable<Sum>): Sum | undefined {
  let out: Sum | undefined
  for (const sum of sums) {
    if (out === undefined) out = { ...sum }
    else merge(out, sum)
  }
  return out
}

/** 28 bytes: sum, min, max as doubles, count in 4 bytes. */
export function encodeSum(sum: Sum): Buffer {
  const bytes = Buffer.allocUnsafe(sumBytes)
  bytes.writeDoubleBE(sum.sum, 0)
  bytes.writeDoubleBE(sum.min, 8)
  bytes.writeDoubleBE(sum.max, 16)
  bytes.writeUInt32BE(sum.count, 24)
  return bytes
}

export function decodeSum(bytes: Buffer): Sum {
  return {
    sum: bytes.readDoubleBE(0),
    min: bytes.readDoubleBE(8),
    max: bytes.readDoubleBE(16),
    count: bytes.readUInt32BE(24),
  }
}

/** Start of the bucket of `sec` seconds that holds `time`. */
export function floorTo(time: number, sec: number): number {
  return time - (time % sec)
}

/** Gathers buckets that come in order of time into steps. */
export class Steps {
  readonly #stepSec: number
  readonly #out: { time: number; sum: Sum }[] = []

  constructor(stepSec: number) {
    this.#stepSec = stepSec
  }

  /** `time`: start of a bucket that lies in one step, or of a single value. */
  feed(time: number, sum: Sum): void {
    const start = floorTo(time, this.#stepSec)
    const last = this.#out.at(-1)
    if (last?.time === start) merge(last.sum, sum)
    else this.#out.push({ time: start, sum: { ...sum } })
  }

  buckets(): Bucket[] {
    return this.#out.map(({ time, sum }) => ({
      time,
      mean: sum.sum / sum.count,
      min: sum.min,
      max: sum.max,
      count: sum.count,
    }))
  }
}

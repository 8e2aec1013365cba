/**
 * Quality checks (PROTOCOL 6.5) in the manner of QARTOD: `spike`, `flat` and `near`, each on the raw
 * value and none on another check's flag. What they apply to and their bounds are the metric table's
 * (PROTOCOL 3); a range check is not among them, for a value out of range never enters the log.
 */
import type { Metric } from '../metric.js'
import { nanosPerUnit } from '../senml/decimal.js'
import type { Column } from './column.js'
import type { Bounds } from './neighbours.js'
import { wholeBp } from './ruleset.js'

export type Flag = 'spike' | 'flat' | 'near'

/** Intervals back to which a value counts as the previous one. */
const spikeIntervals = 3
/** Seconds in which a value must change, and values that must stand in them. */
const flatSec = 6 * 3_600
const flatValuesMin = 12

/** Values of one device and metric that count in the epoch; a value may have several flags. */
export interface ColumnQuality {
  values: number
  /** Values without a flag. */
  good: number
  spike: number
  flat: number
  near: number
}

/** Whether the metric of an outdoor device has a check; an indoor one's has none. */
export function isChecked(metric: Metric): boolean {
  return metric.spike !== null || metric.near !== null || metric.flat
}

/** Seconds of history before an epoch that its checks look at. */
export function historySec(intervalSec: number): number {
  return Math.max(flatSec, spikeIntervals * intervalSec)
}

/** Judges the own values of a column. `boundsAt`: what others say of a time, where they say it. */
export function judgeColumn(
  column: Column,
  metric: Metric,
  intervalSec: number,
  boundsAt: (time: number) => Bounds | undefined,
): ColumnQuality {
  const { times, nanos, own } = column
  const quality: ColumnQuality = { values: 0, good: 0, spike: 0, flat: 0, near: 0 }
  const runs = new FlatRuns(column)
  for (let i = 0; i < times.length; i++) {
    const isFlat = runs.isFlat(i) && metric.flat
    if (own[i] === 0) continue
    const isSpike = metric.spike !== null && jumps(column, i, metric.spike, intervalSec)
    const bounds = metric.near === null ? undefined : boundsAt(times[i]!)
    const isNear = bounds !== undefined && (nanos[i]! < bounds.min || nanos[i]! > bounds.max)
    quality.values++
    if (isSpike) quality.spike++
    if (isFlat) quality.flat++
    if (isNear) quality.near++
    if (!isSpike && !isFlat && !isNear) quality.good++
  }
  return quality
}

/** A column without checks: every own value is good. */
export function unjudgedColumn({ own }: Column): ColumnQuality {
  const values = own.reduce((sum, one) => sum + one, 0)
  return { values, good: values, spike: 0, flat: 0, near: 0 }
}

/** `spike`: differs by more than the bound from the previous value, at most 3 intervals older. */
function jumps({ times, nanos }: Column, i: number, spike: number, intervalSec: number): boolean {
  if (i === 0 || times[i]! - times[i - 1]! > spikeIntervals * intervalSec) return false
  return Math.abs(nanos[i]! - nanos[i - 1]!) > spike * nanosPerUnit
}

/** Asked for each value in order, so that the window of 6 hours is walked once. */
class FlatRuns {
  readonly #column: Column
  /** First value of the last 6 hours. */
  #oldest = 0
  /** First of the equal values that end before the one asked for. */
  #runFrom = 0

  constructor(column: Column) {
    this.#column = column
  }

  /** `flat`: value i equals all earlier values of the last 6 hours, and those are at least 12. */
  isFlat(i: number): boolean {
    const { times, nanos } = this.#column
    while (times[this.#oldest]! < times[i]! - flatSec) this.#oldest++
    if (i > 0 && nanos[i] !== nanos[i - 1]) this.#runFrom = i
    return i - this.#oldest >= flatValuesMin && this.#runFrom <= this.#oldest
  }
}

/**
 * floor(10000 good / values) over the checked metrics; 10000 where only unchecked ones have values,
 * 0 where nothing has any.
 */
export function qualityBp(
  checked: { values: number; good: number },
  hasUnchecked: boolean,
): number {
  if (checked.values > 0) return Math.floor((wholeBp * checked.good) / checked.values)
  return hasUnchecked ? wholeBp : 0
}

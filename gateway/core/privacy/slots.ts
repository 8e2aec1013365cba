/** Publication slots (PROTOCOL 7.2): which windows of which metrics are due at which second. */
import type { MetricName } from '../metric.js'
import { daySec } from './steps.js'
import { dayOf, publicationOf, windowsDue } from './windows.js'

const hourSec = 3_600

/** A window of a metric; seconds. */
export interface MetricWindow {
  readonly metric: MetricName
  readonly step: number
  readonly t: number
}

export interface Slot {
  /** Unix seconds. */
  readonly p: number
  readonly windows: readonly MetricWindow[]
}

/** The steps in force on a day (counted from 1970), by metric. */
export type StepsOfDay = (day: number) => ReadonlyMap<MetricName, number>

/**
 * The slots with from <= P < to, in order. A window belongs to the day in which it begins, and its
 * step is that of this day. Worked out for a day at a time: a year away is a great many slots.
 */
export function* slotsDue(steps: StepsOfDay, from: number, to: number): Generator<Slot> {
  for (let start = from; start < to; ) {
    const end = Math.min(to, (dayOf(start) + 1) * daySec)
    yield* slotsOf(steps, start, end)
    start = end
  }
}

/** The first slot at `from` or later. */
export function nextSlot(steps: StepsOfDay, from: number): Slot {
  // An hour at a time: a day of windows of a minute is much to work out for its first one.
  for (let start = from; ; start += hourSec) {
    const { value } = slotsDue(steps, start, start + hourSec).next()
    if (value !== undefined) return value
  }
}

function slotsOf(steps: StepsOfDay, from: number, to: number): Slot[] {
  const slots = new Map<number, MetricWindow[]>()
  // The longest window is published at most 900 s after it ended: it began the day before.
  for (let day = dayOf(from) - 2; day <= dayOf(to); day++) {
    for (const [metric, step] of steps(day)) {
      for (const t of windowsDue(step, from, to)) {
        if (dayOf(t) !== day) continue
        const p = publicationOf(step, t)
        const windows = slots.get(p) ?? []
        windows.push({ metric, step, t })
        slots.set(p, windows)
      }
    }
  }
  return [...slots].sort(([a], [b]) => a - b).map(([p, windows]) => ({ p, windows }))
}

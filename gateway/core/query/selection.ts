/** What rows a query selects (PROTOCOL 8), and the stretch of keys that one cell of it is. */
import type { MetricName } from '../metric.js'
import { formatRowKey, type RowKey } from '../privacy/rowKey.js'
import { firstWindowDue, publicationOf } from '../privacy/windows.js'

export interface Selection {
  readonly metric: MetricName
  /** Labels, ascending, each once. */
  readonly cells: readonly string[]
  /** Seconds. */
  readonly step: number
  /** Windows with from <= t < to, Unix seconds of ten digits. */
  readonly from: number
  readonly to: number
}

/** Whether two select the same rows by the same words. */
export function isSameSelection(a: Selection, b: Selection): boolean {
  if (a.metric !== b.metric || a.step !== b.step || a.from !== b.from || a.to !== b.to) return false
  return a.cells.length === b.cells.length && a.cells.every((cell, i) => cell === b.cells[i])
}

/** Whether a key is that of a row of the selection. */
export function selects(selection: Selection, key: RowKey): boolean {
  const { metric, cells, step, from, to } = selection
  if (key.metric !== metric || key.step !== step || !cells.includes(key.cell)) return false
  return key.t >= from && key.t < to
}

/** The key of a place in time of one cell of the selection. */
export function keyAt({ metric, step }: Selection, cell: string, t: number): string {
  return formatRowKey({ metric, cell, step, t })
}

/** Start of the first aligned window at `time` or later. */
export function alignedFrom(step: number, time: number): number {
  return Math.ceil(time / step) * step
}

/** A stretch of time in which an epoch holds its publications. */
export interface EpochTimes {
  readonly from: number
  readonly to: number
}

/** Index of the first of ordered rows whose key is `key` or behind it. */
export function indexOfKey(rows: readonly { readonly key: string }[], key: string): number {
  let [low, high] = [0, rows.length]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (rows[middle]!.key >= key) high = middle
    else low = middle + 1
  }
  return low
}

/** The first window of the selection from `t` on that is published at the end of an epoch or later. */
export function windowBehind({ step }: Selection, t: number, { to }: EpochTimes): number {
  return Math.max(t, firstWindowDue(step, to))
}

/** Whether an epoch holds the publication of window `t`. */
export function holds({ step }: Selection, t: number, { from, to }: EpochTimes): boolean {
  const published = publicationOf(step, t)
  return from <= published && published < to
}

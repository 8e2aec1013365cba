import type { MetricName } from '../core/metric.js'
import type { AggregateRow } from '../core/privacy/row.js'

/** A row that was released: durable before it was published, and the same bytes for ever. */
export interface ReleasedRow {
  /** `metric|cell|step|t`. */
  readonly key: string
  readonly row: AggregateRow
  /** Canonical JSON: what buyers get, what is hashed. */
  readonly text: string
  /** P, Unix seconds. */
  readonly publishedSec: number
}

/** Rows of one metric and length of window, of one label. */
export interface RowSeries {
  readonly metric: MetricName
  readonly cell: string
  /** Seconds. */
  readonly step: number
}

/** What is released of a metric. */
export interface Offer {
  readonly metric: MetricName
  readonly unit: string
  readonly class: 'environment' | 'personal'
  /** Length of the windows today, seconds. */
  readonly step: number
  /** Labels that have rows of that step, ascending. */
  readonly cells: readonly string[]
}

/**
 * The published rows. Everything here may be shown to who pays for it; what is drawn and not
 * published yet is not here. Reads are from the embedded index; they reject with
 * Failure('data') where it is damaged.
 */
export interface ReleasedRows {
  /** Rows with from <= t < to (Unix seconds), ascending, at most `limit`. */
  range(series: RowSeries, from: number, to: number, limit: number): Promise<ReleasedRow[]>
  /** How many `range` has without a limit, and how many of them are not withheld. */
  count(series: RowSeries, from: number, to: number): Promise<{ rows: number; priced: number }>
  /** The newest row; `undefined` where there is none. */
  latest(series: RowSeries): Promise<ReleasedRow | undefined>
  /** What is released of one metric; `undefined` for one that never is. In memory. */
  offer(metric: MetricName): Offer | undefined
  /** One for each metric that is released, in the order of the metric table. In memory. */
  offers(): readonly Offer[]
  /** Lengths of windows of which the metric has rows, and today's; seconds, ascending. In memory. */
  steps(metric: MetricName): readonly number[]
  /**
   * Calls the listener with the rows of each slot as they are published, until the returned function
   * is called. They go to `live/` topics once all listeners have resolved; none may reject.
   */
  watch(listener: (rows: readonly ReleasedRow[]) => void | Promise<void>): () => void
}

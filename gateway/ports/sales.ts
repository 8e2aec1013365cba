import type { MetricName } from '../core/metric.js'

/** What one charge was for: every priced row of a label between two windows, both included. */
export interface SoldRows {
  readonly metric: MetricName
  readonly cell: string
  /** Seconds. */
  readonly step: number
  /** Start of the first and of the last window, Unix seconds. */
  readonly first: number
  readonly last: number
  /** Credits for each row. */
  readonly price: number
  /** Priced rows between them: withheld ones are free. */
  readonly rows: number
}

/**
 * The sales in the ledger of credits, for the close of an epoch: each is counted in one epoch, the
 * one whose cut is the first at or behind it.
 */
export interface Sales {
  /** Records of the ledger that are durable. */
  readonly size: number
  /** What was sold in the records [from, to), in their order. */
  scan(from: number, to: number): AsyncIterable<SoldRows>
}

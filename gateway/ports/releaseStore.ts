import type { RowKey } from '../core/privacy/rowKey.js'
import type { RowSeries } from './releases.js'

/** A row's record as it stands in the log of releases (core/privacy/record.ts). */
export interface IndexedRow extends RowKey {
  /** JSON text of the record. */
  readonly text: string
}

/**
 * Finds rows. Derived from the log of releases, in the embedded database: where it is lost or behind, it is filled
 * again at the start. One writer. Rejects with Failure('unavailable') where the database cannot be used.
 */
export interface RowIndex {
  /** Records of the log that are in it. */
  readonly size: number
  /** The newest slot that is marked as done, Unix seconds; 0 for none. */
  readonly doneSec: number
  /** Adds rows; `size`, `doneSec`: what it knows then. One step, not synced. */
  add(rows: readonly IndexedRow[], size: number, doneSec: number): Promise<void>
  get(key: RowKey): Promise<IndexedRow | undefined>
  /** Rows of a series with from <= t < to, ascending, at most `limit`. */
  range(series: RowSeries, from: number, to: number, limit: number): Promise<IndexedRow[]>
  /** The newest row of a series with t < before. */
  latest(series: RowSeries, before: number): Promise<IndexedRow | undefined>
  /** Rows with from <= P < to, by P. */
  inSlots(from: number, to: number): AsyncIterable<IndexedRow>
  /** Every series that has a row. */
  series(): Promise<RowSeries[]>
}

/** Keeps each day's rosters as JSON; what is saved for a metric of a day never changes. */
export interface RosterStore {
  /** Windows that began before are never drawn (again): a restore sets it. Unix seconds, 0 for none. */
  readonly fromSec: number
  /** What was saved for a day (counted from 1970); `undefined` for none. Rejects with Failure('data'). */
  load(day: number): Promise<Readonly<Record<string, unknown>> | undefined>
  /** Replaces what is saved for a day. Durable on resolve. */
  save(day: number, byMetric: Readonly<Record<string, unknown>>): Promise<void>
}

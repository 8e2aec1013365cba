import type { AggregateRow } from '../core/privacy/row.js'

/**
 * Published rows in a database beside the gateway's own store, for charts. Rebuilt from the log of
 * releases where lost. Every call rejects with Failure('unavailable') where the database does not
 * answer: try again later.
 */
export interface RowStore {
  /** Creates what is missing. */
  prepare(): Promise<void>
  /** Records of the log of releases that are stored; asked before each write, for it may fall back. */
  cursor(): Promise<number>
  /**
   * Stores rows, then moves the cursor from `from` to `next`; it stays where somebody has set it
   * back meanwhile. Idempotent. Resolves with the rows that the store refuses for ever.
   */
  write(rows: readonly AggregateRow[], from: number, next: number): Promise<{ dead: RefusedRow[] }>
  close(): Promise<void>
}

export interface RefusedRow {
  row: AggregateRow
  /** The store's words. */
  error: string
}

import type { EpochJson } from '../core/log/epoch.js'

/** All that is published of a closed epoch; the texts are served byte for byte as they stand here. */
export interface EpochFiles {
  record: EpochJson
  /** One canonical row a line, by device. */
  contributions: string
  /** One line a released row (PROTOCOL 9). */
  aggregates: string
  /** JSON: the owners' cumulative tree with its proofs. */
  rewards: string
}

/**
 * The closed epochs, numbered from 1 without a gap. What is here is durable, its record is an entry
 * of the log, and it never changes: a second reading gives the same bytes for ever.
 */
export interface Settlements {
  /** Closed epochs. */
  readonly count: number
  /** `undefined` for a number that is not closed. Rejects with Failure('data') on a damaged store. */
  read(n: number): Promise<EpochFiles | undefined>
  /** The record of the epoch that owns an entry of the log; `undefined` while it is open. */
  owning(index: number): Promise<EpochJson | undefined>
}

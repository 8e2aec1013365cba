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
  /** The record alone, which is small. */
  record(n: number): Promise<EpochJson | undefined>
  /** The record of the epoch that owns an entry of the log; `undefined` while it is open. */
  owning(index: number): Promise<EpochJson | undefined>
}

/** Of a closed epoch, for the next one alone. */
export interface EpochPrivate {
  /** Seconds between readings of the devices that were active at its end, by device id. */
  intervals: Record<string, number>
  /** Records of the ledger of credits that are counted in it and in those before; absent: none. */
  sold?: number
}

export interface SavedEpoch extends EpochFiles {
  private: EpochPrivate
}

/**
 * Numbers that were published by an earlier log of this gateway and whose entries went with it. Of the
 * last one, record and claims were given back.
 */
export interface LostEpochs {
  from: number
  to: number
}

/** Refused messages after a good signature in the open epoch: by device, then by reason. */
export type Refusals = Record<string, Record<string, number>>

/**
 * Keeps what epochs came to. One writer. An epoch is saved before its record goes into the log, so
 * the newest one here may be ahead of the log by a crash; it is then appended with these bytes.
 */
export interface SettlementStore {
  /** When the first epoch begins, Unix seconds: the argument at the first call ever, then that. */
  begin(nowSec: number): Promise<number>
  /** Number of the newest saved epoch, 0 where there is none. */
  readonly newest: number
  load(n: number): Promise<SavedEpoch | undefined>
  /** What the next epoch follows: the newest one, also where only that much of it is left. */
  last(): Promise<Pick<SavedEpoch, 'record' | 'rewards' | 'private'> | undefined>
  /** Epochs of an earlier log that a restore could not bring back; none where `undefined`. */
  readonly lost: LostEpochs | undefined
  /** Whether an epoch is one of these. */
  isLost(n: number): boolean
  loadRecord(n: number): Promise<EpochJson | undefined>
  /** The epochs after `newest`, in order. After a crash a first part of them is there, each whole. */
  save(epochs: readonly SavedEpoch[]): Promise<void>
  /** Refusals of epoch `n`, as they were last saved; none where those of another one were. */
  loadRefusals(n: number): Promise<Refusals>
  saveRefusals(n: number, refusals: Refusals): Promise<void>
}

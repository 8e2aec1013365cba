/** Witnesses of logs (schemas/witness.md): what one keeps, and how a gateway asks one. */
import type { ForkEvidence } from '../core/log/fork.js'
import type { Witnessed } from '../core/log/witnessRule.js'

/** What a witness has cosigned last, log by log. One writer. */
export interface WitnessLedger {
  /** From memory; `undefined` where it never cosigned a checkpoint of that log. */
  lastOf(origin: string): Witnessed | undefined
  /** Durable on resolve; a crash leaves the old state or the new one. Rejects where the disk fails. */
  save(origin: string, next: Witnessed): Promise<void>
}

/** Keeps evidence of forks; bounded for each log. Durable on resolve. */
export interface ForkStore {
  /** Name of the file it is in, `undefined` where there is enough of this log already. */
  keep(fork: ForkEvidence): Promise<string | undefined>
}

/** What a witness answered to add-checkpoint. */
export type WitnessAnswer =
  /** Signature lines, not verified yet. */
  | { kind: 'cosigned'; lines: string }
  /** The size it has cosigned last. */
  | { kind: 'conflict'; size: number }
  | { kind: 'refused'; status: number; detail: string }

/** A witness somewhere else. */
export interface WitnessPeer {
  /**
   * Sends the body of an add-checkpoint request. Rejects with Failure('unavailable') where the
   * witness cannot be reached, is overloaded, or does not answer in `witnessAnswerMsMax`.
   */
  add(body: string): Promise<WitnessAnswer>
}

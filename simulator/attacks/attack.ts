/** What an attack is, and what came of it. */
import type { ContributionRow } from '../../gateway/core/rewards/statement.js'
import type { Rig } from './rig.js'

/** How an attack ends where the gateway, or whoever checks it, holds. */
export type Ending =
  /** With a reason code (PROTOCOL 2.2). */
  | 'refused'
  /** Accepted, and marked in the row of the epoch. */
  | 'flagged'
  /** Nothing is gained over being honest. */
  | 'worthless'
  /** With a file that convinces a third party. */
  | 'evidence'

export interface Outcome {
  attack: string
  ending: Ending
  /** The reason code, flag, rule or check that ended it. */
  by: string
  /** What was tried and seen, in words. */
  detail: string
  /** False: the attack worked. */
  held: boolean
}

/** A closed epoch's rows by device. */
export type Rows = ReadonlyMap<string, ContributionRow>

export type Attack = { what: string; by: string; ending: Ending } & (
  | {
      /** By devices or owners, over the wire. What it returns is asked once the epoch is closed. */
      on: 'wire'
      run(rig: Rig): Promise<(rows: Rows) => Seen>
    }
  | {
      /** By an operator with a log of its own; needs no gateway. */
      on: 'paper'
      run(): Seen | Promise<Seen>
    }
)

export interface Seen {
  held: boolean
  detail: string
}

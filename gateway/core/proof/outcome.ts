/** What a proof file says of its reading once every link holds: for people, and for `--json`. */
import type { ProofFile } from './proofFile.js'

/** Amounts in base units, as text. */
export interface Outcome {
  /** Number of the epoch. */
  epoch: number
  /** False where the reading arrived too late: logged, not counted. */
  counted: boolean
  /** Of the device's row. */
  owner: string
  accepted: number
  expected: number
  late: number
  weight: number
  paid: string
  /** What the owner has earned since the first epoch; `undefined` where that is nothing. */
  earned: { token: string; cumulative: string } | undefined
}

/** `undefined` while the epoch is open. */
export function outcomeOf({ contribution, reward }: ProofFile): Outcome | undefined {
  if (contribution === undefined) return undefined
  const { row, reading } = contribution
  const { epoch, owner, accepted, expected, late, weight, paid } = row
  const earned = reward && { token: reward.token, cumulative: reward.cumulative }
  const counted = reading !== undefined
  return { epoch, counted, owner, accepted, expected, late, weight, paid, earned }
}

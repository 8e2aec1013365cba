import type { Reason, Verdict } from '../../../gateway/core/verdict.js'
import type { SignedKind } from '../../../gateway/ports/intake.js'
import { testNetwork } from '../../support/mqttDevice.js'

/** The network of every message here that is not wrong in just that. */
export const network = testNetwork

/** What a message is made from at the moment when it is sent. */
export interface Moment {
  /** Unix seconds. */
  nowSec: number
  /** Highest accepted sequence of the device. */
  highest: number
  /** Accepted readings of the device: one far below the window, and the one of `highest`. */
  first: Uint8Array
  last: Uint8Array
}

/** A signed message that is sent over MQTT and over serial, and what each answers. */
export interface SignedCase {
  name: string
  kind: SignedKind
  mqtt: Verdict
  serial: Verdict
  /** Whose MQTT session sends it; the device of the vectors where absent. */
  session?: 'rotated'
  make(moment: Moment): Uint8Array
}

/** A reading at a time relative to now that both ways refuse alike. */
export function refused(
  kind: SignedKind,
  reason: Verdict,
  rows: readonly [name: string, make: (moment: Moment) => Uint8Array][],
): SignedCase[] {
  return rows.map(([name, make]) => ({ name, kind, mqtt: reason, serial: reason, make }))
}

/** Counts that a case adds to the gateway's, by reason. */
export type Counts = Partial<Record<Reason | string, number>>

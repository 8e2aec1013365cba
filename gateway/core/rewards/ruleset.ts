/**
 * Ruleset 1 (PROTOCOL 6.5): its numbers, and the hash by which an epoch record names it. Changing
 * one makes another ruleset with another hash.
 */
import { utf8 } from '../bytes.js'
import { sha256 } from '../crypto.js'
import { canonicalJson } from '../json.js'

/** Basis points in a whole. */
export const wholeBp = 10_000

export const ruleset = {
  /** Share of the pool that one row can get at most, basis points. */
  capBp: 2_500,
  /** Owners up to which a cell earns more with each. */
  capOwners: 10,
  /** Arrival after a reading's time from which it is late, seconds. */
  lateS: 600,
  ruleset: 1,
  /** Slots of an epoch at most. */
  slots: 12,
  /** Share of the expected messages that makes a slot valid, basis points. */
  validBp: 7_500,
} as const

/** SHA-256 of the ruleset's canonical JSON, 32 bytes (PROTOCOL 6.3, claim 14). */
export function rulesetHash(): Uint8Array {
  return sha256(utf8(canonicalJson(ruleset)))
}

import type { Reason } from '../../gateway/core/verdict.js'

/** A hostile message and its one reason code. */
export interface Case {
  name: string
  reason: Reason
  bytes: Uint8Array
}

/** Cases of one reason from names and bytes. */
export function casesOf(reason: Reason, rows: readonly [string, Uint8Array][]): Case[] {
  return rows.map(([name, bytes]) => ({ name, reason, bytes }))
}

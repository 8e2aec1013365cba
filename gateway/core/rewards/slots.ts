/** Slots of an epoch and the uptime that they show (PROTOCOL 6.5). All times in Unix seconds. */
import { assert } from '../failure.js'
import { ruleset, wholeBp } from './ruleset.js'

/** Half-open: from <= t < to. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** How an epoch is cut for devices of one interval. */
export interface Slotting extends Span {
  /** L: length of every slot but the last, which also takes what is left over. */
  readonly slotSec: number
  /** S: slots. */
  readonly slots: number
  /** e: messages that a device is expected to send in a slot. */
  readonly perSlot: number
}

/** Shortest slot, seconds. */
const slotSecMin = 60

/** L = max(60, interval, ceil(len/12)); S = max(1, floor(len/L)); e = max(1, floor(L/interval)). */
export function slotting(span: Span, intervalSec: number): Slotting {
  const length = span.to - span.from
  assert(Number.isSafeInteger(length) && length > 0, 'an epoch ends after it begins')
  assert(Number.isSafeInteger(intervalSec) && intervalSec > 0, 'an interval is whole seconds')
  const slotSec = Math.max(slotSecMin, intervalSec, Math.ceil(length / ruleset.slots))
  return {
    from: span.from,
    to: span.to,
    slotSec,
    slots: Math.max(1, Math.floor(length / slotSec)),
    perSlot: Math.max(1, Math.floor(slotSec / intervalSec)),
  }
}

/** Index of the slot of a time; what is before or after the epoch falls in the first or last. */
export function slotOf({ from, slotSec, slots }: Slotting, time: number): number {
  return Math.min(slots - 1, Math.max(0, Math.floor((time - from) / slotSec)))
}

/** Messages expected of a device: S e. */
export function expectedMessages({ slots, perSlot }: Slotting): number {
  return slots * perSlot
}

/**
 * floor(10000 v/S) of v valid slots, 0 where fewer than half are. A slot is valid from 75% of what
 * is expected in it. `counts`: counted messages per slot.
 */
export function uptimeBp({ slots, perSlot }: Slotting, counts: readonly number[]): number {
  assert(counts.length === slots, 'there is one count per slot')
  const valid = counts.filter((count) => count * wholeBp >= ruleset.validBp * perSlot).length
  return 2 * valid < slots ? 0 : Math.floor((wholeBp * valid) / slots)
}

/** What the journal's tests share. */

import { type JournalOptions, openJournal } from '../../../gateway/adapters/journal/journal.js'
import type { Cut } from '../../../gateway/adapters/journal/recovery.js'
import type { Failure } from '../../../gateway/core/failure.js'
import { leafHash } from '../../../gateway/core/log/tree.js'
import type { Clock } from '../../../gateway/ports/clock.js'
import type { DroppedEntry, Entry, Journal, NewEntry } from '../../../gateway/ports/journal.js'

export const folder = '/data/journal'

/** A clock that a test moves. */
export function testClock(): Clock & { atMs: number } {
  return {
    atMs: 1_762_000_000_000,
    now() {
      return this.atMs
    },
    monotonic() {
      return this.atMs
    },
  }
}

export interface Opened {
  journal: Journal
  cuts: Cut[]
  fatal: Failure[]
  /** Resolves with the first fatal failure. */
  failed: Promise<void>
}

/** Opens a journal and keeps what it reports. */
export async function open(options: Partial<JournalOptions>): Promise<Opened> {
  const cuts: Cut[] = []
  const fatal: Failure[] = []
  let fail: () => void
  const failed = new Promise<void>((resolve) => {
    fail = resolve
  })
  const journal = await openJournal({
    folder,
    clock: testClock(),
    identify: identifyTest,
    ...options,
    fatal: (failure) => {
      fatal.push(failure)
      fail()
    },
    onCut: (cut) => cuts.push(cut),
  })
  return { journal, cuts, fatal, failed }
}

/** Entry n: eight bytes of kid, six of sequence, and some more; kinds and lengths vary with n. */
export function testEntry(n: number): NewEntry {
  const kind = (['rd', 'rd', 'rd', 'en', 'ap', 'ro'] as const)[n % 6]!
  const bytes = Buffer.alloc(14 + ((n * 37) % 60), n)
  bytes.writeUIntBE(n % 5, 2, 6)
  bytes.writeUIntBE(n, 8, 6)
  return { kind, bytes: Uint8Array.from(bytes) }
}

export function testEntries(from: number, count: number): NewEntry[] {
  return Array.from({ length: count }, (_, i) => testEntry(from + i))
}

export function identifyTest(message: Uint8Array): { kid: Uint8Array; seq: number } {
  return { kid: message.slice(0, 8), seq: Buffer.from(message).readUIntBE(8, 6) }
}

export async function allOf(
  journal: Journal,
  from = 0,
  to?: number,
): Promise<(Entry | DroppedEntry)[]> {
  const entries: (Entry | DroppedEntry)[] = []
  for await (const entry of journal.scan(from, to)) entries.push(entry)
  return entries
}

/** Says where entries are not what was appended; `undefined` where all are. */
export function difference(
  found: readonly (Entry | DroppedEntry)[],
  appended: readonly NewEntry[],
): string | undefined {
  if (found.length !== appended.length) return `${found.length} entries, not ${appended.length}`
  let atMs = 0
  for (const [i, entry] of found.entries()) {
    const wanted = appended[i]!
    if (entry.index !== i) return `entry ${i} says ${entry.index}`
    if (entry.kind !== wanted.kind) return `entry ${i} is ${entry.kind}`
    if (entry.atMs < atMs) return `the time of entry ${i} falls`
    atMs = entry.atMs
    if (entry.bytes !== undefined) {
      if (!Buffer.from(entry.bytes).equals(wanted.bytes)) return `the bytes of entry ${i} differ`
      continue
    }
    const { kid, seq } = identifyTest(wanted.bytes)
    if (wanted.kind !== 'rd') return `entry ${i} is no reading and was dropped`
    if (!Buffer.from(entry.kid).equals(kid) || entry.seq !== seq) return `stub ${i} is of another`
    if (!Buffer.from(entry.leaf).equals(leafHash(wanted.bytes)))
      return `the leaf of stub ${i} differs`
  }
  return undefined
}

/** What the promise rejects with; fails where it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise
  } catch (error) {
    return error as Failure
  }
  throw new Error('nothing was refused')
}

/** A few turns of the event loop: enough for anything that does not wait for a timer. */
export async function turns(count = 50): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve))
}

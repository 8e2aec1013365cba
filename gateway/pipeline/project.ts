/**
 * Journal > series store. Reads from the store's cursor on, so that recovery, a database that was
 * away and the ordinary case are one path; what is here in memory only saves work. Ingest never
 * waits for it: it takes turns on the loop in small slices, and lag is what grows.
 */
import {
  projectBatchEntriesMax,
  projectGatherMs,
  projectRetryMsMax,
  projectRetryMsMin,
  projectStopMs,
} from '../core/limits.js'
import type { Clock } from '../ports/clock.js'
import type { Journal } from '../ports/journal.js'
import type { StatusView } from '../ports/operations.js'
import type { SequenceIndex } from '../ports/registry.js'
import type { SeriesStore } from '../ports/series.js'
import { readBatch } from './project/batch.js'
import { persist } from './project/persist.js'
import { createProgress } from './project/progress.js'
import { createReplay } from './project/replay.js'
import { createSleeper } from './project/sleeper.js'

export interface ProjectorParts {
  journal: Pick<Journal, 'scan' | 'read' | 'size' | 'bytes'>
  /** Must know every entry below the size that `notify` was called with. */
  sequences: Pick<SequenceIndex, 'list'>
  store: SeriesStore
  /** The device a key belongs to, also where the key was rotated away. */
  deviceOf(kid: Uint8Array): string | undefined
  clock: Clock
  /** True while ingest has work waiting: the projector then takes shorter turns. */
  busy?(): boolean
  /** Waits in ms, other than those of limits.ts; tests make them short. */
  waits?: Partial<Waits>
}

export interface Waits {
  /** Before a batch that would not be full. */
  gather: number
  /** Between attempts while the store is away; doubled from the first to the last. */
  retryMin: number
  retryMax: number
}

export interface Projector {
  /** Says that entries below `size` are durable and in the sequence index. Returns at once. */
  notify(size: number): void
  /** How far behind the series are, points refused for ever, and what is wrong now. */
  status(): StatusView['store']
  /** Journal entries whose points are stored. */
  readonly cursor: number
  /** Resolves once the series hold the entries below `size`. */
  reached(size: number): Promise<void>
  /** Ends after the batch under way, or without it where the store does not answer. */
  stop(): Promise<void>
}

const defaultWaits: Waits = {
  gather: projectGatherMs,
  retryMin: projectRetryMsMin,
  retryMax: projectRetryMsMax,
}

/** Starts reading at once; `notify` says how far. */
export function createProjector(parts: ProjectorParts): Projector {
  const { journal, store, clock } = parts
  const waits = { ...defaultWaits, ...parts.waits }
  const sleeper = createSleeper()
  const reader = { ...parts, sleeper, replay: createReplay(parts) }
  const progress = createProgress()
  /** `undefined` until the store has said it, and again after each failure. */
  let cursor: number | undefined
  let size = 0
  let dead = 0
  let error: string | undefined
  /** When the oldest entry that is not stored yet came, ms. */
  let behindSinceMs = clock.now()

  async function step(): Promise<void> {
    cursor ??= await begin()
    if (cursor >= size) await sleeper.untilWoken()
    else cursor = await advance(cursor)
  }

  function failed(why: string): void {
    error = why
    // The store says anew how far it is: it may have come back empty.
    cursor = undefined
  }

  /** A cursor beyond the journal belongs to another journal: then everything is read again. */
  async function begin(): Promise<number> {
    await store.prepare()
    const stored = await store.cursor()
    error = undefined
    return progress.reach(stored > journal.size ? 0 : stored)
  }

  async function advance(from: number): Promise<number> {
    // A trickle is gathered, so that it does not become one write per message.
    if (size - from < projectBatchEntriesMax) await sleeper.sleep(waits.gather)
    const batch = await readBatch(reader, from, size)
    behindSinceMs = batch.firstAtMs ?? behindSinceMs
    if (sleeper.stopped) return from
    const written = await store.write(batch.points, batch.next)
    dead += batch.unreadable + written.dead.length
    behindSinceMs = batch.lastAtMs ?? behindSinceMs
    return progress.reach(batch.next)
  }

  const running = persist(sleeper, { min: waits.retryMin, max: waits.retryMax }, step, failed)
  return {
    notify(now) {
      if (now <= size) return
      if (progress.cursor >= size) behindSinceMs = clock.now()
      size = now
      sleeper.wake()
    },
    status() {
      const records = Math.max(0, size - progress.cursor)
      return {
        kind: store.kind,
        lagRecords: records,
        // The journal knows its bytes, not those of a range: the mean entry stands for each.
        lagBytes: journal.size === 0 ? 0 : Math.round((records * journal.bytes) / journal.size),
        lagSeconds: records === 0 ? 0 : Math.max(0, (clock.now() - behindSinceMs) / 1000),
        dead,
        ...(error === undefined ? {} : { error }),
      }
    },
    get cursor() {
      return progress.cursor
    },
    reached: (wanted) => progress.at(wanted),
    async stop() {
      sleeper.stop()
      const patience = createSleeper()
      await Promise.race([running, patience.sleep(projectStopMs)])
      patience.stop()
    },
  }
}

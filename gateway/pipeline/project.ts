/**
 * Journal > series store. Reads from the store's cursor on, so that recovery, a database that was
 * away and the ordinary case are one path; what is here in memory only saves work. Ingest never
 * waits for it: it takes turns on the loop in small slices, and lag is what grows.
 */
import { Failure, messageOf } from '../core/failure.js'
import {
  projectBatchEntriesMax,
  projectBatchPointsMax,
  projectGatherMs,
  projectRetryMsMax,
  projectRetryMsMin,
  projectSliceEntries,
  projectStopMs,
  projectYieldMs,
} from '../core/limits.js'
import type { Clock } from '../ports/clock.js'
import type { Journal } from '../ports/journal.js'
import type { StatusView } from '../ports/operations.js'
import type { SequenceIndex } from '../ports/registry.js'
import type { Point, SeriesStore } from '../ports/series.js'
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
  const replay = createReplay(parts)
  /** `undefined` until the store has said it, and again after each failure. */
  let cursor: number | undefined
  let lastCursor = 0
  let size = 0
  let dead = 0
  let error: string | undefined
  /** When the oldest entry that is not stored yet came, ms. */
  let behindSinceMs = clock.now()
  let waiting: { size: number; resolve: () => void }[] = []

  async function run(): Promise<void> {
    let waitMs = waits.retryMin
    while (!sleeper.stopped) {
      try {
        cursor ??= await begin()
        if (cursor >= size) await sleeper.untilWoken()
        else await batch(cursor)
        waitMs = waits.retryMin
      } catch (cause) {
        if (!(cause instanceof Failure)) throw cause
        error = messageOf(cause)
        // The store says anew how far it is: it may have come back empty.
        cursor = undefined
        await sleeper.sleep(waitMs)
        waitMs = Math.min(2 * waitMs, waits.retryMax)
      }
    }
  }

  /** A cursor beyond the journal belongs to another journal: then everything is read again. */
  async function begin(): Promise<number> {
    await store.prepare()
    const stored = await store.cursor()
    error = undefined
    return passed(stored > journal.size ? 0 : stored)
  }

  function passed(next: number): number {
    lastCursor = next
    const reached = waiting.filter((one) => one.size <= next)
    waiting = waiting.filter((one) => one.size > next)
    for (const one of reached) one.resolve()
    return next
  }

  async function batch(from: number): Promise<void> {
    // A trickle is gathered, so that it does not become one write per message.
    if (size - from < projectBatchEntriesMax) await sleeper.sleep(waits.gather)
    const points: Point[] = []
    let unreadable = 0
    let next = from
    let atMs = behindSinceMs
    for await (const entry of journal.scan(from, Math.min(size, from + projectBatchEntriesMax))) {
      if (next === from) behindSinceMs = entry.atMs
      atMs = entry.atMs
      const found = await replay.pointsOf(entry)
      if (found === undefined) unreadable++
      else for (const point of found) points.push(point)
      next = entry.index + 1
      if (points.length >= projectBatchPointsMax) break
      if (next % projectSliceEntries === 0) await sleeper.yield(parts.busy?.() ? projectYieldMs : 0)
      if (sleeper.stopped) return
    }
    const written = await store.write(points, next)
    dead += unreadable + written.dead.length
    behindSinceMs = atMs
    cursor = passed(next)
  }

  const running = run()
  return {
    notify(now) {
      if (now <= size) return
      if (lastCursor >= size) behindSinceMs = clock.now()
      size = now
      sleeper.wake()
    },
    status() {
      const records = Math.max(0, size - lastCursor)
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
      return lastCursor
    },
    reached(wanted) {
      if (lastCursor >= wanted) return Promise.resolve()
      return new Promise((resolve) => waiting.push({ size: wanted, resolve }))
    },
    async stop() {
      sleeper.stop()
      const patience = createSleeper()
      await Promise.race([running, patience.sleep(projectStopMs)])
      patience.stop()
    },
  }
}

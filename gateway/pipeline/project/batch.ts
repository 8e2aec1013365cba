import {
  projectBatchEntriesMax,
  projectBatchPointsMax,
  projectSliceItems,
  projectYieldMs,
} from '../../core/limits.js'
import type { Journal } from '../../ports/journal.js'
import type { Point } from '../../ports/series.js'
import type { Replay } from './replay.js'
import type { Sleeper } from './sleeper.js'

export interface BatchReader {
  journal: Pick<Journal, 'scan'>
  replay: Replay
  sleeper: Sleeper
  /** True while others have work waiting. */
  busy?(): boolean
}

export interface Batch {
  points: Point[]
  /** The entry after the last one read. */
  next: number
  /** Entries that say nothing which can be stored although they should. */
  unreadable: number
  /** When the first and last entry came; absent where none was read. */
  firstAtMs: number | undefined
  lastAtMs: number | undefined
}

/**
 * Points of the entries from `from`, below `to`, within the limits of one write. Decoding is cut
 * into slices of about a millisecond with turns of the loop, or pauses, between them.
 */
export async function readBatch(reader: BatchReader, from: number, to: number): Promise<Batch> {
  const { journal, replay, sleeper } = reader
  const points: Point[] = []
  let next = from
  let unreadable = 0
  let items = 0
  let firstAtMs: number | undefined
  let lastAtMs: number | undefined
  for await (const entry of journal.scan(from, Math.min(to, from + projectBatchEntriesMax))) {
    firstAtMs ??= entry.atMs
    lastAtMs = entry.atMs
    const answer = replay.pointsOf(entry)
    // Nearly every entry has its answer at once; waiting all the same would cost as much again.
    const found = answer instanceof Promise ? await answer : answer
    if (found === undefined) unreadable++
    else for (const point of found) points.push(point)
    next = entry.index + 1
    if (points.length >= projectBatchPointsMax || sleeper.stopped) break
    items += 1 + (found?.length ?? 0)
    if (items < projectSliceItems) continue
    items = 0
    await sleeper.yield(reader.busy?.() ? projectYieldMs : 0)
  }
  return { points, next, unreadable, firstAtMs, lastAtMs }
}

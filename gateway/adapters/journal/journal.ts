/** The journal over a folder of segments: composes recovery, group commit, reading and retention. */
import { Failure, messageOf } from '../../core/failure.js'
import {
  commitBytesMax,
  segmentBytesMax as defaultSegmentBytesMax,
  segmentHoursMax,
} from '../../core/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Journal } from '../../ports/journal.js'
import { GroupCommit } from './commit.js'
import { dropSegment } from './drop.js'
import { type FileSystem, nodeFileSystem } from './fileSystem.js'
import { readEntry, scanEntries } from './reader.js'
import type { Stub } from './record.js'
import { type Cut, recover } from './recovery.js'
import type { Segment } from './segment.js'
import { SegmentWriter } from './segmentWriter.js'
import { identifyReading } from './stub.js'

export interface JournalOptions {
  /** Folder of the segments; made where it is missing. */
  folder: string
  clock: Clock
  /** Called once when a write or sync fails. Nothing is acknowledged after it: end the process. */
  fatal(failure: Failure): void
  /** Called for each torn tail that was cut at the start. */
  onCut?(cut: Cut): void
  /**
   * Entries whose consequences the caller has in a trusted snapshot: segments that end at or below
   * are not read at the start. Default 0: everything is read.
   */
  verifyFrom?: number
  /** Entries known to have been durable (the newest checkpoint's size); fewer is refused. */
  durableMin?: number
  fileSystem?: FileSystem
  segmentBytesMax?: number
  /** kid and seq of a reading, for its stub. */
  identify?(message: Uint8Array): Pick<Stub, 'kid' | 'seq'>
}

/**
 * Opens the journal in a folder, cutting a torn tail. Throws Failure('data') where a segment is
 * damaged or missing, or the folder cannot be used.
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const fileSystem = options.fileSystem ?? nodeFileSystem
  const { folder, verifyFrom = 0, durableMin = 0, identify = identifyReading } = options
  const recovered = await usable(folder, () =>
    recover({ folder, fileSystem, verifyFrom, durableMin }),
  )
  for (const cut of recovered.cuts) options.onCut?.(cut)
  const { segments } = recovered
  const writer = new SegmentWriter({
    folder,
    fileSystem,
    clock: options.clock,
    segments,
    active: recovered.active,
    segmentBytesMax: options.segmentBytesMax ?? defaultSegmentBytesMax,
    segmentMsMax: segmentHoursMax * 3_600_000,
    commitBytesMax,
  })
  const group = new GroupCommit({
    commit: (groups, bytes) => writer.commit(groups, bytes),
    fail: (error) => options.fatal(cannotWrite(folder, error)),
  })
  let dropping: Promise<unknown> = Promise.resolve()
  const size = (): number => writer.size
  return {
    get size() {
      return writer.size
    },
    get bytes() {
      return segments.reduce((sum, segment) => sum + segment.bytes, 0)
    },
    append: (entries) => group.append(entries),
    read: (index) => readEntry(fileSystem, segments, size(), index),
    scan: (from, to = size()) => scanEntries(fileSystem, segments, from, Math.min(to, size())),
    dropBodies(beforeMs) {
      const run = dropping.then(() => dropAll(fileSystem, folder, segments, beforeMs, identify))
      dropping = run.catch(() => undefined)
      return run
    },
    async close() {
      await dropping
      await group.close()
      await writer.close()
    },
  }
}

/** Drops bodies segment by segment, oldest first, never in the newest one. */
async function dropAll(
  fileSystem: FileSystem,
  folder: string,
  segments: Segment[],
  beforeMs: number,
  identify: (message: Uint8Array) => Pick<Stub, 'kid' | 'seq'>,
): Promise<number> {
  let dropped = 0
  for (let i = 0; i < segments.length - 1; i++) {
    if (segments[i]!.stubs) continue
    const done = await dropSegment({ fileSystem, folder, segments, at: i, beforeMs, identify })
    if (done === undefined) break
    dropped += done
  }
  return dropped
}

async function usable<T>(folder: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof Failure) throw error
    const code = isPermission(error) ? 'permission' : 'data'
    throw new Failure(code, `cannot open the journal in ${folder}: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

function isPermission(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'EACCES' || code === 'EPERM'
}

function cannotWrite(folder: string, error: unknown): Failure {
  const what = `cannot write the journal in ${folder}: ${messageOf(error)}`
  const advice = 'Free space or replace the disk, then start again; nothing acknowledged is lost.'
  return new Failure('data', `${what}. ${advice}`, { cause: error })
}

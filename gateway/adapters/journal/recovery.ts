/**
 * Opening a journal: find the segments, see that they follow each other, and cut what an interrupted
 * write left behind. Whatever else is wrong is refused, with the file, the byte and what to do.
 */
import { join } from 'node:path'
import { Failure } from '../../core/failure.js'
import { type File, type FileSystem, readFully } from './fileSystem.js'
import { segmentHeaderBytes } from './record.js'
import {
  type Checked,
  checkSegment,
  damage,
  findLaterCommit,
  headerOf,
  type Segment,
} from './segment.js'

/** Bytes at the end of a segment that were never acknowledged and have been removed. */
export interface Cut {
  path: string
  offset: number
  bytes: number
  /** What was wrong with them. */
  what: string
}

export interface Recovered {
  segments: Segment[]
  /** The newest segment, open for writing; `undefined` where there is none. */
  active: File | undefined
  cuts: Cut[]
}

export interface RecoveryOptions {
  folder: string
  fileSystem: FileSystem
  /** Segments that end at or below this entry are not read. */
  verifyFrom: number
  /** Entries known to have been durable; fewer is damage. */
  durableMin: number
}

interface Named {
  name: string
  first: number
  stubs: boolean
}

const segmentName = /^(\d{16})\.(seg|stub)$/

/** Path of the segment whose first entry is `first`. */
export function segmentPath(folder: string, first: number, suffix: 'seg' | 'stub' | 'tmp'): string {
  return join(folder, `${String(first).padStart(16, '0')}.${suffix}`)
}

/** Finds and checks all segments; afterwards the last one ends with a finished, durable commit. */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const { folder, fileSystem } = options
  await fileSystem.makeFolder(folder)
  const cuts: Cut[] = []
  const names = await listSegments(options)
  if (names.length > 0 && names[0]!.first !== 0) throw missing(folder, 0, names[0]!.first)

  const last = await openNewest(options, names, cuts)
  const segments: Segment[] = []
  for (const [i, name] of names.slice(0, -1).entries())
    segments.push(await openOlder(options, name, names[i + 1]!.first, segments.at(-1)))
  if (last !== undefined) segments.push(last.segment)

  const size = last === undefined ? 0 : last.segment.first + last.segment.count
  const known = Math.max(options.verifyFrom, options.durableMin)
  if (size < known) {
    await last?.file.close()
    throw lost(folder, size, known)
  }
  return { segments, active: last?.file, cuts }
}

/** Opens the newest segment that holds anything; takes an empty one from `names`. */
async function openNewest(
  options: RecoveryOptions,
  names: Named[],
  cuts: Cut[],
): Promise<{ segment: Segment; file: File } | undefined> {
  for (let mayBeTorn = true; names.length > 0; mayBeTorn = false) {
    const last = await openLast(options, names.at(-1)!, cuts, mayBeTorn)
    if (last !== undefined) return last
    names.pop()
  }
  return undefined
}

function missing(folder: string, from: number, to: number): Failure {
  const what = `entries ${from} to ${to - 1} are missing from ${folder}`
  return new Failure('data', `${what}: a segment is gone. Restore it from a backup.`)
}

function lost(folder: string, size: number, known: number): Failure {
  const what = `${folder} holds ${size} entries, but ${known} are known to have been durable`
  return new Failure('data', `${what}. Restore the data directory from a backup.`)
}

/** Segments by first index; half-written ones and those with a newer form are removed. */
async function listSegments(options: RecoveryOptions): Promise<Named[]> {
  const { folder, fileSystem } = options
  const found = new Map<number, Named>()
  for (const name of (await fileSystem.list(folder)).sort()) {
    if (name.endsWith('.tmp')) {
      await fileSystem.remove(join(folder, name))
      continue
    }
    const match = segmentName.exec(name)
    if (match === null) continue
    const first = Number(match[1])
    const older = found.get(first)
    const newer = { name, first, stubs: match[2] === 'stub' }
    // 'seg' sorts before 'stub'. A stub gets its name only once it is durable, so it stands for
    // the full segment that a crash kept from being removed.
    if (older !== undefined) await fileSystem.remove(join(folder, older.name))
    found.set(first, newer)
  }
  return [...found.values()].sort((a, b) => a.first - b.first)
}

/** A segment that another one follows: it was finished and synced before that began. */
async function openOlder(
  options: RecoveryOptions,
  name: Named,
  next: number,
  before: Segment | undefined,
): Promise<Segment> {
  const path = join(options.folder, name.name)
  const file = await options.fileSystem.open(path, 'read')
  try {
    const bytes = await file.size()
    await checkHeader(file, path, name.first)
    const segment: Segment = {
      path,
      first: name.first,
      count: next - name.first,
      bytes,
      stubs: name.stubs,
      places: undefined,
    }
    if (next > options.verifyFrom) await readPlaces(file, segment, before?.places?.lastAtMs ?? 0)
    return segment
  } finally {
    await file.close()
  }
}

async function checkHeader(file: File, path: string, first: number): Promise<void> {
  const header = await headerOf(file)
  if (header === undefined) throw damage(path, 0, 'the header is not one of a segment')
  if (header !== first) throw damage(path, 8, `the header says entry ${header}, the name ${first}`)
}

/** Reads a finished segment whole; it must hold exactly the entries it is known to hold. */
export async function readPlaces(file: File, segment: Segment, atMs: number): Promise<Checked> {
  const { path, first, count, bytes } = segment
  const checked = await checkSegment(file, first, bytes, atMs)
  if (checked.problem !== undefined)
    throw damage(path, checked.problem.offset, checked.problem.what)
  if (checked.count < count)
    throw damage(
      path,
      checked.end,
      `entries ${first + checked.count} to ${first + count - 1} are missing`,
    )
  if (checked.count > count)
    throw damage(
      path,
      checked.end,
      `it overlaps the segment that begins with entry ${first + count}`,
    )
  segment.places = checked
  return checked
}

/**
 * The newest segment: the only one whose end an interrupted write may have torn. `undefined` where
 * nothing in it was ever acknowledged; it has then been removed.
 */
async function openLast(
  options: RecoveryOptions,
  name: Named,
  cuts: Cut[],
  mayBeTorn: boolean,
): Promise<{ segment: Segment; file: File } | undefined> {
  const { fileSystem, folder } = options
  const path = join(folder, name.name)
  const file = await fileSystem.open(path, 'update')
  try {
    const size = await file.size()
    const header = await headerOf(file)
    if (header !== undefined && header !== name.first) await checkHeader(file, path, name.first)
    const checked = await checkLast(file, path, name.first, size, header !== undefined)
    if (checked.problem !== undefined) {
      const { what } = checked.problem
      // A segment that another one followed, however short that one was, was finished and synced.
      if (!mayBeTorn) throw damage(path, checked.problem.offset, what)
      const offset = checked.count === 0 ? 0 : checked.end
      cuts.push({ path, offset, bytes: size - offset, what })
    }
    if (checked.count > 0) {
      await settle(options, file, checked, size)
      const { count, end: bytes } = checked
      const { first, stubs } = name
      return { segment: { path, first, count, bytes, stubs, places: checked }, file }
    }
  } catch (error) {
    await file.close()
    throw error
  }
  // The header belongs to the first commit: without one the file says nothing.
  await file.close()
  await fileSystem.remove(path)
  await fileSystem.syncFolder(folder)
  return undefined
}

async function checkLast(
  file: File,
  path: string,
  first: number,
  size: number,
  hasHeader: boolean,
): Promise<Checked> {
  const checked = await checkSegment(file, first, hasHeader ? size : segmentHeaderBytes, 0)
  if (!hasHeader) checked.problem = { offset: 0, what: 'the header is not one of a segment' }
  else if (size <= segmentHeaderBytes)
    checked.problem = { offset: size, what: 'the segment holds no entry' }
  if (checked.problem === undefined) return checked
  const { offset, what } = checked.problem
  const later = await findLaterCommit(file, offset, size, first + checked.count)
  if (later !== undefined)
    throw damage(path, offset, `${what}, and a later commit stands at byte ${later}`)
  return checked
}

/**
 * Cuts the torn tail and writes the last commit once more: where an earlier run ended with a failed
 * sync, that commit may stand in the page cache alone, marked clean.
 */
async function settle(
  options: RecoveryOptions,
  file: File,
  checked: Checked,
  size: number,
): Promise<void> {
  if (size > checked.end) await file.truncate(checked.end)
  // The first commit of a segment was written together with the header.
  const start = checked.lastCommit === segmentHeaderBytes ? 0 : checked.lastCommit
  const bytes = await readFully(file, start, checked.end - start)
  await file.write(bytes, 0, bytes.length, start)
  await file.datasync()
  await options.fileSystem.syncFolder(options.folder)
}

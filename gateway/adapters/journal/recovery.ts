/**
 * Opening a journal: find the segments, see that they follow each other, and cut what an interrupted
 * write left behind. Whatever else is wrong is refused, with the file, the byte and what to do; then
 * nothing has been changed.
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
  path: string
  first: number
  stubs: boolean
}

/** What is in the folder: segments by first index, and files that mean nothing any more. */
interface Found {
  names: Named[]
  leftovers: string[]
}

/** The newest segment that holds anything, and what stands behind its last finished commit. */
interface Newest {
  segment: Segment
  file: File
  checked: Checked
  cut: Cut | undefined
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
  const { names, leftovers } = await findSegments(options)
  if (names.length > 0 && names[0]!.first !== 0) throw missing(folder, 0, names[0]!.first)
  const cuts: Cut[] = []
  const newest = await openNewest(options, names, cuts)
  try {
    const segments = await openAll(options, names, newest)
    const useless = [...leftovers, ...cuts.map((cut) => cut.path)]
    for (const path of useless) await fileSystem.remove(path)
    if (useless.length > 0) await fileSystem.syncFolder(folder)
    if (newest !== undefined) await settle(options, newest)
    if (newest?.cut !== undefined) cuts.push(newest.cut)
    return { segments, active: newest?.file, cuts }
  } catch (error) {
    await newest?.file.close()
    throw error
  }
}

async function findSegments(options: RecoveryOptions): Promise<Found> {
  const { folder, fileSystem } = options
  const leftovers: string[] = []
  const found = new Map<number, Named>()
  for (const name of (await fileSystem.list(folder)).sort()) {
    const path = join(folder, name)
    if (name.endsWith('.tmp')) leftovers.push(path)
    const match = segmentName.exec(name)
    if (match === null) continue
    const first = Number(match[1])
    // 'seg' sorts before 'stub'. A stub gets its name only once it is durable, so it stands for
    // the full segment that a crash kept from being removed.
    const older = found.get(first)
    if (older !== undefined) leftovers.push(older.path)
    found.set(first, { path, first, stubs: match[2] === 'stub' })
  }
  return { names: [...found.values()].sort((a, b) => a.first - b.first), leftovers }
}

/**
 * Opens the newest segment that holds anything. One in which nothing was ever acknowledged is taken
 * from `names` and put among the cuts: the header belongs to the first commit.
 */
async function openNewest(
  options: RecoveryOptions,
  names: Named[],
  cuts: Cut[],
): Promise<Newest | undefined> {
  for (let mayBeTorn = true; names.length > 0; mayBeTorn = false) {
    const newest = await openLast(options, names.at(-1)!, mayBeTorn)
    if (newest.segment.count > 0) return newest
    await newest.file.close()
    cuts.push(newest.cut!)
    names.pop()
  }
  return undefined
}

/** All segments in order; those before the newest are checked as far as the caller asks. */
async function openAll(
  options: RecoveryOptions,
  names: readonly Named[],
  newest: Newest | undefined,
): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const [i, name] of names.slice(0, -1).entries())
    segments.push(await openOlder(options, name, names[i + 1]!.first, segments.at(-1)))
  const size = newest === undefined ? 0 : newest.segment.first + newest.segment.count
  const known = Math.max(options.verifyFrom, options.durableMin)
  if (size < known) throw lost(options.folder, size, known)
  if (newest === undefined) return segments
  const { path } = newest.segment
  if (newest.checked.firstAtMs < (segments.at(-1)?.places?.lastAtMs ?? 0))
    throw damage(path, segmentHeaderBytes, 'its time is before that of the segment before it')
  return [...segments, newest.segment]
}

function missing(folder: string, from: number, to: number): Failure {
  const what = `entries ${from} to ${to - 1} are missing from ${folder}`
  return new Failure('data', `${what}: a segment is gone. Restore it from a backup.`)
}

function lost(folder: string, size: number, known: number): Failure {
  const what = `${folder} holds ${size} entries, but ${known} are known to have been durable`
  return new Failure('data', `${what}. Restore the data directory from a backup.`)
}

/** A segment that another one follows: it was finished and synced before that began. */
async function openOlder(
  options: RecoveryOptions,
  name: Named,
  next: number,
  before: Segment | undefined,
): Promise<Segment> {
  const { path } = name
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
 * The newest segment: the only one whose end an interrupted write may have torn. Changes nothing.
 */
async function openLast(
  options: RecoveryOptions,
  name: Named,
  mayBeTorn: boolean,
): Promise<Newest> {
  const { path, first, stubs } = name
  const file = await options.fileSystem.open(path, 'update')
  try {
    const size = await file.size()
    const header = await headerOf(file)
    if (header !== undefined && header !== first) await checkHeader(file, path, first)
    const checked = await checkLast(file, path, first, size, header !== undefined)
    const { problem, count, end: bytes } = checked
    // A segment that another one followed, however short that one was, was finished and synced.
    if (problem !== undefined && !mayBeTorn) throw damage(path, problem.offset, problem.what)
    const offset = count === 0 ? 0 : bytes
    const cut = problem && { path, offset, bytes: size - offset, what: problem.what }
    return { segment: { path, first, count, bytes, stubs, places: checked }, file, checked, cut }
  } catch (error) {
    await file.close()
    throw error
  }
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
async function settle(options: RecoveryOptions, { file, checked, cut }: Newest): Promise<void> {
  if (cut !== undefined) await file.truncate(checked.end)
  // The first commit of a segment was written together with the header.
  const start = checked.lastCommit === segmentHeaderBytes ? 0 : checked.lastCommit
  const bytes = await readFully(file, start, checked.end - start)
  await file.write(bytes, 0, bytes.length, start)
  await file.datasync()
  await options.fileSystem.syncFolder(options.folder)
}

/** Reading one segment: in large blocks, checking each record and that records follow each other. */
import { Failure } from '../../core/failure.js'
import { recordBytesMax } from '../../core/limits.js'
import { type File, readFully } from './fileSystem.js'
import {
  readRecord,
  readSegmentHeader,
  recordHeaderBytes,
  type StoredRecord,
  segmentHeaderBytes,
  stubBytes,
} from './record.js'

/** One read of a scan. */
export const blockBytes = 1024 * 1024
/** Every this many entries the place of one is kept in memory: 64 KB of memory a gigabyte. */
export const markEvery = 256
const largestRecord = recordHeaderBytes + recordBytesMax

/** A segment that the journal knows. Only the newest one changes. */
export interface Segment {
  path: string
  /** Index of its first entry. */
  first: number
  count: number
  /** Bytes of header and durable records. */
  bytes: number
  /** True where the bodies of readings have been dropped. */
  stubs: boolean
  /** What a full read tells; `undefined` while the segment has not been read since the start. */
  places: Places | undefined
}

export interface Places {
  /** Offset of entry first + i * markEvery. */
  marks: number[]
  firstAtMs: number
  lastAtMs: number
}

/** What a full read of a segment found. */
export interface Checked extends Places {
  /** Entries in finished commits, and where the last of them ends. */
  count: number
  end: number
  /** Where the last finished commit begins; equal to `end` where there is none. */
  lastCommit: number
  /** What ends the good part before the end of the file does, and where. */
  problem: { offset: number; what: string } | undefined
}

interface Block {
  /** Records one after the other from `offset`; they share memory that the next block reuses. */
  records: StoredRecord[]
  offset: number
  /** What is wrong with the bytes after the last record; the last block alone has one. */
  problem: string | undefined
}

/** Records in bytes [from, to) of a file, a block at a time. */
export async function* readBlocks(file: File, from: number, to: number): AsyncGenerator<Block> {
  const buffer = Buffer.allocUnsafe(Math.min(blockBytes, Math.max(0, to - from)))
  let offset = from
  while (offset < to) {
    const wanted = Math.min(buffer.length, to - offset)
    const end = await fill(file, buffer, offset, wanted)
    const records: StoredRecord[] = []
    let at = 0
    let problem = end < wanted ? 'the file ends here' : undefined
    while (at < end) {
      const record = readRecord(buffer, at, end)
      if (typeof record === 'string') {
        problem = record
        break
      }
      records.push(record)
      at += record.bytes
    }
    // A record that a block cuts is read whole with the next one; every block holds at least one.
    const isLast = end < wanted || offset + end >= to || end - at >= largestRecord
    yield { records, offset, problem: isLast ? problem : undefined }
    if (isLast) return
    offset += at
  }
}

async function fill(file: File, buffer: Buffer, position: number, length: number): Promise<number> {
  let done = 0
  while (done < length) {
    const got = await file.read(buffer, done, length - done, position + done)
    if (got === 0) break
    done += got
  }
  return done
}

/** Checks that records follow each other: index by index, commit by commit, time never falling. */
class Sequence {
  next: number
  commit: number
  finished = true
  atMs: number

  constructor(first: number, atMs: number) {
    this.next = first
    this.commit = first
    this.atMs = atMs
  }

  /** What is wrong with the next record; `undefined` where it follows. */
  take(record: StoredRecord): string | undefined {
    if (record.index !== this.next) return `entry ${record.index} stands where ${this.next} belongs`
    const commit = this.finished ? record.index : this.commit
    if (record.commit !== commit) return `entry ${record.index} is not of commit ${commit}`
    if (record.atMs < this.atMs) return `the time of entry ${record.index} falls`
    if (record.dropped && (record.kind !== 'rd' || record.body.length !== stubBytes))
      return `entry ${record.index} is no stub of a reading`
    this.next++
    this.commit = commit
    this.finished = record.last
    this.atMs = record.atMs
    return undefined
  }
}

/**
 * Reads a whole segment of `size` bytes whose entries begin with `first`. `atMs`: the time of the
 * entry before, below which none here may fall.
 */
export async function checkSegment(
  file: File,
  first: number,
  size: number,
  atMs: number,
): Promise<Checked> {
  const sequence = new Sequence(first, atMs)
  const found: Checked = {
    marks: [],
    firstAtMs: atMs,
    lastAtMs: atMs,
    count: 0,
    end: segmentHeaderBytes,
    lastCommit: segmentHeaderBytes,
    problem: undefined,
  }
  const marks: number[] = []
  for await (const block of readBlocks(file, segmentHeaderBytes, size)) {
    let offset = block.offset
    for (const record of block.records) {
      const wrong = sequence.take(record)
      if (wrong !== undefined) return { ...found, problem: { offset, what: wrong } }
      if ((record.index - first) % markEvery === 0) marks.push(offset)
      if (record.index === first) found.firstAtMs = record.atMs
      offset += record.bytes
      if (record.last) finishCommit(found, sequence.next - first, offset, record.atMs, marks)
    }
    if (block.problem !== undefined) return { ...found, problem: { offset, what: block.problem } }
  }
  if (found.end < size) found.problem = { offset: size, what: 'the last commit is not finished' }
  return found
}

function finishCommit(
  found: Checked,
  count: number,
  end: number,
  atMs: number,
  marks: number[],
): void {
  found.lastCommit = found.end
  found.end = end
  found.count = count
  found.lastAtMs = atMs
  found.marks.push(...marks.splice(0))
}

/** First index that a segment's header names, or `undefined` where it has none. */
export async function headerOf(file: File): Promise<number | undefined> {
  return readSegmentHeader(await readFully(file, 0, segmentHeaderBytes))
}

/**
 * Whether a commit after `torn` stands anywhere in bytes [from, to): it was begun only after `torn`
 * was synced, so what is wrong before it is damage and no interrupted write.
 */
export async function findLaterCommit(
  file: File,
  from: number,
  to: number,
  torn: number,
): Promise<number | undefined> {
  const step = blockBytes
  for (let position = from; position < to; position += step) {
    const bytes = await readFully(file, position, Math.min(step + largestRecord, to - position))
    const starts = Math.min(step, bytes.length)
    for (let at = 0; at < starts; at++) {
      const record = readRecord(bytes, at, bytes.length)
      if (typeof record === 'string') continue
      if (record.commit > torn && record.index >= record.commit) return position + at
    }
  }
  return undefined
}

/** Says that a segment is damaged, where, and what to do. */
export function damage(path: string, offset: number, what: string, cause?: unknown): Failure {
  const advice = 'Restore the data directory from a backup; nothing has been changed.'
  return new Failure('data', `${path} is damaged at byte ${offset}: ${what}. ${advice}`, { cause })
}

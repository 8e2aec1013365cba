/** Random access and scans over the segments, beside a writer that only adds to them. */
import type { DroppedEntry, Entry } from '../../ports/journal.js'
import type { File, FileSystem } from './fileSystem.js'
import { type StoredRecord, toEntry } from './record.js'
import { readPlaces } from './recovery.js'
import { damage, markEvery, readBlocks, type Segment } from './segment.js'

/** One entry below `size`, `undefined` where there is none. Rejects with Failure('data') on damage. */
export async function readEntry(
  fileSystem: FileSystem,
  segments: Segment[],
  size: number,
  index: number,
): Promise<Entry | DroppedEntry | undefined> {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) return undefined
  for await (const entry of scanEntries(fileSystem, segments, index, index + 1)) return entry
  return undefined
}

/** Entries [from, to), which must be durable; read in blocks, segment by segment. */
export async function* scanEntries(
  fileSystem: FileSystem,
  segments: Segment[],
  from: number,
  to: number,
): AsyncGenerator<Entry | DroppedEntry> {
  let index = Math.max(0, from)
  while (index < to) {
    const { file, segment } = await openAt(fileSystem, segments, index)
    try {
      const end = Math.min(to, segment.first + segment.count)
      for await (const records of scanSegment(file, segment, index, end)) {
        for (const record of records) yield toEntry(record)
      }
      index = end
    } finally {
      await file.close()
    }
  }
}

/** Records [from, to) of one segment, a block at a time; the next block reuses their memory. */
async function* scanSegment(
  file: File,
  segment: Segment,
  from: number,
  to: number,
): AsyncGenerator<StoredRecord[]> {
  const { marks } = segment.places ?? (await readPlaces(file, segment, 0))
  const mark = Math.floor((from - segment.first) / markEvery)
  let index = segment.first + mark * markEvery
  const last = marks[Math.floor((to - 1 - segment.first) / markEvery) + 1]
  for await (const block of readBlocks(file, marks[mark]!, last ?? segment.bytes)) {
    const { records } = block
    const first = index
    let count = 0
    for (; count < records.length && index < to && records[count]!.index === index; count++) index++
    yield records.slice(Math.min(count, Math.max(0, from - first)), count)
    if (index === to) return
    if (count < records.length) throw damage(segment.path, block.offset, `entry ${index} is gone`)
    if (block.problem !== undefined) {
      const read = block.records.reduce((sum, record) => sum + record.bytes, 0)
      throw damage(segment.path, block.offset + read, block.problem)
    }
  }
  throw damage(segment.path, segment.bytes, `entry ${index} is gone`)
}

/**
 * Opens the segment of an entry. Between choosing a segment and opening it, its stub may have taken
 * its place: then it is chosen again.
 */
async function openAt(
  fileSystem: FileSystem,
  segments: Segment[],
  index: number,
): Promise<{ file: File; segment: Segment }> {
  for (;;) {
    const at = positionOf(segments, index)
    const segment = segments[at]!
    try {
      return { file: await fileSystem.open(segment.path, 'read'), segment }
    } catch (error) {
      if (segments[at] !== segment) continue
      throw damage(segment.path, 0, 'it cannot be opened', error)
    }
  }
}

/** Position of the last segment that begins at or before an entry. */
function positionOf(segments: readonly Segment[], index: number): number {
  let low = 0
  let high = segments.length - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (segments[middle]!.first <= index) low = middle
    else high = middle - 1
  }
  return low
}

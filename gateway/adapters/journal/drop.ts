/** Retention: a whole old segment is written anew with stubs in the place of readings' bodies. */
import { leafHash } from '../../core/log/tree.js'
import type { File, FileSystem } from './fileSystem.js'
import {
  encodeStub,
  recordHeaderBytes,
  type StoredRecord,
  type Stub,
  segmentHeaderBytes,
  stubBytes,
  writeRecord,
  writeSegmentHeader,
} from './record.js'
import { readPlaces, segmentPath } from './recovery.js'
import { blockBytes, damage, markEvery, type Places, readBlocks, type Segment } from './segment.js'

export interface DropOptions {
  fileSystem: FileSystem
  folder: string
  segments: Segment[]
  /** Position of the segment; never the newest. */
  at: number
  beforeMs: number
  identify(message: Uint8Array): Pick<Stub, 'kid' | 'seq'>
}

/**
 * Drops the readings' bodies of one segment; resolves with how many, `undefined` where the segment
 * did not end before `beforeMs`. Order: new file durable, its name durable, then the old file goes;
 * a crash in between leaves both, and the start keeps the new one.
 */
export async function dropSegment(options: DropOptions): Promise<number | undefined> {
  const { fileSystem, folder, segments, at, beforeMs } = options
  const old = segments[at]!
  const source = await fileSystem.open(old.path, 'read')
  try {
    const places = old.places ?? (await readPlaces(source, old, 0))
    if (places.lastAtMs >= beforeMs) return undefined
    const temporary = segmentPath(folder, old.first, 'tmp')
    const written = await writeStubs(options, source, old, temporary)
    const path = segmentPath(folder, old.first, 'stub')
    await fileSystem.rename(temporary, path)
    await fileSystem.syncFolder(folder)
    const { firstAtMs, lastAtMs } = places
    segments[at] = {
      path,
      first: old.first,
      count: old.count,
      bytes: written.bytes,
      stubs: true,
      places: { marks: written.marks, firstAtMs, lastAtMs },
    }
    await fileSystem.remove(old.path)
    await fileSystem.syncFolder(folder)
    return written.dropped
  } finally {
    await source.close()
  }
}

interface Written extends Pick<Places, 'marks'> {
  bytes: number
  dropped: number
}

async function writeStubs(
  options: DropOptions,
  source: File,
  old: Segment,
  path: string,
): Promise<Written> {
  const target = await options.fileSystem.open(path, 'ensure')
  try {
    await target.truncate(0)
    // A stub may be longer than a very short body, so a block can grow by its header's worth.
    const buffer = Buffer.allocUnsafe(
      segmentHeaderBytes + blockBytes + Math.ceil(blockBytes / recordHeaderBytes) * stubBytes,
    )
    const written: Written = { marks: [], bytes: 0, dropped: 0 }
    let end = writeSegmentHeader(buffer, 0, old.first)
    for await (const block of readBlocks(source, segmentHeaderBytes, old.bytes)) {
      if (block.problem !== undefined) throw damage(old.path, block.offset, block.problem)
      for (const record of block.records) {
        if ((record.index - old.first) % markEvery === 0) written.marks.push(written.bytes + end)
        if (record.kind === 'rd') written.dropped++
        end = writeRecord(buffer, end, stubOf(record, options.identify))
      }
      await target.write(buffer, 0, end, written.bytes)
      written.bytes += end
      end = 0
    }
    await target.datasync()
    return written
  } finally {
    await target.close()
  }
}

function stubOf(record: StoredRecord, identify: DropOptions['identify']): StoredRecord {
  if (record.kind !== 'rd') return record
  const body = encodeStub({ ...identify(record.body), leaf: leafHash(record.body) })
  return { ...record, dropped: true, body }
}

/**
 * Bytes of a journal segment (schemas/journal.md). All integers are little-endian.
 *
 * Segment header: magic "FPJ1" (0), CRC-32C of bytes 8..16 (4), index of its first entry (8, 8 bytes).
 * Record: CRC-32C of the rest (0), body bytes (4, 2 bytes), kind (6), flags (7), index (8, 6 bytes),
 * commit (14, 6 bytes), ms since 1970 (20, 6 bytes), body (26).
 */
import { assert } from '../../core/failure.js'
import { recordBytesMax } from '../../core/limits.js'
import type { DroppedEntry, Entry, EntryKind } from '../../ports/journal.js'
import { crc32c } from './crc32c.js'

export const segmentHeaderBytes = 16
export const recordHeaderBytes = 26
/** kid (8), seq (8), leaf hash (32). */
export const stubBytes = 48

/** The last record of a commit: everything up to here was synced together. */
const flagLast = 1
/** The body is a stub: the reading itself has been dropped. */
const flagDropped = 2

const magic = Buffer.from('FPJ1', 'latin1')

/** Codes on disk; 0 is no kind, so that a page of zeros is never a record. */
const kindCodes: Record<EntryKind, number> = { rd: 1, en: 2, ro: 3, rv: 4, ap: 5, ep: 6, js: 7 }
const kindOfCode = Object.keys(kindCodes) as EntryKind[]

/** A record as it stands in a segment; `body` shares memory with the block it was read from. */
export interface StoredRecord {
  kind: EntryKind
  index: number
  /** Index of the first entry of its commit. */
  commit: number
  atMs: number
  last: boolean
  dropped: boolean
  body: Uint8Array
  /** Header and body. */
  bytes: number
}

/** Header of the segment whose first entry is `first`. */
export function writeSegmentHeader(buffer: Buffer, at: number, first: number): number {
  magic.copy(buffer, at)
  buffer.writeBigUInt64LE(BigInt(first), at + 8)
  buffer.writeUInt32LE(crc32c(buffer, at + 8, at + 16), at + 4)
  return at + segmentHeaderBytes
}

/** First index in a segment's header, or `undefined` where it is not one. */
export function readSegmentHeader(bytes: Buffer): number | undefined {
  if (bytes.length < segmentHeaderBytes || !bytes.subarray(0, 4).equals(magic)) return undefined
  if (bytes.readUInt32LE(4) !== crc32c(bytes, 8, 16)) return undefined
  const first = Number(bytes.readBigUInt64LE(8))
  return Number.isSafeInteger(first) ? first : undefined
}

/** Writes a record at `at`; returns where it ends. The caller has made sure that it fits. */
export function writeRecord(
  buffer: Buffer,
  at: number,
  record: Omit<StoredRecord, 'bytes'>,
): number {
  const { body } = record
  assert(body.length <= recordBytesMax, 'a record is at most recordBytesMax')
  buffer.writeUInt16LE(body.length, at + 4)
  buffer[at + 6] = kindCodes[record.kind]
  buffer[at + 7] = (record.last ? flagLast : 0) | (record.dropped ? flagDropped : 0)
  buffer.writeUIntLE(record.index, at + 8, 6)
  buffer.writeUIntLE(record.commit, at + 14, 6)
  buffer.writeUIntLE(record.atMs, at + 20, 6)
  const end = at + recordHeaderBytes + body.length
  buffer.set(body, at + recordHeaderBytes)
  buffer.writeUInt32LE(crc32c(buffer, at + 4, end), at)
  return end
}

/** The record at `at` of bytes that end at `end`; a text says what is wrong with it. */
export function readRecord(buffer: Buffer, at: number, end: number): StoredRecord | string {
  if (end - at < recordHeaderBytes) return 'the record is cut short'
  const length = buffer.readUInt16LE(at + 4)
  const kind = kindOfCode[buffer[at + 6]! - 1]
  const flags = buffer[at + 7]!
  if (length > recordBytesMax || kind === undefined || flags > 3) return 'this is no record'
  const bytes = recordHeaderBytes + length
  if (end - at < bytes) return 'the record is cut short'
  if (buffer.readUInt32LE(at) !== crc32c(buffer, at + 4, at + bytes))
    return 'the check value (CRC-32C) is wrong'
  return {
    kind,
    index: buffer.readUIntLE(at + 8, 6),
    commit: buffer.readUIntLE(at + 14, 6),
    atMs: buffer.readUIntLE(at + 20, 6),
    last: (flags & flagLast) !== 0,
    dropped: (flags & flagDropped) !== 0,
    body: buffer.subarray(at + recordHeaderBytes, at + bytes),
    bytes,
  }
}

/** What is left of a dropped reading. */
export interface Stub {
  /** 8 bytes. */
  kid: Uint8Array
  seq: number
  /** 32 bytes: the tiles can be rebuilt although the body is gone. */
  leaf: Uint8Array
}

/** Body of a dropped reading's record. */
export function encodeStub(stub: Stub): Uint8Array {
  const body = Buffer.alloc(stubBytes)
  body.set(stub.kid, 0)
  body.writeBigUInt64LE(BigInt(stub.seq), 8)
  body.set(stub.leaf, 16)
  return body
}

/** The entry that a record holds, in memory of its own. */
export function toEntry(record: StoredRecord): Entry | DroppedEntry {
  const { index, atMs, kind } = record
  const body = new Uint8Array(record.body)
  if (!record.dropped) return { index, atMs, kind, bytes: body }
  const seq = Number(Buffer.from(body.buffer).readBigUInt64LE(8))
  const kid = body.subarray(0, 8)
  return { index, atMs, kind: 'rd', bytes: undefined, kid, seq, leaf: body.subarray(16, 48) }
}

/**
 * Keys of the embedded database: one letter for the table, texts ended by a zero byte, numbers
 * big-endian, so that bytewise order is order by device, metric and time.
 */
import type { ClassicLevel } from 'classic-level'

export type Database = ClassicLevel<Buffer, Buffer>

/** One letter per table. */
export const tables = {
  meta: 'm',
  directory: 'd',
  raw: 'r',
  minute: '1',
  quarter: '2',
  hour: '3',
  sequence: 's',
  released: 'a',
  slot: 'p',
  answer: 'q',
  answerTime: 'w',
} as const

export type Table = (typeof tables)[keyof typeof tables]

const timeBytes = 5

/** Key of a single value, such as a cursor. */
export function metaKey(name: string): Buffer {
  return Buffer.from(tables.meta + name)
}

/** What all keys of a table and some texts begin with. */
export function prefixOf(table: Table, ...texts: readonly string[]): Buffer {
  return Buffer.from(table + texts.map((text) => `${text}\0`).join(''), 'latin1')
}

/** `prefix`, then Unix seconds in 5 bytes (until the year 36812). */
export function timeKey(prefix: Buffer, time: number): Buffer {
  const key = Buffer.allocUnsafe(prefix.length + timeBytes)
  prefix.copy(key)
  setTime(key, time)
  return key
}

/** Changes the time at the end of a key made by `timeKey`. */
export function setTime(key: Buffer, time: number): void {
  key.writeUIntBE(time, key.length - timeBytes, timeBytes)
}

/** Unix seconds at the end of a key made by `timeKey`. */
export function timeOf(key: Buffer): number {
  return key.readUIntBE(key.length - timeBytes, timeBytes)
}

/** `prefix`, then an integer below 2^53 in 8 bytes. */
export function countKey(prefix: Buffer, n: number): Buffer {
  const key = Buffer.allocUnsafe(prefix.length + 8)
  prefix.copy(key)
  writeCount(key, n, prefix.length)
  return key
}

/** The integer at the end of a key made by `countKey`. */
export function countOf(key: Buffer): number {
  return readCount(key, key.length - 8)
}

/** An integer below 2^53 as 8 bytes, big-endian. */
export function countBytes(n: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  writeCount(bytes, n, 0)
  return bytes
}

/** Writes an integer below 2^53 as 8 bytes, big-endian. */
export function writeCount(bytes: Buffer, n: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(n / 2 ** 32), at)
  bytes.writeUInt32BE(n % 2 ** 32, at + 4)
}

/** Reads what `writeCount` wrote. */
export function readCount(bytes: Buffer, at = 0): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}

/** The first key after all that begin with `prefix`. */
export function after(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  end[end.length - 1]! += 1
  return end
}

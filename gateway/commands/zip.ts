/**
 * A small ZIP writer (PKWARE APPNOTE 6.3.10): deflated files, no encryption, no 64-bit sizes. The
 * same files give the same bytes, so an export can be compared with another one.
 */
import { crc32, deflateRawSync } from 'node:zlib'
import { assert } from '../core/failure.js'

/** One file: its path inside the archive, with `/` between folders, ASCII. */
export interface ZipFile {
  path: string
  bytes: Uint8Array
}

const localHead = 0x04034b50
const centralHead = 0x02014b50
const endHead = 0x06054b50
/** Needs version 2.0: deflate. */
const version = 20
const deflated = 8
/** 1980-01-01, the first day that the format can say. */
const dosDate = 0x0021
/** A regular file that everybody may read, made on Unix. */
const madeBy = (3 << 8) | version
const mode = (0o100644 << 16) >>> 0

/** The bytes of an archive of these files, below 4 GiB and 65,536 files. */
export function zipOf(files: readonly ZipFile[]): Uint8Array {
  assert(files.length < 0xffff, 'a zip of fewer than 65,535 files')
  const parts: Buffer[] = []
  const central: Buffer[] = []
  let at = 0
  for (const { path, bytes } of files) {
    const name = Buffer.from(path, 'ascii')
    const body = deflateRawSync(bytes, { level: 9 })
    const common = commonFields(name, bytes, body)
    const local = Buffer.concat([uint32(localHead), uint16(version), common, uint16(0), name])
    central.push(
      Buffer.concat([
        ...[uint32(centralHead), uint16(madeBy), uint16(version), common],
        // Extra field, comment, disk number, internal attributes.
        ...[uint16(0), uint16(0), uint16(0), uint16(0)],
        ...[uint32(mode), uint32(at), name],
      ]),
    )
    parts.push(local, body)
    at += local.length + body.length
  }
  const directory = Buffer.concat(central)
  assert(at + directory.length < 0xffff_ffff, 'a zip below 4 GiB')
  const count = uint16(files.length)
  const end = [uint32(endHead), uint16(0), uint16(0), count, count]
  return Buffer.concat([
    ...parts,
    directory,
    ...end,
    uint32(directory.length),
    uint32(at),
    uint16(0),
  ])
}

/** What stands in both heads of a file: flags to the length of its name. */
function commonFields(name: Buffer, bytes: Uint8Array, body: Buffer): Buffer {
  return Buffer.concat([
    ...[uint16(0), uint16(deflated), uint16(0), uint16(dosDate)],
    ...[uint32(crc32(bytes)), uint32(body.length), uint32(bytes.length), uint16(name.length)],
  ])
}

function uint16(n: number): Buffer {
  const out = Buffer.alloc(2)
  out.writeUInt16LE(n)
  return out
}

function uint32(n: number): Buffer {
  const out = Buffer.alloc(4)
  out.writeUInt32LE(n)
  return out
}

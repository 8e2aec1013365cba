/**
 * What the journal needs of a file system, so that tests can make each step fail. The default is the
 * real one. Every function rejects with the operating system's error.
 */
import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** An open file. Positions and sizes in bytes. */
export interface File {
  /** Reads up to `length` bytes to `buffer[offset]`; resolves with how many, 0 at the end. */
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<number>
  /** Writes all of `length` bytes; a part may have been written where it rejects. */
  write(buffer: Uint8Array, offset: number, length: number, position: number): Promise<void>
  /** Makes the contents and the length durable. */
  datasync(): Promise<void>
  truncate(size: number): Promise<void>
  size(): Promise<number>
  close(): Promise<void>
}

/**
 * `read`: exists, read only. `update`: exists, read and write. `create`: must not exist.
 * `ensure`: read and write, made where it is missing.
 */
export type OpenMode = 'read' | 'update' | 'create' | 'ensure'

export interface FileSystem {
  open(path: string, mode: OpenMode): Promise<File>
  /** Names in a folder, in no order. */
  list(folder: string): Promise<string[]>
  /** Makes a folder and those above it, durable; no error where it exists. */
  makeFolder(folder: string): Promise<void>
  /** Makes the names in a folder durable. */
  syncFolder(folder: string): Promise<void>
  size(path: string): Promise<number>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
}

const flags: Record<OpenMode, number> = {
  read: constants.O_RDONLY,
  update: constants.O_RDWR,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  ensure: constants.O_RDWR | constants.O_CREAT,
}

/** Readings are private: only the gateway's user reads its files. */
const fileMode = 0o600
const folderMode = 0o700

/** The operating system's files. */
export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    return nodeFile(await open(path, flags[mode], fileMode))
  },
  list: (folder) => readdir(folder),
  async makeFolder(folder) {
    const path = resolve(folder)
    const highest = await mkdir(path, { recursive: true, mode: folderMode })
    if (highest === undefined) return
    // Each new folder is a name in the one above it.
    for (let made = path; made.length >= highest.length; made = dirname(made))
      await syncFolder(dirname(made))
  },
  syncFolder,
  async size(path) {
    return (await stat(path)).size
  },
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path),
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function nodeFile(handle: FileHandle): File {
  return {
    async read(buffer, offset, length, position) {
      return (await handle.read(buffer, offset, length, position)).bytesRead
    },
    async write(buffer, offset, length, position) {
      // A full disk or a signal can make a write short; what is left is tried again and then fails.
      for (let done = 0; done < length; ) {
        const left = length - done
        done += (await handle.write(buffer, offset + done, left, position + done)).bytesWritten
      }
    },
    datasync: () => handle.datasync(),
    truncate: (size) => handle.truncate(size),
    async size() {
      return (await handle.stat()).size
    },
    close: () => handle.close(),
  }
}

/** Reads `length` bytes at `position`, fewer only at the end of the file. */
export async function readFully(file: File, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const got = await file.read(buffer, done, length - done, position + done)
    if (got === 0) break
    done += got
  }
  return buffer.subarray(0, done)
}

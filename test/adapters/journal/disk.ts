/**
 * A disk in memory that fails like real ones: an operation can fail, fail although it was done, or be
 * done in part; a failed sync leaves its pages clean in the cache and never on the medium; a power
 * cut keeps what was synced and any part of the rest.
 */
import { dirname } from 'node:path'
import type { File, FileSystem, OpenMode } from '../../../gateway/adapters/journal/fileSystem.js'

/** How an operation fails. `torn`: a write is done in part, anything else not at all. */
export type FaultKind = 'fail' | 'done' | 'torn'

export interface Fault {
  /** Number of the operation, as `operations` counts them from 1. */
  at: number
  kind: FaultKind
  code: 'EIO' | 'ENOSPC'
}

/** Integer in [0, below). */
export type Random = (below: number) => number

type Change = { position: number; bytes: Uint8Array } | { length: number }

class Inode {
  /** What readers see. */
  cache: Uint8Array = new Uint8Array(0)
  /** What survives a power cut for certain. */
  medium: Uint8Array = new Uint8Array(0)
  /** Changes that the next sync makes durable. */
  dirty: Change[] = []
  /** Changes that a failed sync gave up: in the cache only. */
  givenUp: Change[] = []

  change(change: Change): void {
    this.cache = applied(this.cache, change)
    this.dirty.push(change)
  }

  sync(): void {
    for (const change of this.dirty) this.medium = applied(this.medium, change)
    this.dirty = []
    // Given up before this sync and not written again: never on the medium, the worst that can be.
    this.givenUp = []
  }

  copy(): Inode {
    const copy = new Inode()
    copy.cache = this.cache
    copy.medium = this.medium
    copy.dirty = [...this.dirty]
    copy.givenUp = [...this.givenUp]
    return copy
  }

  giveUp(): void {
    this.givenUp.push(...this.dirty)
    this.dirty = []
  }

  /** After a power cut: of each unsynced write nothing, all, or some first bytes are there. */
  cut(random: Random): Inode {
    const after = new Inode()
    let bytes = this.medium
    for (const change of [...this.givenUp, ...this.dirty]) {
      const luck = random(3)
      if (luck === 0) continue
      if ('length' in change || luck === 1) bytes = applied(bytes, change)
      else {
        const part = change.bytes.slice(0, random(change.bytes.length + 1))
        bytes = applied(bytes, { position: change.position, bytes: part })
      }
    }
    after.cache = bytes
    after.medium = bytes
    return after
  }
}

function applied(bytes: Uint8Array, change: Change): Uint8Array {
  const length =
    'length' in change
      ? change.length
      : Math.max(bytes.length, change.position + change.bytes.length)
  const after = new Uint8Array(length)
  after.set(bytes.subarray(0, length))
  if ('bytes' in change) after.set(change.bytes, change.position)
  return after
}

type Names = Map<string, Inode>

/** A name that comes to mean a file, or none. */
type NameChange = [path: string, inode: Inode | undefined]

function rename(names: Names, changes: readonly NameChange[]): void {
  for (const [path, inode] of changes) {
    if (inode === undefined) names.delete(path)
    else names.set(path, inode)
  }
}

export class Disk implements FileSystem {
  #names: Names = new Map()
  /** Names as of the last sync of their folder, and what has happened to names since. */
  #durable: Names = new Map()
  #renames: NameChange[][] = []
  #folders = new Set<string>()
  #halted = false
  /** Operations that change something, done or failed. */
  operations = 0
  /** Kinds of those operations, in order. */
  log: string[] = []
  /** Bytes that were read. */
  bytesRead = 0
  fault: Fault | undefined
  /** Called before each operation that changes something. */
  before: (() => void) | undefined

  /** No operation ends any more: the process is gone. */
  halt(): void {
    this.#halted = true
  }

  /** The disk as a new process finds it. This one stays as it is. */
  restarted(): Disk {
    return this.#copied((inode) => inode.copy(), this.#renames.length)
  }

  /** The disk after a power cut. */
  powerCut(random: Random): Disk {
    const kept = random(this.#renames.length + 1)
    const disk = this.#copied((inode) => inode.cut(random), kept)
    disk.#durable = new Map(disk.#names)
    disk.#renames = []
    return disk
  }

  /** A disk whose names are the durable ones and the first `kept` changes since. */
  #copied(copyOf: (inode: Inode) => Inode, kept: number): Disk {
    const disk = new Disk()
    const copies = new Map<Inode, Inode>()
    const once = (inode: Inode): Inode => {
      if (!copies.has(inode)) copies.set(inode, copyOf(inode))
      return copies.get(inode)!
    }
    for (const [path, inode] of this.#durable) disk.#durable.set(path, once(inode))
    for (const changes of this.#renames.slice(0, kept))
      disk.#renames.push(changes.map(([path, inode]) => [path, inode && once(inode)]))
    disk.#names = new Map(disk.#durable)
    for (const changes of disk.#renames) rename(disk.#names, changes)
    disk.#folders = new Set(this.#folders)
    return disk
  }

  /** Paths and contents, for tests to look at. */
  files(): string[] {
    return [...this.#names.keys()].sort()
  }

  contents(path: string): Uint8Array {
    return this.#inode(path).cache.slice()
  }

  /** Puts a file in place, durable. */
  put(path: string, bytes: Uint8Array): void {
    const inode = new Inode()
    inode.cache = bytes.slice()
    inode.medium = inode.cache
    this.#names.set(path, inode)
    this.#durable.set(path, inode)
    this.#folders.add(dirname(path))
  }

  delete(path: string): void {
    this.#names.delete(path)
    this.#durable.delete(path)
  }

  async open(path: string, mode: OpenMode): Promise<File> {
    await this.#turn()
    const known = this.#names.get(path)
    if (mode === 'create' && known !== undefined) throw osError('EEXIST', 'open')
    if (known !== undefined) return this.#file(known)
    if (mode === 'read' || mode === 'update') throw osError('ENOENT', 'open')
    const inode = new Inode()
    await this.#change('create', () => this.#rename([[path, inode]]))
    return this.#file(inode)
  }

  async list(folder: string): Promise<string[]> {
    await this.#turn()
    if (!this.#folders.has(folder)) throw osError('ENOENT', 'scandir')
    return this.files()
      .filter((path) => dirname(path) === folder)
      .map((path) => path.slice(folder.length + 1))
  }

  async makeFolder(folder: string): Promise<void> {
    if (!this.#folders.has(folder))
      await this.#change('makeFolder', () => this.#folders.add(folder))
  }

  syncFolder(_folder: string): Promise<void> {
    return this.#change('syncFolder', () => {
      for (const changes of this.#renames) rename(this.#durable, changes)
      this.#renames = []
    })
  }

  async size(path: string): Promise<number> {
    await this.#turn()
    return this.#inode(path).cache.length
  }

  rename(from: string, to: string): Promise<void> {
    return this.#change('rename', () => {
      const inode = this.#inode(from)
      this.#rename([
        [from, undefined],
        [to, inode],
      ])
    })
  }

  remove(path: string): Promise<void> {
    return this.#change('remove', () => {
      this.#inode(path)
      this.#rename([[path, undefined]])
    })
  }

  #rename(changes: NameChange[]): void {
    rename(this.#names, changes)
    this.#renames.push(changes)
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw osError('ENOENT', 'open')
    return inode
  }

  #file(inode: Inode): File {
    return {
      read: async (buffer, offset, length, position) => {
        await this.#turn()
        const bytes = inode.cache.subarray(position, position + length)
        buffer.set(bytes, offset)
        this.bytesRead += bytes.length
        return bytes.length
      },
      write: (buffer, offset, length, position) => {
        const bytes = buffer.slice(offset, offset + length)
        return this.#change(
          'write',
          () => inode.change({ position, bytes }),
          () => inode.change({ position, bytes: bytes.subarray(0, Math.floor(length / 2)) }),
        )
      },
      datasync: () =>
        this.#change(
          'datasync',
          () => inode.sync(),
          () => inode.giveUp(),
        ),
      truncate: (length) => this.#change('truncate', () => inode.change({ length })),
      size: async () => inode.cache.length,
      close: () => this.#turn(),
    }
  }

  /** An operation takes a turn of the event loop, and for ever once the process is gone. */
  async #turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    if (this.#halted) await new Promise(() => undefined)
  }

  async #change(kind: string, whole: () => unknown, part?: () => void): Promise<void> {
    await this.#turn()
    this.before?.()
    if (this.#halted) await new Promise(() => undefined)
    this.operations++
    this.log.push(kind)
    const { fault } = this
    if (fault?.at !== this.operations) {
      whole()
      return
    }
    if (fault.kind === 'done') whole()
    else if (kind === 'datasync' || fault.kind === 'torn') part?.()
    throw osError(fault.code, kind)
  }
}

function osError(code: string, operation: string): Error {
  return Object.assign(new Error(`${code}: injected, ${operation}`), { code })
}

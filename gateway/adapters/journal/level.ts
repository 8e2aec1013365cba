/** One level of the tiles: a file of hashes, and in memory what has been appended to it since. */
import { hash } from 'node:crypto'
import { assert } from '../../core/failure.js'
import { hashBytes, type NodeHash, perfectRoot, tileWidth } from '../../core/log/tree.js'
import { type File, readFully } from './fileSystem.js'

/** 256^7 leaves are more than 2^53. */
export const levelsMax = 7
const tileBytes = tileWidth * hashBytes
const firstTailBytes = 2 * tileBytes

/** Hashes in the last tile of a level of `count` hashes; 0 where every tile is full. */
export function widthOf(count: number): number {
  return count % tileWidth
}

/** Root over a full tile: one hash of the level above. */
export function tileRoot(tile: Uint8Array): Uint8Array {
  assert(tile.length === tileBytes, 'a tile is full')
  return perfectRoot(tile, nodeHasher())
}

/** Half the time of the portable hash: there is one node for each leaf of the log. */
export function nodeHasher(): NodeHash {
  const node = Buffer.alloc(1 + 2 * hashBytes, 1)
  return (left, right) => {
    node.set(left, 1)
    node.set(right, 1 + hashBytes)
    return hash('sha256', node, 'buffer')
  }
}

export class LevelFile {
  readonly #open: () => Promise<File>
  #file: File | undefined
  /** Hashes in the file that are known to be written. */
  #stored: number
  /** Hashes from `#tailStart`, which begins the last tile that was not full at the last sync. */
  #tail: Uint8Array<ArrayBuffer> = new Uint8Array(firstTailBytes)
  #tailStart: number
  #count: number

  constructor(open: () => Promise<File>, stored?: { file: File; count: number }) {
    this.#open = open
    this.#file = stored?.file
    this.#stored = stored?.count ?? 0
    this.#count = this.#stored
    this.#tailStart = this.#count
  }

  get isOpen(): boolean {
    return this.#file !== undefined
  }

  /** Hashes held, stored or not. */
  get count(): number {
    return this.#count
  }

  /** Reads the last tile, if it is not full, so that appends can complete it. */
  async loadTail(): Promise<void> {
    const start = this.#count - widthOf(this.#count)
    if (this.#tailStart <= start) return
    const bytes = await this.readStored(start, this.#count - start)
    this.#tail.set(bytes, 0)
    this.#tailStart = start
  }

  /** Appends whole hashes. */
  append(hashes: Uint8Array): void {
    const used = (this.#count - this.#tailStart) * hashBytes
    if (used + hashes.length > this.#tail.length) {
      const larger = new Uint8Array(Math.max(2 * this.#tail.length, used + hashes.length))
      larger.set(this.#tail.subarray(0, used))
      this.#tail = larger
    }
    this.#tail.set(hashes, used)
    this.#count += hashes.length / hashBytes
  }

  /** The last tile, just completed; shares memory. */
  lastTile(): Uint8Array {
    const end = (this.#count - this.#tailStart) * hashBytes
    assert(end >= tileBytes, 'the last tile is in memory')
    return this.#tail.subarray(end - tileBytes, end)
  }

  /** Hashes from the file or from memory. */
  async read(start: number, count: number): Promise<Uint8Array> {
    assert(start + count <= this.#count, 'the level holds these hashes')
    if (start >= this.#tailStart) return this.#fromTail(start, count)
    const below = Math.min(start + count, this.#tailStart) - start
    // What is in memory is taken before the file is waited for: a sync may move the tail meanwhile.
    const after = this.#fromTail(start + below, count - below)
    const out = new Uint8Array(count * hashBytes)
    out.set(await this.readStored(start, below))
    out.set(after, below * hashBytes)
    return out
  }

  #fromTail(start: number, count: number): Uint8Array {
    const from = (start - this.#tailStart) * hashBytes
    return this.#tail.slice(from, from + count * hashBytes)
  }

  /** Hashes as the file has them. */
  async readStored(start: number, count: number): Promise<Uint8Array> {
    if (count === 0) return new Uint8Array(0)
    assert(this.#file !== undefined, 'the level has a file')
    const bytes = await readFully(this.#file, start * hashBytes, count * hashBytes)
    if (bytes.length < count * hashBytes)
      throw new Error(`the file ends before hash ${start + count}`)
    return bytes
  }

  /** Writes what is only in memory and makes the file durable. Appends may go on meanwhile. */
  async sync(): Promise<void> {
    this.#file ??= await this.#open()
    const to = this.#count
    if (to === this.#stored) return
    const from = this.#stored
    const bytes = await this.read(from, to - from)
    await this.#file.write(bytes, 0, bytes.length, from * hashBytes)
    await this.#file.datasync()
    this.#stored = to
    this.#forget(to - widthOf(to))
  }

  /** Lets go of stored tiles below `start`, keeping the tile that is not full. */
  #forget(start: number): void {
    if (start <= this.#tailStart) return
    const kept = this.#tail.subarray((start - this.#tailStart) * hashBytes)
    const tail = new Uint8Array(Math.max(firstTailBytes, kept.length))
    tail.set(kept)
    this.#tail = tail
    this.#tailStart = start
  }

  /** Cuts the level to `count` hashes; durable with the next sync. */
  async truncate(count: number): Promise<void> {
    this.#count = Math.min(this.#count, count)
    if (this.#stored > this.#count) {
      await this.#file?.truncate(this.#count * hashBytes)
      await this.#file?.datasync()
      this.#stored = this.#count
    }
    this.#tailStart = Math.min(this.#tailStart, this.#count)
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = undefined
  }
}

/**
 * Hash tiles: one file per tile level, `level-0`, `level-1`, .., 32 bytes per hash in order. Level
 * L + 1 is derived from level L, and all of it from the journal, so nothing here has a check value:
 * the root recomputed from the files is compared before anything is signed.
 */
import { join } from 'node:path'
import { assert, Failure, messageOf } from '../../core/failure.js'
import { hashBytes, rootAt, tileWidth } from '../../core/log/tree.js'
import type { Tiles } from '../../ports/tiles.js'
import { type File, type FileSystem, nodeFileSystem } from './fileSystem.js'
import { LevelFile, levelsMax, nodeHasher, tileRoot, widthOf } from './level.js'

export interface TilesOptions {
  /** Folder of the level files; made where it is missing. */
  folder: string
  fileSystem?: FileSystem
}

/**
 * Opens the tiles in a folder: cuts each level to whole hashes, derives higher levels that are
 * short, cuts those that are long. Throws Failure('data') where the folder cannot be used.
 *
 * After a crash the end of a level may hold anything: the caller truncates to what it has in a
 * checkpoint, compares `storedRoot`, and appends the rest from the journal.
 */
export async function openTiles(options: TilesOptions): Promise<Tiles> {
  const { folder, fileSystem = nodeFileSystem } = options
  try {
    await fileSystem.makeFolder(folder)
    const tiles = new StoredTiles(folder, fileSystem)
    await tiles.load()
    return tiles
  } catch (error) {
    const message = `cannot open the log tiles in ${folder}: ${messageOf(error)}`
    throw new Failure('data', message, { cause: error })
  }
}

class StoredTiles implements Tiles {
  readonly #folder: string
  readonly #fileSystem: FileSystem
  readonly #levels: LevelFile[] = []
  /** `sync`, `truncate` and `close` follow each other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(folder: string, fileSystem: FileSystem) {
    this.#folder = folder
    this.#fileSystem = fileSystem
  }

  get size(): number {
    return this.#levels[0]?.count ?? 0
  }

  async load(): Promise<void> {
    const names = new Set(await this.#fileSystem.list(this.#folder))
    for (let level = 0; level < levelsMax && names.has(`level-${level}`); level++)
      await this.#openLevel(level)
    await this.#fit(this.size)
  }

  append(leaves: Uint8Array): void {
    assert(leaves.length % hashBytes === 0, 'leaves are whole hashes')
    if (leaves.length > 0) this.#appendTo(0, leaves)
  }

  /** Appends to a level, and the root of each tile that this completes to the level above. */
  #appendTo(level: number, hashes: Uint8Array): void {
    const file = this.#level(level)
    for (let at = 0; at < hashes.length; ) {
      const room = (tileWidth - widthOf(file.count)) * hashBytes
      const end = Math.min(hashes.length, at + room)
      file.append(hashes.subarray(at, end))
      if (widthOf(file.count) === 0) this.#appendTo(level + 1, tileRoot(file.lastTile()))
      at = end
    }
  }

  sync(): Promise<void> {
    return this.#next(() => this.#store())
  }

  async #store(): Promise<void> {
    let made = false
    for (const level of this.#levels) {
      made ||= !level.isOpen
      await level.sync()
    }
    if (made) await this.#fileSystem.syncFolder(this.#folder)
  }

  async read(level: number, start: number, count: number): Promise<Uint8Array> {
    const file = this.#levels[level]
    if (file === undefined || start < 0 || count < 0 || start + count > file.count)
      throw new RangeError(`level ${level} holds no hashes ${start} to ${start + count - 1}`)
    return file.read(start, count)
  }

  storedRoot(size: number): Promise<Uint8Array> {
    assert(size <= this.size, 'the tree holds that many leaves')
    return rootAt(
      (level, start, count) => this.#level(level).readStored(start, count),
      size,
      nodeHasher(),
    )
  }

  truncate(size: number): Promise<void> {
    return this.#next(async () => {
      await this.#fit(Math.min(size, this.size))
      await this.#store()
    })
  }

  close(): Promise<void> {
    return this.#next(async () => {
      for (const level of this.#levels) await level.close()
    })
  }

  #next(step: () => Promise<void>): Promise<void> {
    const run = this.#last.then(step)
    this.#last = run.catch(() => undefined)
    return run
  }

  /** Makes every level as long as a tree of `size` leaves has it. */
  async #fit(size: number): Promise<void> {
    let count = size
    for (let level = 0; level < this.#levels.length || count > 0; level++) {
      const file = this.#level(level)
      if (file.count > count) await file.truncate(count)
      await file.loadTail()
      for (let tile = file.count; level > 0 && tile < count; tile++) {
        const below = this.#level(level - 1)
        file.append(tileRoot(await below.read(tile * tileWidth, tileWidth)))
      }
      count = Math.floor(count / tileWidth)
    }
  }

  #level(level: number): LevelFile {
    assert(level < levelsMax, 'a log has fewer than 2^53 leaves')
    while (this.#levels.length <= level) this.#levels.push(this.#newLevel(this.#levels.length))
    return this.#levels[level]!
  }

  #newLevel(level: number, stored?: { file: File; count: number }): LevelFile {
    const path = join(this.#folder, `level-${level}`)
    return new LevelFile(() => this.#fileSystem.open(path, 'ensure'), stored)
  }

  async #openLevel(level: number): Promise<void> {
    const file = await this.#fileSystem.open(join(this.#folder, `level-${level}`), 'update')
    const count = Math.floor((await file.size()) / hashBytes)
    this.#levels.push(this.#newLevel(level, { file, count }))
  }
}

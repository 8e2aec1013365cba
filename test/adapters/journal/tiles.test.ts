import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTiles } from '../../../gateway/adapters/journal/tiles.js'
import { equal } from '../../../gateway/core/bytes.js'
import {
  Frontier,
  hashBytes,
  inclusionPath,
  perfectRoot,
  rootAt,
  verifyInclusion,
} from '../../../gateway/core/log/tree.js'
import type { Tiles } from '../../../gateway/ports/tiles.js'
import { Disk, type FaultKind } from './disk.js'
import { rejection } from './support.js'

const folder = '/data/tiles'
const leafCount = 66_000
const leaves = new Uint8Array(leafCount * hashBytes)
for (let n = 0; n < leafCount; n++)
  leaves.set(Buffer.alloc(hashBytes, `leaf hash ${n}, `), n * hashBytes)
const roots = new Map<number, Uint8Array>()

/** Root of the first leaves, by another way than tiles. */
function rootOf(size: number): Uint8Array {
  if (!roots.has(size)) {
    const frontier = new Frontier()
    for (let n = 0; n < size; n++) frontier.append(slice(n, n + 1))
    roots.set(size, frontier.root())
  }
  return roots.get(size)!
}

function slice(from: number, to: number): Uint8Array {
  return leaves.subarray(from * hashBytes, to * hashBytes)
}

function open(disk: Disk): Promise<Tiles> {
  return openTiles({ folder, fileSystem: disk })
}

async function expectTree(tiles: Tiles, size: number): Promise<void> {
  expect(tiles.size).toBe(size)
  const root = await rootAt((...range) => tiles.read(...range), size)
  expect(equal(root, rootOf(size))).toBe(true)
}

describe('tiles', () => {
  it('hold every level of a tree of 66,000 leaves, however it grew', async () => {
    const disk = new Disk()
    const tiles = await open(disk)
    for (let n = 0, step = 1; n < leafCount; step = (step * 7) % 5003) {
      const end = Math.min(leafCount, n + step)
      tiles.append(slice(n, end))
      n = end
      if (step % 3 === 0) await tiles.sync()
    }
    await tiles.sync()
    await expectTree(tiles, leafCount)
    expect(disk.files()).toEqual(
      ['level-0', 'level-1', 'level-2'].map((name) => `${folder}/${name}`),
    )
    expect(disk.contents(`${folder}/level-0`).length).toBe(66_000 * 32)
    expect(disk.contents(`${folder}/level-1`).length).toBe(257 * 32)
    expect(disk.contents(`${folder}/level-2`).length).toBe(32)
    expect(await tiles.read(1, 17, 1)).toEqual(perfectRoot(slice(17 * 256, 18 * 256)))
    const path = await inclusionPath((...range) => tiles.read(...range), 65_999, leafCount)
    expect(verifyInclusion(slice(65_999, 66_000), 65_999, leafCount, path, rootOf(leafCount))).toBe(
      true,
    )
    expect(equal(await tiles.storedRoot(leafCount), rootOf(leafCount))).toBe(true)
    expect(equal(await tiles.storedRoot(1000), rootOf(1000))).toBe(true)
  })

  it('are read from memory until they are stored', async () => {
    const disk = new Disk()
    const tiles = await open(disk)
    tiles.append(slice(0, 700))
    await expectTree(tiles, 700)
    expect(disk.files()).toEqual([])
    await rejection(tiles.storedRoot(700))
    await tiles.sync()
    expect(equal(await tiles.storedRoot(700), rootOf(700))).toBe(true)
    tiles.append(slice(700, 1300))
    expect(equal(await tiles.read(0, 600, 600), slice(600, 1200))).toBe(true)
    await expectTree(tiles, 1300)
    await rejection(tiles.storedRoot(1300))
    expect(equal(await tiles.storedRoot(700), rootOf(700))).toBe(true)
  })

  it('may grow while they are stored and read', async () => {
    const tiles = await open(new Disk())
    const work: Promise<unknown>[] = []
    for (let n = 0; n < 3000; n += 100) {
      tiles.append(slice(n, n + 100))
      if (n % 300 === 0) work.push(tiles.sync())
      work.push(
        tiles
          .read(0, n / 2, n / 2 + 100)
          .then((hashes) => expect(equal(hashes, slice(n / 2, n + 100))).toBe(true)),
      )
      await new Promise((resolve) => setImmediate(resolve))
    }
    await Promise.all(work)
    await tiles.sync()
    await expectTree(tiles, 3000)
    expect(equal(await tiles.storedRoot(3000), rootOf(3000))).toBe(true)
  })

  it('give nothing beyond the tree, and take only whole hashes', async () => {
    const tiles = await open(new Disk())
    tiles.append(slice(0, 300))
    for (const [level, start, count] of [
      [0, 300, 1],
      [0, 0, 301],
      [1, 1, 1],
      [2, 0, 1],
      [9, 0, 1],
      [0, -1, 1],
    ] as const)
      await expect(tiles.read(level, start, count)).rejects.toThrow(RangeError)
    expect(await tiles.read(1, 0, 1)).toHaveLength(32)
    expect(await tiles.read(0, 5, 0)).toHaveLength(0)
    expect(() => tiles.append(new Uint8Array(33))).toThrow('whole hashes')
    expect(tiles.size).toBe(300)
  })

  it('go back to a size and grow again, on disk too', async () => {
    for (const stored of [true, false]) {
      for (const size of [0, 1, 256, 257, 999, 5000]) {
        const disk = new Disk()
        const tiles = await open(disk)
        tiles.append(slice(0, 600))
        if (stored) await tiles.sync()
        tiles.append(slice(600, 1000))
        await tiles.truncate(size)
        const kept = Math.min(size, 1000)
        await expectTree(tiles, kept)
        expect(equal(await tiles.storedRoot(kept), rootOf(kept))).toBe(true)
        const again = await open(disk.powerCut(() => 0))
        await expectTree(again, kept)
        tiles.append(slice(kept, 1100))
        await expectTree(tiles, 1100)
      }
    }
  })

  it('close what they opened and keep it', async () => {
    const disk = new Disk()
    const tiles = await open(disk)
    tiles.append(slice(0, 300))
    await tiles.sync()
    await tiles.close()
    await expectTree(await open(disk), 300)
  })

  it('are private files on a real file system', async () => {
    const real = await mkdtemp(join(tmpdir(), 'fieldproof-tiles-'))
    try {
      const tiles = await openTiles({ folder: join(real, 'a', 'tiles') })
      tiles.append(slice(0, 600))
      await tiles.sync()
      await tiles.close()
      for (const name of await readdir(join(real, 'a', 'tiles')))
        expect((await stat(join(real, 'a', 'tiles', name))).mode & 0o777).toBe(0o600)
      const again = await openTiles({ folder: join(real, 'a', 'tiles') })
      await expectTree(again, 600)
      await again.close()
    } finally {
      await rm(real, { recursive: true })
    }
  })
})

describe('a start', () => {
  async function stored(size: number): Promise<Disk> {
    const disk = new Disk()
    const tiles = await open(disk)
    tiles.append(slice(0, size))
    await tiles.sync()
    await tiles.close()
    return disk
  }

  it('cuts a level to whole hashes', async () => {
    const disk = await stored(600)
    const level0 = disk.contents(`${folder}/level-0`)
    for (const extra of [1, 31]) {
      disk.put(`${folder}/level-0`, level0.subarray(0, 500 * 32 + extra))
      const tiles = await open(disk)
      await expectTree(tiles, 500)
      tiles.append(slice(500, 520))
      await tiles.sync()
      expect(equal(disk.contents(`${folder}/level-0`), slice(0, 520))).toBe(true)
      disk.put(`${folder}/level-1`, perfectRoot(slice(0, 256)))
    }
  })

  it('derives what a higher level lacks and cuts what it has too much', async () => {
    const disk = await stored(1100)
    const level1 = disk.contents(`${folder}/level-1`)
    expect(level1.length).toBe(4 * 32)
    disk.delete(`${folder}/level-1`)
    await expectTree(await open(disk), 1100)
    disk.put(`${folder}/level-1`, level1.subarray(0, 70))
    const tiles = await open(disk)
    await expectTree(tiles, 1100)
    await tiles.sync()
    expect(disk.contents(`${folder}/level-1`)).toEqual(level1)
    disk.put(`${folder}/level-0`, disk.contents(`${folder}/level-0`).slice(0, 300 * 32))
    await expectTree(await open(disk), 300)
    disk.delete(`${folder}/level-0`)
    await expectTree(await open(disk), 0)
  })

  it('refuses a folder that cannot be used', async () => {
    const disk = new Disk()
    disk.makeFolder = () => Promise.reject(new Error('EACCES: no'))
    expect(await rejection(open(disk))).toMatchObject({ code: 'data' })
  })

  it('leaves it to the caller to compare the root: the files say nothing of themselves', async () => {
    const disk = await stored(600)
    const level1 = disk.contents(`${folder}/level-1`)
    level1[0]! ^= 1
    disk.put(`${folder}/level-1`, level1)
    const tiles = await open(disk)
    expect(equal(await tiles.storedRoot(600), rootOf(600))).toBe(false)
  })
})

describe('every durable step, failed, failed but done, and torn', () => {
  /** Grows, stores, goes back, grows: what a gateway does. Returns the size that was stored for certain. */
  async function script(disk: Disk): Promise<{ stored: number; failed: boolean }> {
    let stored = 0
    try {
      const tiles = await open(disk)
      for (const size of [100, 300, 600]) {
        tiles.append(slice(tiles.size, size))
        await tiles.sync()
        stored = size
      }
      stored = 290
      await tiles.truncate(290)
      tiles.append(slice(290, 900))
      await tiles.sync()
      stored = 900
      await tiles.close()
    } catch {
      return { stored, failed: true }
    }
    return { stored, failed: false }
  }

  it.each<FaultKind>(['fail', 'done', 'torn'])(
    'keeps what was synced: %s',
    async (kind) => {
      const good = new Disk()
      expect(await script(good)).toEqual({ stored: 900, failed: false })
      for (let at = 1; at <= good.operations; at++) {
        const disk = new Disk()
        disk.fault = { at, kind, code: 'EIO' }
        const { stored, failed } = await script(disk)
        expect([at, failed]).toEqual([at, true])
        for (const random of [() => 0, () => 1, (below: number) => below - 1]) {
          for (const after of [disk.restarted(), disk.powerCut(random)]) {
            const tiles = await open(after)
            expect(tiles.size).toBeGreaterThanOrEqual(stored)
            // What the newest checkpoint does not cover is derived anew from the journal.
            await tiles.truncate(stored)
            await expectTree(tiles, stored)
            tiles.append(slice(stored, 1000))
            await tiles.sync()
            expect(equal(await tiles.storedRoot(1000), rootOf(1000))).toBe(true)
          }
        }
      }
    },
    60_000,
  )
})

/** Journal and tree keep one order, whatever waits for a cut and whatever comes right behind it. */
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openJournal } from '../../gateway/adapters/journal/journal.js'
import { openTiles } from '../../gateway/adapters/journal/tiles.js'
import { systemClock } from '../../gateway/adapters/system/clock.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import {
  type ContributionLog,
  createContributionLog,
  type NewLeaf,
} from '../../gateway/pipeline/contributionLog.js'
import type { Journal } from '../../gateway/ports/journal.js'
import type { Tiles } from '../../gateway/ports/tiles.js'
import { temporaryFolder } from '../support/gateway.js'

let journal: Journal
let tiles: Tiles
let log: ContributionLog

beforeEach(async () => {
  const folder = temporaryFolder()
  journal = await openJournal({
    folder: join(folder, 'journal'),
    clock: systemClock,
    fatal: (failure) => {
      throw failure
    },
  })
  tiles = await openTiles({ folder: join(folder, 'tiles') })
  log = createContributionLog(journal, tiles, () => {})
})

afterEach(async () => {
  await journal.close()
  await tiles.close()
})

function entry(text: string): NewLeaf {
  return { kind: 'rd', bytes: new TextEncoder().encode(text) }
}

it('keeps the order of the journal where appends wait for a cut and others follow at once', async () => {
  const placed: Promise<{ first: number }>[] = []
  /** An append in each of many turns: some while the cut is made, some in the commit behind it. */
  async function keepAppending(): Promise<void> {
    for (let i = 0; i < 60; i++) {
      placed.push(log.append([entry(`${i}`)]))
      await undefined
    }
  }
  let appending: Promise<void> | undefined
  await log.cut(1, async (size) => {
    expect(size).toBe(0)
    appending = keepAppending()
    await undefined
    return [entry('cut')]
  })
  await appending
  const firsts = (await Promise.all(placed)).map(({ first }) => first)
  expect(firsts).toEqual(firsts.map((_, i) => i + 1))
  await expectSameOrder(61)
})

it('puts what is handed in before a cut under it', async () => {
  const before = [log.append([entry('a')]), log.append([entry('b'), entry('c')])]
  await log.cut(2, async (size) => [entry(`cut at ${size}`), entry('and more')])
  await Promise.all(before)
  expect(log.size).toBe(5)
  expect(new TextDecoder().decode(await bytesAt(3))).toBe('cut at 3')
  await expectSameOrder(5)
})

/** Each leaf of the tree is that of the journal's entry in its place. */
async function expectSameOrder(size: number): Promise<void> {
  expect([log.size, log.issued, tiles.size, journal.size]).toEqual([size, size, size, size])
  for (let i = 0; i < size; i++)
    expect(await tiles.read(0, i, 1), `entry ${i}`).toEqual(leafHash(await bytesAt(i)))
}

async function bytesAt(index: number): Promise<Uint8Array> {
  return (await journal.read(index))!.bytes!
}

import { readdirSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withholdBefore } from '../../gateway/adapters/system/rosterFiles.js'
import type { Device } from '../../gateway/core/device/registry.js'
import { publicationOf } from '../../gateway/core/privacy/windows.js'
import type { SoldRows } from '../../gateway/ports/sales.js'
import { randomFrom } from '../../simulator/random.js'
import type { TestHolder } from '../support/holder.js'
import { cell, deviceNumber, type LifeOptions, life, midnight } from './releaseBench.js'

let folder: string
let clock: { sec: number }
let running: Awaited<ReturnType<typeof life>> | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'releases-'))
  clock = { sec: midnight + 10 }
})

afterEach(async () => {
  await running?.stop()
  running = undefined
  await rm(folder, { recursive: true })
})

async function start(devices: readonly Device[], more: Partial<LifeOptions> = {}) {
  await running?.stop()
  running = await life({ folder, clock, devices, ...more })
  return running
}

/** Devices of owners of their own, and their keys. */
function fleet(count: number, more: Partial<Device> = {}): [Device[], TestHolder[]] {
  const all = Array.from({ length: count }, (_, n) => deviceNumber(n, more))
  return [all.map(([device]) => device), all.map(([, holder]) => holder)]
}

const series = { metric: 'temperature', cell, step: 900 } as const
const p = (t: number) => publicationOf(900, t)

async function rowAt(t: number, of: { metric: 'temperature' | 'noise'; step: number } = series) {
  const rows = await running!.releases.rows.range({ cell, ...of }, t, t + 1, 2)
  return rows[0]?.row
}

describe('an environment window', () => {
  it('is released over owners, of what was journalled before P and measured within it', async () => {
    const [devices, holders] = fleet(5)
    const gateway = await start(devices)
    const values = [200, 210, 220, 230, 290]
    for (const [i, holder] of holders.entries()) await gateway.send(holder, values[i]!)
    // Of the second before the window and of the next one: neither is in it.
    await gateway.send(holders[0]!, 850, { time: midnight - 1 })
    await gateway.send(holders[0]!, 850, { time: midnight + 900 })
    clock.sec = p(midnight) - 1
    // Late, and within the window: it is in.
    await gateway.send(holders[0]!, 200, { time: midnight + 899 })
    clock.sec = p(midnight)
    await gateway.send(holders[1]!, 850, { time: midnight + 100 })
    await gateway.at(p(midnight) + 1)
    await start(devices)
    expect(await rowAt(midnight)).toMatchObject({
      class: 'k-anonymous',
      k: 3,
      mean: 23,
      median: 22,
      n: 5,
    })
  })

  it('counts a second once, by the highest sequence', async () => {
    const [devices, holders] = fleet(3)
    const gateway = await start(devices)
    for (const holder of holders) await gateway.send(holder, 100, { time: midnight + 5 })
    for (const holder of holders) await gateway.send(holder, 200, { time: midnight + 5 })
    await gateway.at(p(midnight) + 1)
    await start(devices)
    expect(await rowAt(midnight)).toMatchObject({ mean: 20 })
  })

  it('is withheld where fewer than k owners were heard, and has no row without a node', async () => {
    const [devices, holders] = fleet(5)
    const gateway = await start(devices)
    for (const holder of holders.slice(0, 2)) await gateway.send(holder, 210)
    await gateway.at(p(midnight) + 1)
    await start(devices.slice(0, 2))
    expect(await rowAt(midnight)).toMatchObject({ class: 'withheld' })
    await running!.at(midnight + 86_400 + p(midnight) - midnight + 1)
    // The next day has a roster of two: no node, no row.
    expect(await rowAt(midnight + 86_400)).toBeUndefined()
  })

  it('is drawn once: another start gives the same bytes, whatever came later', async () => {
    const [devices, holders] = fleet(4)
    const first = await start(devices)
    for (const holder of holders) await first.send(holder, 215)
    await first.at(p(midnight) + 1)
    const texts: string[] = []
    for (let i = 0; i < 3; i++) {
      const again = await start(devices)
      await again.send(holders[0]!, 600 + i, { time: midnight + 20 + i })
      await again.at(clock.sec + 5)
      const [row] = await again.releases.rows.range(series, midnight, midnight + 1, 2)
      texts.push(row!.text)
    }
    expect(new Set(texts).size).toBe(1)
    const { hashesOf } = running!.releases
    expect(await hashesOf({ from: p(midnight), to: p(midnight) + 1 })).toHaveLength(1)
    expect(await hashesOf({ from: p(midnight) + 1, to: p(midnight) + 2 })).toHaveLength(0)
  })
})

describe('slots', () => {
  it('that fell due while the gateway was away are drawn at the start, with the rosters of their days', async () => {
    const [devices, holders] = fleet(3)
    const gateway = await start(devices)
    for (const holder of holders) await gateway.send(holder, 215)
    await gateway.stop()
    running = undefined
    clock.sec = midnight + 2 * 86_400 + 60
    await start(devices)
    expect(await rowAt(midnight)).toMatchObject({ class: 'k-anonymous', mean: 21.5 })
    expect(await rowAt(midnight + 900)).toMatchObject({ class: 'withheld' })
    expect(await rowAt(midnight + 86_400)).toMatchObject({ class: 'withheld' })
    const kept = readdirSync(join(folder, 'releases/rosters')).map((name) =>
      Number.parseInt(name, 10),
    )
    expect(kept).toContain(midnight / 86_400 + 1)
  })

  it('are published together at their own moment, and not before', async () => {
    const [devices, holders] = fleet(3)
    const gateway = await start(devices)
    for (const holder of holders) await gateway.send(holder, 215)
    await gateway.at(p(midnight) + 1)
    expect(gateway.live).toEqual([])
    expect(gateway.published).toEqual([])
    expect(await rowAt(midnight)).toBeUndefined()
    clock.sec = p(midnight) + 4
    const deadline = Date.now() + 20_000
    while (gateway.live.length < 2 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20))
    // The window before this one was due as well.
    expect(gateway.published.map(({ row }) => row.t)).toEqual([midnight - 900, midnight])
    const texts = gateway.published.map(({ text }) => text)
    expect(gateway.live.map(({ text }) => text)).toEqual(texts)
    expect(gateway.live.at(-1)?.topic).toBe(`live/temperature/${cell}/900`)
    expect(await rowAt(midnight)).toEqual(gateway.published[1]!.row)
  })

  it('keep their step for the day: another one counts from the next', async () => {
    const [devices, holders] = fleet(3)
    await start(devices)
    const hourly = await start(devices, { settings: { window: 3_600 } })
    for (const holder of holders) await hourly.send(holder, 215)
    expect(
      hourly.releases.rows.offers().find(({ metric }) => metric === 'temperature'),
    ).toMatchObject({
      step: 900,
    })
    await hourly.at(midnight + 86_400 + 4_501)
    await start(devices, { settings: { window: 3_600 } })
    expect(await rowAt(midnight)).toMatchObject({ class: 'k-anonymous' })
    expect(await rowAt(midnight + 86_400, { metric: 'temperature', step: 3_600 })).toMatchObject({
      class: 'withheld',
    })
    expect(running!.releases.rows.steps('temperature')).toEqual([900, 3_600])
  })
})

describe('rosters', () => {
  it('are those of 00:00: who came later is in no row of the day', async () => {
    const [devices, holders] = fleet(3)
    const [late, lateHolder] = deviceNumber(7, { ownedSec: midnight + 60 })
    await start(devices)
    const gateway = await start([...devices, late])
    for (const holder of [...holders, lateHolder]) await gateway.send(holder, 200)
    await gateway.send(lateHolder, 850)
    await gateway.at(p(midnight) + 1)
    await start([...devices, late])
    expect(await rowAt(midnight)).toMatchObject({ mean: 20, n: 3 })
  })

  it("freeze on the gateway's first day with the first row that is not withheld", async () => {
    const first = { beganSec: midnight + 5 }
    const [devices, holders] = fleet(3)
    const gateway = await start(devices, first)
    await gateway.at(p(midnight) + 1)
    // Withheld: nobody spoke. A fourth owner comes and is in the first row that is released.
    const [fourth, holder] = deviceNumber(7, { ownedSec: midnight + 1_200 })
    const more = await start([...devices, fourth], first)
    for (const one of [...holders, holder]) await more.send(one, one === holder ? 240 : 200)
    await more.at(p(midnight + 900) + 1)
    const [fifth, fifthHolder] = deviceNumber(8, { ownedSec: midnight + 2_400 })
    const last = await start([...devices, fourth, fifth], first)
    for (const one of [...holders, holder, fifthHolder])
      await last.send(one, one === fifthHolder ? 800 : one === holder ? 240 : 200)
    await last.at(p(midnight + 1_800) + 1)
    await start([...devices, fourth, fifth], first)
    expect(await rowAt(midnight)).toMatchObject({ class: 'withheld' })
    expect(await rowAt(midnight + 900)).toMatchObject({ mean: 21 })
    expect(await rowAt(midnight + 1_800)).toMatchObject({ mean: 21 })
  })

  it('leave out what an owner does not sell', async () => {
    const [devices, holders] = fleet(4)
    devices[3] = { ...devices[3]!, soldMetrics: [] }
    const gateway = await start(devices)
    for (const holder of holders) await gateway.send(holder, holder === holders[3] ? 800 : 200)
    await gateway.at(p(midnight) + 1)
    await start(devices)
    expect(await rowAt(midnight)).toMatchObject({ mean: 20, n: 3 })
  })
})

describe('a personal window', () => {
  const noisy = {
    metrics: ['noise'] as Device['metrics'],
    soldMetrics: ['noise'] as Device['soldMetrics'],
  }
  const day = { metric: 'noise', step: 86_400 } as const
  const due = publicationOf(86_400, midnight) + 1

  it('has noise, also where nobody was heard; smaller rosters are withheld', async () => {
    const [devices, holders] = fleet(26, noisy)
    const gateway = await start(devices)
    for (const holder of holders) await gateway.send(holder, 500, { metric: 'noise' })
    await gateway.at(due)
    await start(devices.slice(0, 24))
    const row = await rowAt(midnight, day)
    expect(row).toMatchObject({ class: 'differentially-private', epsilon: '1', n: 25 })
    // The roster of the second day was frozen with 26, that of the third with 24.
    await running!.at(due + 2 * 86_400)
    await start(devices.slice(0, 24))
    expect(await rowAt(midnight + 86_400, day)).toMatchObject({ class: 'differentially-private' })
    expect(await rowAt(midnight + 2 * 86_400, day)).toMatchObject({ class: 'withheld' })
  })

  it('is drawn by the bits it is given, and those alone', async () => {
    const medians: unknown[] = []
    for (const seed of ['a', 'a', 'b']) {
      await rm(folder, { recursive: true })
      clock = { sec: midnight + 10 }
      const [devices, holders] = fleet(25, noisy)
      const random = randomFrom(seed, 'noise')
      const bytes = (count: number) => Uint8Array.from({ length: count }, () => 256 * random.unit())
      const gateway = await start(devices, { random: bytes })
      for (const holder of holders) await gateway.send(holder, 500, { metric: 'noise' })
      await gateway.at(due)
      await start(devices, { random: bytes })
      medians.push(await rowAt(midnight, day))
      await running!.stop()
      running = undefined
    }
    expect(medians[0]).toEqual(medians[1])
    expect(medians[2]).not.toEqual(medians[1])
  })
})

describe('the log of releases', () => {
  async function released(): Promise<Device[]> {
    const [devices, holders] = fleet(3)
    const gateway = await start(devices)
    for (const holder of holders) await gateway.send(holder, 215)
    await gateway.at(p(midnight) + 1)
    await gateway.stop()
    running = undefined
    return devices
  }

  it('fills the index again where that is lost', async () => {
    const devices = await released()
    await rm(join(folder, 'level'), { recursive: true })
    await start(devices)
    expect(await rowAt(midnight)).toMatchObject({ class: 'k-anonymous' })
  })

  it('refuses a start where it is damaged, lost or not understood', async () => {
    const devices = await released()
    const rows = join(folder, 'releases/rows')
    const path = join(rows, readdirSync(rows)[0]!)
    const bytes = await readFile(path)
    await rm(rows, { recursive: true })
    await expect(start(devices)).rejects.toThrow('restore the newest backup')
    await mkdir(rows, { recursive: true })
    const broken = Buffer.from(bytes)
    broken[broken.indexOf('median')]! ^= 1
    await writeFile(path, broken)
    await expect(start(devices)).rejects.toMatchObject({ code: 'data' })
  })

  it('withholds for ever what began before a restore', async () => {
    const devices = await released()
    await rm(join(folder, 'level'), { recursive: true })
    await rm(join(folder, 'releases/rows'), { recursive: true })
    await withholdBefore(join(folder, 'releases'), midnight + 1_000)
    clock.sec = p(midnight + 1_800) + 1
    await start(devices)
    expect(await rowAt(midnight)).toBeUndefined()
    expect(await rowAt(midnight + 900)).toBeUndefined()
    expect(await rowAt(midnight + 1_800)).toMatchObject({ class: 'withheld' })
  })
})

describe('sales', () => {
  it('pay the devices that were heard in a row, owner by owner', async () => {
    const [devices, holders] = fleet(4)
    const [second, secondHolder] = deviceNumber(9, { owner: devices[0]!.owner })
    const gateway = await start([...devices, second])
    for (const holder of [...holders.slice(0, 3), secondHolder]) await gateway.send(holder, 215)
    await gateway.at(p(midnight) + 1)
    await gateway.at(p(midnight + 900) + 1)
    const sold: SoldRows = { ...series, first: midnight, last: midnight + 900, price: 2, rows: 1 }
    const sales = await gateway.releases.salesOf(
      (async function* () {
        yield sold
        yield { ...sold, last: midnight, price: 3 }
      })(),
    )
    expect(sales).toEqual([
      {
        credits: 5,
        owners: [[devices[0]!.id, second.id].sort(), [devices[1]!.id], [devices[2]!.id]],
      },
    ])
    const wrong = (async function* () {
      yield { ...sold, rows: 2 }
    })()
    await expect(gateway.releases.salesOf(wrong)).rejects.toMatchObject({ code: 'data' })
  })
})

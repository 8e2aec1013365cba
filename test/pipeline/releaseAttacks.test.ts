/**
 * Attacks on what is released, over real files and several lives of the gateway: whoever asks again,
 * waits for a restart, changes the configuration or brings an old backup learns nothing new.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withholdBefore } from '../../gateway/adapters/system/rosterFiles.js'
import type { Device } from '../../gateway/core/device/registry.js'
import type { MetricName } from '../../gateway/core/metric.js'
import type { RandomBytes } from '../../gateway/core/privacy/uniform.js'
import { publicationOf } from '../../gateway/core/privacy/windows.js'
import type { TestHolder } from '../support/holder.js'
import { cell, deviceNumber, type LifeOptions, life, midnight } from './releaseBench.js'

const daySec = 86_400
const tomorrow = midnight + daySec
const both = {
  metrics: ['temperature', 'noise'],
  soldMetrics: ['temperature', 'noise'],
} satisfies Partial<Device>
const quarter = { metric: 'temperature', cell, step: 900 } as const
const wholeDay = { metric: 'noise', cell, step: daySec } as const
const noiseDue = publicationOf(daySec, midnight) + 1

let folder: string
let clock: { sec: number }
let running: Awaited<ReturnType<typeof life>> | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attacks-'))
  clock = { sec: midnight + 10 }
})

afterEach(async () => {
  await halt()
  await rm(folder, { recursive: true })
})

async function halt(): Promise<void> {
  await running?.stop()
  running = undefined
}

async function start(devices: readonly Device[], more: Partial<LifeOptions> = {}) {
  await halt()
  running = await life({ folder, clock, devices, ...more })
  return running
}

function fleet(count: number, more: Partial<Device> = {}, first = 0): [Device[], TestHolder[]] {
  const all = Array.from({ length: count }, (_, n) => deviceNumber(first + n, more))
  return [all.map(([device]) => device), all.map(([, holder]) => holder)]
}

/** Every row that there is of these series, as the bytes that are sold. */
async function textsOf(
  ...series: { metric: MetricName; cell: string; step: number }[]
): Promise<string[]> {
  const all = series.map((one) => running!.releases.rows.range(one, 0, 2 ** 40, 10_000))
  return (await Promise.all(all)).flat().map(({ text }) => text)
}

/** Random bytes, and how many were asked for. */
function counted(): { random: RandomBytes; drawn: () => number } {
  let drawn = 0
  return {
    drawn: () => drawn,
    random: (count) => {
      drawn += count
      return crypto.getRandomValues(new Uint8Array(count))
    },
  }
}

describe('averaging', () => {
  it('by asking, by buyers, by restarts and by a lost index finds the same bytes for ever', async () => {
    const [devices, holders] = fleet(25, both)
    const first = await start(devices)
    for (const [n, holder] of holders.entries()) {
      await first.send(holder, 200 + n)
      await first.send(holder, 500 + n, { metric: 'noise' })
    }
    await first.at(noiseDue)
    // What is drawn is shown from its moment on: here, to the next life.
    const quiet = counted()
    await start(devices, { random: quiet.random })
    const known = await textsOf(quarter, wholeDay)
    expect(known.at(-1)).toMatch(new RegExp(`"differentially-private".*"t":${midnight},`))
    const drawn = quiet.drawn()
    for (let i = 0; i < 50; i++) expect(await textsOf(quarter, wholeDay)).toEqual(known)
    const { rows } = running!.releases
    for (let i = 0; i < 20; i++) expect((await rows.latest(wholeDay))?.text).toBe(known.at(-1))
    for (let i = 0; i < 3; i++) await running!.releases.announce()
    const noise = running!.live.filter(({ topic }) => topic.startsWith('live/noise/'))
    expect(new Set(noise.map(({ text }) => text))).toEqual(new Set([known.at(-1)]))
    expect(quiet.drawn()).toBe(drawn)
    for (let i = 0; i < 3; i++) {
      const { random, drawn: again } = counted()
      if (i > 0) await halt()
      if (i > 0) await rm(join(folder, 'level'), { recursive: true })
      await start(devices, { random })
      expect(await textsOf(quarter, wholeDay)).toEqual(known)
      // Nothing fell due meanwhile, so nobody asked for randomness at all.
      expect(again()).toBe(0)
    }
  })

  it('by dying between draw and mark finds no second draw', async () => {
    const [devices, holders] = fleet(25, both)
    const first = await start(devices)
    for (const holder of holders) await first.send(holder, 500, { metric: 'noise' })
    // Rows are durable; the mark that the slot is done, and everything after, is not.
    const fail = { records: 0 }
    const append = first.records.append.bind(first.records)
    Object.assign(first.records, {
      append: (texts: readonly string[]) => {
        if (fail.records > 0) throw new Error('the power is gone')
        if (texts.some((text) => /"noise"/.test(text) && text.includes(`"t":${midnight}`)))
          fail.records++
        return append(texts)
      },
    })
    await first.at(noiseDue)
    expect(first.failures).toHaveLength(1)
    const { random, drawn } = counted()
    await start(devices, { random })
    const [text] = (await textsOf(wholeDay)).slice(-1)
    expect(text).toContain(`"t":${midnight}`)
    // Salts of the windows that were not drawn yet, and no noise.
    expect(drawn() % 16).toBe(0)
    await start(devices)
    expect((await textsOf(wholeDay)).at(-1)).toBe(text)
  })
})

describe('other windows', () => {
  it('of the same readings are never released, whatever the configuration says meanwhile', async () => {
    const [devices, holders] = fleet(5)
    const first = await start(devices)
    for (const holder of holders) await first.send(holder, 215)
    for (const window of [3_600, 21_600, 60, daySec]) {
      const other = await start(devices, { settings: { window, k: 3 } })
      for (const holder of holders) await other.send(holder, 215)
      await other.at(clock.sec + 3_000)
    }
    await start(devices)
    const { rows } = running!.releases
    const spans: [number, number][] = []
    for (const step of rows.steps('temperature'))
      for (const { row } of await rows.range({ ...quarter, step }, midnight, tomorrow, 10_000))
        spans.push([row.t, row.t + row.step])
    spans.sort(([a], [b]) => a - b)
    expect(spans.length).toBeGreaterThan(5)
    for (const [i, [from]] of spans.entries())
      if (i > 0) expect(from).toBeGreaterThanOrEqual(spans[i - 1]![1])
  })

  it('of two days do not overlap where the step changes', async () => {
    const [devices] = fleet(5)
    await start(devices)
    const other = await start(devices, { settings: { window: 3_600 } })
    await other.at(publicationOf(3_600, tomorrow + 3_600) + 1)
    await start(devices, { settings: { window: 3_600 } })
    const { rows } = running!.releases
    const [quarters, hours] = await Promise.all(
      [900, 3_600].map((step) => rows.range({ ...quarter, step }, 0, 2 ** 40, 10_000)),
    )
    const own = quarters!.filter(({ row }) => row.t >= midnight)
    expect(own.filter(({ row }) => row.t >= tomorrow).map(({ key }) => key)).toEqual([])
    expect(own).toHaveLength(96)
    expect(
      hours!.filter(({ row }) => row.t >= midnight && row.t < tomorrow).map(({ key }) => key),
    ).toEqual([])
    expect(hours!.filter(({ row }) => row.t >= tomorrow)).toHaveLength(2)
  })
})

describe('differencing', () => {
  it('by an owner who leaves, joins or withdraws within a day changes no node of the day', async () => {
    const [devices, holders] = fleet(6)
    const first = await start(devices)
    for (const holder of holders) await first.send(holder, 215)
    await first.at(publicationOf(900, midnight) + 1)
    const [gone, silent, ...others] = devices as [Device, Device, ...Device[]]
    const [, joined] = [0, deviceNumber(50, { ownedSec: midnight + 3_600 })[0]]
    const changed: Device[] = [
      { ...gone, state: 'suspended' },
      { ...silent, soldMetrics: [] },
      ...others,
      joined,
    ]
    clock.sec = midnight + 7_200
    const second = await start(changed)
    for (const holder of holders) await second.send(holder, 230)
    await second.at(publicationOf(900, midnight + 7_200) + 1)
    const nodeOf = async (sec: number): Promise<unknown> => {
      clock.sec = sec
      await start(changed)
      const rows = await running!.releases.rows.range(quarter, sec - (sec % 900) - 3_600, sec, 100)
      return rows.findLast(({ row }) => row.class === 'k-anonymous')?.row
    }
    // The frozen roster still has all six; the last window of the day is drawn tomorrow, with it.
    expect(await nodeOf(publicationOf(900, midnight + 7_200) + 60)).toMatchObject({
      n: 5,
      mean: 23,
    })
    clock.sec = tomorrow - 300
    const late = await start(changed)
    for (const holder of holders) await late.send(holder, 240)
    await late.at(publicationOf(900, tomorrow - 900) + 1)
    expect(await nodeOf(publicationOf(900, tomorrow - 900) + 60)).toMatchObject({ mean: 24 })
    const sold = await running!.releases.salesOf(
      (async function* () {
        yield { ...quarter, first: tomorrow - 900, last: tomorrow - 900, price: 1, rows: 1 }
      })(),
    )
    expect(JSON.stringify(sold)).toContain(silent.id)
    // From the next day on those who withdrew, or were suspended, are in no row.
    clock.sec = tomorrow + 20
    const next = await start(changed)
    for (const holder of holders) await next.send(holder, 250)
    await next.at(publicationOf(900, tomorrow) + 1)
    const paid = await next.releases.salesOf(
      (async function* () {
        yield { ...quarter, first: tomorrow, last: tomorrow, price: 1, rows: 1 }
      })(),
    )
    const text = JSON.stringify(paid)
    expect(text).toContain(others[0]!.id)
    for (const { id } of [gone, silent]) expect(text).not.toContain(id)
  })
})

describe('an old backup', () => {
  it('draws nothing again: what began before the restore is withheld for ever, what follows is new', async () => {
    const [devices, holders] = fleet(25, both)
    const first = await start(devices)
    for (const holder of holders) {
      await first.send(holder, 215)
      await first.send(holder, 500, { metric: 'noise' })
    }
    await start(devices)
    const kept = await textsOf(quarter, wholeDay)
    await halt()
    // A copy from before anything was released, journal and all.
    const backup = await mkdtemp(join(tmpdir(), 'backup-'))
    await cp(folder, backup, { recursive: true })
    const second = await start(devices)
    await second.at(noiseDue)
    await start(devices)
    const sold = (await textsOf(quarter, wholeDay)).filter((text) => !kept.includes(text))
    expect(sold.length).toBeGreaterThan(96)
    await halt()
    await rm(folder, { recursive: true })
    await cp(backup, folder, { recursive: true })
    await rm(backup, { recursive: true })
    const restored = noiseDue + 600
    await withholdBefore(join(folder, 'releases'), restored)
    clock.sec = restored
    for (const later of [restored, restored + 2_000, tomorrow + daySec + 90_000]) {
      const life = await start(devices)
      await life.at(later)
      await start(devices)
      const rows = await textsOf(quarter, wholeDay)
      expect(rows.filter((text) => kept.includes(text))).toEqual(kept)
      for (const text of rows.filter((one) => !kept.includes(one)))
        expect(Number(/"t":(\d+)/.exec(text)![1])).toBeGreaterThanOrEqual(restored)
      expect(rows.filter((text) => sold.includes(text))).toEqual([])
    }
    expect((await textsOf(quarter)).length).toBeGreaterThan(0)
  })
})

describe('empty windows', () => {
  it('of personal metrics cannot be told from full ones but by their noise', async () => {
    const [devices, holders] = fleet(25, both)
    const first = await start(devices)
    for (const holder of holders) await first.send(holder, 500, { metric: 'noise' })
    await first.at(noiseDue + daySec)
    await start(devices)
    const rows = (await running!.releases.rows.range(wholeDay, midnight, tomorrow + 1, 10)).map(
      ({ row }) => row,
    )
    expect(rows.map(({ t }) => t)).toEqual([midnight, tomorrow])
    const [full, empty] = rows.map((row) => ({ ...row, median: 0, salt: '', t: 0 }))
    expect(empty).toEqual(full)
    expect(full).toMatchObject({ class: 'differentially-private', epsilon: '1', n: 25 })
  })
})

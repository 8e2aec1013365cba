import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equal, fromB64u } from '../../gateway/core/bytes.js'
import { encodeAdmission } from '../../gateway/core/device/admission.js'
import type { EpochJson } from '../../gateway/core/log/epoch.js'
import { breakBetween, parseEpochJson } from '../../gateway/core/log/epoch.js'
import { epochViolations } from '../crash/epochOracle.js'
import { temporaryFolder } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { begin, deviceOf, hour, live, network, rowsOf } from './epochBench.js'

const alice = holderOf(1)
const bob = holderOf(2)
const devices = [deviceOf(alice), deviceOf(bob, { owner: `0x${'2'.repeat(40)}` })]

/** Every record follows from the one before. */
function expectChain(records: readonly EpochJson[]): void {
  const parsed = records.map((json) => {
    const result = parseEpochJson(json)
    if (!result.ok) throw new Error(result.detail)
    return result.value
  })
  for (const [i, { record, bytes }] of parsed.entries())
    if (i + 1 < parsed.length)
      expect(breakBetween(record, bytes, parsed[i + 1]!.record)).toBeUndefined()
}

describe('closing epochs', () => {
  it('ends one on time; its record is the entry that it names', async () => {
    const clock = { sec: begin + 100 }
    const life = await live(temporaryFolder(), clock, devices)
    await life.send(alice, 1)
    await life.send(bob, 1)
    expect(life.epochs.open()).toEqual({ n: 1, from: begin + 100, to: begin + hour })
    clock.sec = begin + hour + 5
    const closed = await life.epochs.closeNow()
    expect(life.published.map(({ n, from, to }) => [n, from, to])).toEqual([
      [1, begin + 100, begin + hour],
      [2, begin + hour, begin + hour + 5],
    ])
    expect(closed).toEqual({ ok: true, value: life.published[1] })
    const first = life.published[0]!
    expect([first.firstIndex, first.endIndex]).toEqual([0, 2])
    const entry = await life.journal.read(2)
    expect(entry?.kind).toBe('ep')
    expect(equal(entry!.bytes!, fromB64u(first.record)!)).toBe(true)
    expect(await life.epochs.settlements.owning(1)).toEqual(first)
    expect((await life.epochs.settlements.owning(2))?.n).toBe(2)
    expect(await life.epochs.settlements.owning(3)).toBeUndefined()
    expect(await life.epochs.settlements.read(3)).toBeUndefined()
    expectChain(life.published)
    await life.stop()
  })

  it('closes what fell due while it was away, in the order of its time', async () => {
    const folder = temporaryFolder()
    const clock = { sec: begin }
    const before = await live(folder, clock, devices)
    await before.send(alice, 1)
    await before.stop()
    clock.sec = begin + 100 * hour + 10
    const life = await live(folder, clock, devices)
    expect(life.published.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1))
    expect(life.published.at(-1)!.to).toBe(begin + 100 * hour)
    expectChain(life.published)
    expect(
      rowsOf((await life.epochs.settlements.read(1))!)
        .map((row) => row.accepted)
        .sort(),
    ).toEqual([0, 1])
    expect(await life.epochs.recent()).toEqual(life.published.slice(-24))
    await life.stop()
    const bytes = readFileSync(join(folder, 'epochs', '7', 'record.json'), 'utf8')
    const again = await live(folder, clock, devices)
    expect(again.published).toEqual([])
    expect(`${JSON.stringify(await again.epochs.settlements.record(7))}\n`).toBe(bytes)
    await again.stop()
  })

  it('closes no epoch twice in a second, and says so', async () => {
    const clock = { sec: begin }
    const life = await live(temporaryFolder(), clock, devices)
    expect(await life.epochs.closeNow()).toMatchObject({ ok: false, reason: 'bad-time' })
    clock.sec++
    expect((await life.epochs.closeNow()).ok).toBe(true)
    expect(await life.epochs.closeNow()).toMatchObject({ ok: false, reason: 'bad-time' })
    await life.stop()
  })

  it('appends the saved bytes where a crash came before the log had them', async () => {
    const folder = temporaryFolder()
    const clock = { sec: begin }
    const crashing = await live(folder, clock, devices, (store) => ({
      ...store,
      get newest() {
        return store.newest
      },
      async save(epochs) {
        await store.save(epochs)
        throw new Error('the power went')
      },
    }))
    await crashing.send(alice, 1)
    clock.sec += 10
    await crashing.epochs.closeNow()
    expect(crashing.failures).toEqual(['an epoch cannot be closed: the power went'])
    await crashing.stop()
    expect((await epochViolations(folder)).found).toEqual([
      '1 epochs are saved, 0 are in the log',
      'epoch 1 is not entry 1',
    ])
    const saved = readFileSync(join(folder, 'epochs', '1', 'record.json'), 'utf8')
    clock.sec += 10
    const life = await live(folder, clock, devices)
    expect(`${JSON.stringify(await life.epochs.settlements.record(1))}\n`).toBe(saved)
    await life.send(alice, 2)
    await life.epochs.closeNow()
    await life.stop()
    expect(await epochViolations(folder)).toEqual({ count: 2, found: [] })
  })

  it('owns each entry once, whatever is appended while it closes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 3 }), { maxLength: 40 }), async (steps) => {
        const folder = temporaryFolder()
        const clock = { sec: begin }
        const life = await live(folder, clock, devices)
        const under: Promise<unknown>[] = []
        let seq = 0
        let closes = 0
        for (const step of steps) {
          if (step === 0) {
            clock.sec++
            closes++
            under.push(life.epochs.closeNow())
          } else if (step === 1) under.push(life.send(alice, seq++))
          else if (step === 2) under.push(life.send(bob, seq++))
          else await new Promise((resolve) => setImmediate(resolve))
        }
        await Promise.all(under)
        expect(life.log.size).toBe(life.log.issued)
        await life.stop()
        const { count, found } = await epochViolations(folder)
        expect(found).toEqual([])
        expect(count).toBeLessThanOrEqual(closes)
        if (closes > 0) expect(count).toBeGreaterThan(0)
      }),
      { numRuns: 25 },
    )
  })
})

describe('rows', () => {
  it('count late readings apart, and look back at the epoch before for a spike', async () => {
    const clock = { sec: begin }
    const life = await live(temporaryFolder(), clock, [deviceOf(alice)])
    await life.send(alice, 1, 200)
    clock.sec += 10
    await life.epochs.closeNow()
    await life.send(alice, 2, 500)
    await life.send(alice, 3, 500, clock.sec - 601)
    clock.sec += 10
    await life.epochs.closeNow()
    const [row] = rowsOf((await life.epochs.settlements.read(2))!)
    expect(row).toMatchObject({ accepted: 1, late: 1, firstSeq: 2, lastSeq: 3, qualityBp: 0 })
    expect(row!.reasons).toEqual({ spike: 1 })
    await life.stop()
  })

  it('take a new interval from the next epoch on, and an approval’s at once', async () => {
    const clock = { sec: begin }
    const life = await live(temporaryFolder(), clock, [])
    const approve = async (intervalSec: number): Promise<void> => {
      life.registry.add(deviceOf(alice, { intervalSec }))
      const { id: device } = deviceOf(alice)
      const fields = { device, iat: clock.sec, state: 'active' as const, intervalSec }
      const bytes = encodeAdmission(fields, holderOf(1_000), network)
      await life.log.append([{ kind: 'ap', bytes }])
    }
    const expectedOf = async (n: number): Promise<number> =>
      rowsOf((await life.epochs.settlements.read(n))!)[0]!.expected
    await approve(60)
    clock.sec += 1_200
    await life.epochs.closeNow()
    expect(await expectedOf(1)).toBe(12)
    await approve(300)
    clock.sec += 1_200
    await life.epochs.closeNow()
    expect(await expectedOf(2)).toBe(12)
    clock.sec += 1_100
    await life.epochs.closeNow()
    expect(await expectedOf(3)).toBe(3)
    await life.stop()
  })

  it('have the refusals of their epoch, also those from before a restart', async () => {
    const folder = temporaryFolder()
    const clock = { sec: begin }
    const { id } = deviceOf(alice)
    const before = await live(folder, clock, [deviceOf(alice)])
    before.epochs.refused(id, 'replayed')
    before.epochs.refused(id, 'bad-time')
    await before.stop()
    clock.sec += 60
    const life = await live(folder, clock, [deviceOf(alice)])
    life.epochs.refused(id, 'replayed')
    await life.epochs.closeNow()
    clock.sec += 60
    await life.epochs.closeNow()
    const [first] = rowsOf((await life.epochs.settlements.read(1))!)
    const [second] = rowsOf((await life.epochs.settlements.read(2))!)
    expect([first!.rejected, first!.reasons]).toEqual([3, { 'bad-time': 1, replayed: 2 }])
    expect([second!.rejected, second!.reasons]).toEqual([0, {}])
    await life.stop()
  })

  it('name who was active, and who was heard before it was suspended', async () => {
    const clock = { sec: begin }
    const life = await live(temporaryFolder(), clock, devices)
    await life.send(alice, 1)
    clock.sec += 10
    life.registry.add(deviceOf(alice, { state: 'suspended' }))
    await life.epochs.closeNow()
    clock.sec += 10
    await life.epochs.closeNow()
    const idsOf = async (n: number): Promise<string[]> =>
      rowsOf((await life.epochs.settlements.read(n))!).map(({ device }) => device)
    expect(await idsOf(1)).toContain(deviceOf(alice).id)
    expect(await idsOf(2)).toEqual([deviceOf(bob).id])
    await life.stop()
  })
})

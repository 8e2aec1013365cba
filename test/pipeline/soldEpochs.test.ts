import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openEpochFiles } from '../../gateway/adapters/system/epochFiles.js'
import type { Device } from '../../gateway/core/device/registry.js'
import { publicationOf } from '../../gateway/core/privacy/windows.js'
import { testToken } from '../../gateway/core/rewards/closing.js'
import { startEpochs } from '../../gateway/pipeline/epochs.js'
import type { SoldRows } from '../../gateway/ports/sales.js'
import { holderOf, type TestHolder } from '../support/holder.js'
import { network, rowsOf } from './epochBench.js'
import { cell, deviceNumber, life, midnight } from './releaseBench.js'

const perCredit = 1_000_003n
const feeBp = 1_500

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sold-epochs-'))
})

afterEach(() => rm(folder, { recursive: true }))

/** Releases and epochs over the same files, as the gateway joins them. */
async function start(clock: { sec: number }, devices: readonly Device[], sold: SoldRows[]) {
  const gateway = await life({ folder, clock, devices })
  const epochs = await startEpochs({
    journal: gateway.journal,
    tiles: gateway.tiles,
    registry: gateway.registry,
    terms: { network, gateway: holderOf(1_000), perHour: 10n ** 18n, token: testToken },
    log: gateway.log,
    releases: gateway.releases,
    sales: {
      get size() {
        return sold.length
      },
      async *scan(from, to) {
        yield* sold.slice(from, to)
      },
    },
    saleTerms: { perCredit, feeBp },
    store: await openEpochFiles(join(folder, 'epochs')),
    clock: gateway.systemClock,
    lengthSec: 3_600,
    publish: () => undefined,
    progress: () => undefined,
    fatal: ({ message }) => gateway.failures.push(message),
  })
  return {
    ...gateway,
    epochs,
    async stop() {
      await epochs.stop()
      await gateway.stop()
    },
  }
}

it('pays what buyers paid, less the fee, to those in the rows, once, and nothing is lost', async () => {
  const clock = { sec: midnight + 10 }
  const fleet = Array.from({ length: 3 }, (_, n) => deviceNumber(n))
  const devices = fleet.map(([device]) => device)
  const holders = fleet.map(([, holder]): TestHolder => holder)
  const sold: SoldRows[] = []
  const series = { metric: 'temperature', cell, step: 900 } as const
  const first = await start(clock, devices, sold)
  for (const holder of holders) await first.send(holder, 215)
  clock.sec = publicationOf(900, midnight) + 1
  await first.epochs.closeNow()
  const one = (await first.epochs.settlements.read(1))!
  // With the window before, of which nobody was heard.
  expect(one.record).toMatchObject({ aggCount: 2 })
  expect(one.aggregates).toContain(`temperature|${cell}|900|${midnight}`)
  expect(one.record.money[2]).toBe('0')

  sold.push({ ...series, first: midnight, last: midnight, price: 7, rows: 1 })
  sold.push({ ...series, first: midnight, last: midnight, price: 4, rows: 1 })
  clock.sec += 60
  await first.epochs.closeNow()
  await first.stop()
  const again = await start(clock, devices, sold)
  clock.sec += 60
  await again.epochs.closeNow()
  const two = (await again.epochs.settlements.read(2))!
  const three = (await again.epochs.settlements.read(3))!

  // 11 credits, of which the operator keeps 15 %, floored; three owners of one device each.
  const revenue = (11n * perCredit * 8_500n) / 10_000n
  expect(two.record.money[2]).toBe(String(revenue))
  const rows = rowsOf(two)
  for (const { id } of devices)
    expect(rows.find(({ device }) => device === id)?.usage).toBe(String(revenue / 3n))
  const [poolIn, carryIn, usageIn, unallocated, carryOut] = two.record.money.map(BigInt)
  const paid = rows.reduce((sum, row) => sum + BigInt(row.paid), 0n)
  expect(poolIn! + carryIn! + usageIn!).toBe(paid + unallocated! + carryOut!)
  // Counted once, also over a restart.
  expect(three.record.money[2]).toBe('0')
  expect(again.failures).toEqual([])
  await again.stop()
})

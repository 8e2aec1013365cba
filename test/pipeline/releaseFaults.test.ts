import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { publicationOf } from '../../gateway/core/privacy/windows.js'
import { randomFrom } from '../../simulator/random.js'
import { Disk, type FaultKind } from '../adapters/journal/disk.js'
import { cell, deviceNumber, life, midnight } from './releaseBench.js'

/** What may happen at a write of the log of releases, and what its restart finds. */
const kinds: FaultKind[] = ['fail', 'done', 'torn']
const [a, b] = [midnight, midnight + 900]
const p = (t: number): number => publicationOf(900, t)
const fleet = Array.from({ length: 3 }, (_, n) => deviceNumber(n))
const devices = fleet.map(([device]) => device)

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'release-faults-'))
})

afterEach(() => rm(folder, { recursive: true }))

/** Two windows; resolves with the texts that were shown, or early where the log failed. */
async function run(
  disk: Disk,
  clock: { sec: number },
): Promise<{ texts: string[]; failed: boolean }> {
  const gateway = await life({ folder, clock, devices, disk, beganSec: midnight })
  const texts: string[] = []
  for (const t of [a, b]) {
    clock.sec = t + 10
    for (const [i, [, holder]] of fleet.entries()) await gateway.send(holder, 200 + i)
    const drawn = gateway.at(p(t) + 1).then(() => 'drawn')
    const deadline = Date.now() + 20_000
    while (gateway.failures.length === 0 && Date.now() < deadline)
      if (
        (await Promise.race([drawn, new Promise((resolve) => setImmediate(resolve))])) === 'drawn'
      )
        break
    if (gateway.failures.length > 0) {
      await gateway.abandon()
      return { texts, failed: true }
    }
    // Durable, so that from now on it may be seen: the index has it.
    texts.push(...(await rowsOf(gateway)).slice(texts.length))
  }
  await gateway.stop()
  return { texts, failed: false }
}

async function rowsOf({ releases }: Awaited<ReturnType<typeof life>>): Promise<string[]> {
  const hashes = await releases.hashesOf({ from: midnight, to: midnight + 86_400 })
  return hashes.map(({ key, vh }) => `${key} ${Buffer.from(vh).toString('hex')}`)
}

it('draws each row once, whatever write of the log fails', async () => {
  const whole = new Disk()
  expect(await run(whole, { sec: midnight + 1 })).toMatchObject({ failed: false })
  const steps = whole.operations
  expect(steps).toBeGreaterThan(6)
  const random = randomFrom('release faults', 'cuts')
  let failures = 0
  for (const kind of kinds)
    for (let at = 1; at <= steps; at++) {
      await rm(folder, { recursive: true })
      const disk = new Disk()
      disk.fault = { at, kind, code: 'EIO' }
      const clock = { sec: midnight + 1 }
      const first = await run(disk, clock).catch(() => ({ texts: [], failed: true }))
      failures += Number(first.failed)
      const after = at % 2 ? disk.restarted() : disk.powerCut((below) => random.below(below))
      clock.sec = p(b) + 1
      const where = `${kind} at operation ${at} of ${steps}`
      const again = await life({ folder, clock, devices, disk: after, beganSec: midnight })
      const rows = await rowsOf(again)
      // What was shown is there, the same bytes, and each row once.
      expect(rows.slice(0, first.texts.length), where).toEqual(first.texts)
      expect(
        rows.map((row) => row.split(' ')[0]),
        where,
      ).toEqual([`temperature|${cell}|900|${a}`, `temperature|${cell}|900|${b}`])
      expect(again.failures, where).toEqual([])
      await again.stop()
    }
  expect(failures).toBeGreaterThan(steps)
})

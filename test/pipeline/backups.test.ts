import { afterEach, expect, test } from 'vitest'
import { Failure } from '../../gateway/core/failure.js'
import { type Backups, nextBackupMs, startBackups } from '../../gateway/pipeline/backups.js'
import type { VerifiedBackup } from '../../gateway/ports/backups.js'
import { until } from '../support/gateway.js'

const midnight = Date.UTC(2026, 10, 22)
const hour = 3_600_000
let running: Backups | undefined
afterEach(async () => {
  await running?.stop()
  running = undefined
})

/** Backups over a clock of the test's and a maker that makes nothing. */
async function start(newest: VerifiedBackup | undefined, nowMs: number) {
  const clock = { ms: nowMs }
  const terms = { atSec: 3 * 3_600, keep: 7 }
  const made: { atMs: number; keep: number }[] = []
  const failures: Failure[] = []
  const backups = await startBackups({
    maker: {
      newest: async () => newest,
      async make(atMs, keep) {
        const failure = failures.shift()
        if (failure !== undefined) throw failure
        made.push({ atMs, keep })
        return { folder: 'b', atMs, entries: 1 }
      },
      stop: async () => undefined,
    },
    clock: { now: () => clock.ms, monotonic: () => performance.now() },
    terms: () => terms,
    done: () => undefined,
    failed: () => undefined,
    waits: { look: 1, start: 60_000, retry: 900_000 },
  })
  running = backups
  return { backups, clock, made, failures, terms }
}

test('the next one is at the first such time of day after the newest', () => {
  const at = 3 * 3_600
  expect(nextBackupMs(undefined, at)).toBe(0)
  expect(nextBackupMs(midnight, at)).toBe(midnight + 3 * hour)
  expect(nextBackupMs(midnight + 3 * hour, at)).toBe(midnight + 27 * hour)
  expect(nextBackupMs(midnight + 23 * hour, at)).toBe(midnight + 27 * hour)
})

test('one a day, at its time; a reload moves it', async () => {
  const newest = { folder: 'a', atMs: midnight - 21 * hour, entries: 1 }
  const { clock, made, terms, backups } = await start(newest, midnight)
  clock.ms = midnight + 3 * hour - 1
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(made).toEqual([])
  clock.ms = midnight + 3 * hour
  await until('the first', () => made.length === 1)
  expect(backups.newest()).toEqual({ folder: 'b', atMs: midnight + 3 * hour, entries: 1 })
  terms.atSec = 4 * 3_600
  terms.keep = 2
  clock.ms = midnight + 4 * hour
  await until('the second', () => made.length === 2)
  expect(made[1]).toEqual({ atMs: midnight + 4 * hour, keep: 2 })
})

test('what was missed is made soon after the start, not at once', async () => {
  const { clock, made } = await start(undefined, midnight + 12 * hour)
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(made).toEqual([])
  clock.ms += 60_000
  await until('it', () => made.length === 1)
})

test('a failure is a condition until one succeeds, and is tried again later', async () => {
  const { clock, made, failures, backups } = await start(undefined, midnight)
  failures.push(new Failure('permission', 'cannot make /mnt/usb: EACCES'))
  clock.ms += 60_000
  await until('the condition', () => backups.condition().length === 1)
  expect(backups.condition()).toEqual(['backup: cannot make /mnt/usb: EACCES'])
  clock.ms += 899_000
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(made).toEqual([])
  clock.ms += 1_000
  await until('success', () => made.length === 1)
  await until('no condition', () => backups.condition().length === 0)
})

import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openJournal } from '../../gateway/adapters/journal/journal.js'
import { openRecordLog } from '../../gateway/adapters/journal/recordLog.js'
import { systemClock } from '../../gateway/adapters/system/clock.js'
import { type DataDir, openDataDir } from '../../gateway/adapters/system/dataDir.js'
import {
  type BackupRun,
  makeVerifiedBackup,
  newestBackup,
} from '../../gateway/commands/verifiedBackup.js'
import { utf8 } from '../../gateway/core/bytes.js'
import type { Journal } from '../../gateway/ports/journal.js'

let root: string
let dir: DataDir
let journal: Journal
const atMs = Date.UTC(2026, 10, 22, 3)

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'fp-nightly-'))
  dir = await openDataDir(join(root, 'data'))
  journal = await openJournal({
    folder: dir.file('journal'),
    clock: systemClock,
    fatal: (failure) => expect.fail(failure.message),
  })
  await append(50)
})
afterEach(async () => {
  await journal.close()
  await dir.close()
  rmSync(root, { recursive: true })
})

async function append(count: number): Promise<void> {
  await journal.append(
    Array.from({ length: count }, (_, i) => ({ kind: 'en' as const, bytes: utf8(`entry ${i}`) })),
  )
}

const folder = (): string => join(root, 'backups')
const run = (more: Partial<BackupRun> = {}): BackupRun => ({
  dataDir: dir.path,
  folder: folder(),
  withKey: true,
  keep: 2,
  atMs,
  ...more,
})

test('has its name only after a restore that worked, and leaves nothing else behind', async () => {
  const made = await makeVerifiedBackup(run())
  expect(made).toEqual({
    folder: join(folder(), 'fieldproof-2026-11-22T030000Z'),
    atMs,
    entries: 50,
  })
  expect(readdirSync(folder())).toEqual(['fieldproof-2026-11-22T030000Z'])
  expect(existsSync(join(made.folder, 'gateway.key'))).toBe(true)
  expect(await newestBackup(folder(), dir.path)).toEqual(made)
})

test('keeps the newest of this gateway, and whatever else is there', async () => {
  mkdirSync(folder())
  writeFileSync(join(folder(), 'notes.txt'), 'mine')
  mkdirSync(join(folder(), 'fieldproof-2020-01-01T000000Z'))
  mkdirSync(join(folder(), 'fieldproof-2026-11-21T030000Z.unverified'))
  for (let day = 0; day < 3; day++) await makeVerifiedBackup(run({ atMs: atMs + day * 86_400_000 }))
  expect(readdirSync(folder()).sort()).toEqual([
    'fieldproof-2020-01-01T000000Z',
    'fieldproof-2026-11-23T030000Z',
    'fieldproof-2026-11-24T030000Z',
    'notes.txt',
  ])
})

test('without the key in it, the restore is tried with the gateway’s own', async () => {
  const made = await makeVerifiedBackup(run({ withKey: false }))
  expect(existsSync(join(made.folder, 'gateway.key'))).toBe(false)
})

test('one that could not be restored never gets the name, and the older ones stay', async () => {
  await makeVerifiedBackup(run())
  const rows = await openRecordLog({
    folder: dir.file('releases/rows'),
    clock: systemClock,
    fatal: (failure) => expect.fail(failure.message),
  })
  // Copied as it is: only reading its records shows that one of them is no release.
  await rows.append(['{"row":{}}'])
  await rows.close()
  await expect(makeVerifiedBackup(run({ atMs: atMs + 86_400_000 }))).rejects.toMatchObject({
    code: 'data',
  })
  expect(readdirSync(folder())).toEqual(['fieldproof-2026-11-22T030000Z'])
})

test('a segment that has just begun, without a whole header, is left out', async () => {
  const [segment] = readdirSync(dir.file('journal'))
  const next = join(dir.file('journal'), segment!.replace(/\d\d\.seg$/, '50.seg'))
  writeFileSync(next, 'FP')
  expect(await makeVerifiedBackup(run())).toMatchObject({ entries: 50 })
  rmSync(next)
})

test('a thread of its own makes it while the journal grows', async () => {
  const script = new URL('../../gateway/commands/backupThread.js', import.meta.url)
  const worker = new Worker(script, { workerData: run() })
  const answer = new Promise((resolve) => worker.once('message', resolve))
  for (let i = 0; i < 20; i++) await append(5)
  expect(await answer).toMatchObject({ backup: { atMs } })
  await worker.terminate()
})

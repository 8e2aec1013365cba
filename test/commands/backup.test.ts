import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openJournal } from '../../gateway/adapters/journal/journal.js'
import { openRecordLog } from '../../gateway/adapters/journal/recordLog.js'
import { checkpointFile } from '../../gateway/adapters/system/checkpointFile.js'
import { systemClock } from '../../gateway/adapters/system/clock.js'
import { type DataDir, openDataDir } from '../../gateway/adapters/system/dataDir.js'
import { openRosterFiles } from '../../gateway/adapters/system/rosterFiles.js'
import { backupCommand } from '../../gateway/commands/backup.js'
import { restoreCommand } from '../../gateway/commands/restore.js'
import { utf8 } from '../../gateway/core/bytes.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { formatCheckpoint, originOf } from '../../gateway/core/log/checkpoint.js'
import { Frontier, leafHash } from '../../gateway/core/log/tree.js'
import type { Journal } from '../../gateway/ports/journal.js'
import type { RecordLog } from '../../gateway/ports/records.js'
import { type CliResult, runCommand } from '../support/cli.js'

const folder = mkdtempSync(join(tmpdir(), 'fp-backup-'))
const segmentBytes = 64 * 1024
const tree = new Frontier()
let dir: DataDir
let journal: Journal
let entries = 0

/** Appends entries of some 150 bytes; the same tree beside it. */
async function append(count: number): Promise<void> {
  const bodies = Array.from({ length: count }, (_, i) =>
    utf8(`entry ${entries + i} `.padEnd(150, '.')),
  )
  for (const bytes of bodies) tree.append(leafHash(bytes))
  entries += count
  for (let at = 0; at < count; at += 100)
    await journal.append(bodies.slice(at, at + 100).map((bytes) => ({ kind: 'en', bytes })))
}

async function signCheckpoint(): Promise<void> {
  const { publicKey, sign } = dir.signer
  const origin = originOf('testnet', deviceIdOf(publicKey))
  const checkpoint = { origin, size: tree.size, root: tree.root() }
  await checkpointFile(dir.path).save(formatCheckpoint(checkpoint, publicKey, sign))
}

beforeAll(async () => {
  dir = await openDataDir(join(folder, 'data'))
  journal = await openJournal({
    folder: dir.file('journal'),
    clock: systemClock,
    fatal: (failure) => expect.fail(failure.message),
    segmentBytesMax: segmentBytes,
  })
  await append(1_500)
  await signCheckpoint()
  await append(100)
})
afterAll(async () => {
  await journal.close()
  await dir.close()
  rmSync(folder, { recursive: true })
})

function run(name: 'backup' | 'restore', ...args: string[]): Promise<CliResult> {
  return runCommand(name === 'backup' ? backupCommand() : restoreCommand(), args)
}

function openRecords(folder: string): Promise<RecordLog> {
  return openRecordLog({ folder, clock: systemClock, fatal: ({ message }) => expect.fail(message) })
}

let made = 0
const place = () => join(folder, `place${made++}`)

async function backup(...options: string[]): Promise<string> {
  const target = place()
  const result = await run('backup', target, '-d', dir.path, ...options)
  expect(result, result.err).toMatchObject({ code: 0 })
  return target
}

describe('backup', () => {
  test('of a running gateway holds everything durable, and says so', async () => {
    const target = place()
    const result = await run('backup', target, '--json', '-d', dir.path)
    const manifest = JSON.parse(result.out) as { entries: number; checkpointSize: number }
    expect(manifest).toMatchObject({ entries: 1_600, checkpointSize: 1_500, hasKey: true })
    expect(readdirSync(join(target, 'journal')).length).toBeGreaterThan(2)
    expect(statSync(join(target, 'gateway.key')).mode & 0o777).toBe(0o600)
    expect(existsSync(join(target, 'operator.token'))).toBe(false)
  })

  test('while entries arrive', async () => {
    let going = true
    const writer = (async () => {
      while (going) {
        await append(50)
        await signCheckpoint()
      }
    })()
    const targets = [await backup(), await backup()]
    going = false
    await writer
    for (const target of targets) {
      const restored = place()
      expect((await run('restore', target, '--resume', '-d', restored)).code).toBe(0)
    }
  })

  test('overwrites nothing, and needs a data directory', async () => {
    const existing = await run('backup', folder, '-d', dir.path)
    expect(existing.code).toBe(2)
    expect(existing.err).toContain('exists')
    const nowhere = place()
    expect((await run('backup', nowhere, '-d', join(folder, 'nothing'))).code).toBe(73)
    expect(existsSync(nowhere)).toBe(false)
  })

  test('of a damaged log fails and leaves nothing', async () => {
    const broken = place()
    cpSync(dir.path, broken, { recursive: true, filter: (path) => !path.endsWith('lock') })
    flip(join(broken, 'journal', '0000000000000000.seg'), 5_000)
    const target = place()
    const result = await run('backup', target, '-d', broken)
    expect(result.code).toBe(73)
    expect(result.err).toMatch(/damaged at byte \d+/)
    expect(existsSync(target)).toBe(false)
  })
})

describe('restore', () => {
  test('gives the same log, key and identity; a gateway can open it', async () => {
    const target = await backup()
    const restored = place()
    const result = await run('restore', target, '--resume', '-d', restored, '--json')
    expect(JSON.parse(result.out)).toMatchObject({ entries, newLog: false })
    const opened = await openDataDir(restored)
    expect(opened.signer.publicKey).toEqual(dir.signer.publicKey)
    expect(opened.logRun).toBe(1)
    expect(opened.operatorToken).not.toBe(dir.operatorToken)
    const copy = await openJournal({
      folder: opened.file('journal'),
      clock: systemClock,
      fatal: () => {},
    })
    const again = new Frontier()
    for await (const entry of copy.scan(0)) again.append(leafHash(entry.bytes!))
    expect(again.root()).toEqual(tree.root())
    await copy.close()
    await opened.close()
  })

  test('brings releases and credits back, and draws nothing again that began before', async () => {
    const texts = ['{"done":1762129125}', '{"done":1762130025}']
    for (const name of ['releases/rows', 'credits']) {
      const log = await openRecords(dir.file(name))
      await log.append(texts)
      await log.close()
    }
    mkdirSync(dir.file('releases/rosters'), { recursive: true })
    writeFileSync(dir.file('releases/rosters/20395.json'), '{"v":1,"day":20395,"metrics":{}}\n')
    const before = Math.floor(Date.now() / 1_000)
    const target = place()
    expect((await run('restore', await backup(), '--resume', '-d', target)).code).toBe(0)
    for (const name of ['releases/rows', 'credits']) {
      const log = await openRecords(join(target, name))
      const found: string[] = []
      for await (const { text } of log.scan(0)) found.push(text)
      await log.close()
      expect(found).toEqual(texts)
    }
    const { fromSec, load } = await openRosterFiles(join(target, 'releases'))
    expect(fromSec).toBeGreaterThanOrEqual(before)
    expect(await load(20_395)).toEqual({})
    for (const name of ['releases', 'credits']) rmSync(dir.file(name), { recursive: true })
  })

  test('as a new log has another origin and no old checkpoint', async () => {
    const restored = place()
    const result = await run(
      'restore',
      await backup(),
      '--new-log',
      '--since',
      'backup',
      '-d',
      restored,
    )
    expect(result.code).toBe(0)
    expect(existsSync(join(restored, 'checkpoint'))).toBe(false)
    const opened = await openDataDir(restored)
    expect(opened.logRun).toBe(2)
    await opened.close()
  })

  test('without the key needs it, and the right one', async () => {
    const target = await backup('--no-key')
    expect(existsSync(join(target, 'gateway.key'))).toBe(false)
    const without = await run('restore', target, '--resume', '-d', place())
    expect(without.code).toBe(2)
    expect(without.err).toContain('--key')
    const other = join(folder, 'other.key')
    writeFileSync(other, new Uint8Array(32).fill(9), { mode: 0o600 })
    const wrong = await run('restore', target, '--resume', '--key', other, '-d', place())
    expect(wrong.code).toBe(1)
    expect(wrong.err).toContain('not that of gateway')
    const key = dir.file('gateway.key')
    expect((await run('restore', target, '--resume', '--key', key, '-d', place())).code).toBe(0)
  })

  test('wants to be told which log it is', async () => {
    const target = await backup()
    expect((await run('restore', target, '-d', place())).code).toBe(2)
    expect((await run('restore', target, '--resume', '--new-log', '-d', place())).code).toBe(2)
    const without = await run('restore', target, '--new-log', '-d', place())
    expect([without.code, without.err]).toEqual([2, expect.stringContaining('--since')])
  })

  test('overwrites nothing, not even an empty-looking gateway', async () => {
    const target = await backup()
    const result = await run('restore', target, '--resume', '-d', dir.path)
    expect(result.code).toBe(73)
    expect(result.err).toContain('not empty')
    const other = place()
    mkdirSync(other)
    writeFileSync(join(other, 'thesis.doc'), 'x')
    expect((await run('restore', target, '--resume', '-d', other)).code).toBe(73)
    expect(readdirSync(other)).toEqual(['thesis.doc'])
  })

  test('any changed byte is found, and nothing is left behind', async () => {
    const target = await backup()
    const files = readdirSync(target, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
    expect(files.length).toBeGreaterThan(4)
    for (const file of files) {
      const copy = place()
      cpSync(target, copy, { recursive: true })
      const size = statSync(file).size
      flip(file.replace(target, copy), Math.floor(size / 2))
      const restored = place()
      const result = await run('restore', copy, '--resume', '-d', restored)
      expect(result.code, `${file}: ${result.err}`).toBe(1)
      const left = existsSync(restored) ? readdirSync(restored) : []
      expect(left.filter((name) => name !== 'lock')).toEqual([])
    }
  })

  test('a hostile manifest cannot write elsewhere, nor vouch for another log', async () => {
    const target = await backup()
    const path = join(target, 'backup.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8'))
    const rewrite = (change: object) =>
      writeFileSync(path, JSON.stringify({ ...manifest, ...change }))
    const outside = { ...manifest.files[0], name: '../escaped' }
    rewrite({ files: [...manifest.files, outside] })
    expect((await run('restore', target, '--resume', '-d', place())).code).toBe(1)
    expect(existsSync(join(folder, 'escaped'))).toBe(false)
    rewrite({ entries: manifest.entries - 1 })
    expect((await run('restore', target, '--resume', '-d', place())).code).toBe(1)
    // The checkpoint of another tree, signed by the same key.
    const { publicKey, sign } = dir.signer
    const origin = originOf('testnet', deviceIdOf(publicKey))
    const forged = formatCheckpoint({ origin, size: 10, root: new Uint8Array(32) }, publicKey, sign)
    writeFileSync(join(target, 'checkpoint'), forged)
    const { createHash } = await import('node:crypto')
    const sha256 = createHash('sha256').update(forged).digest('hex')
    const files = manifest.files.map((file: { name: string }) =>
      file.name === 'checkpoint' ? { ...file, bytes: Buffer.byteLength(forged), sha256 } : file,
    )
    rewrite({ files })
    const result = await run('restore', target, '--resume', '-d', place())
    expect(result.code).toBe(1)
    expect(result.err).toContain('do not have the root of the signed checkpoint')
  })
})

function flip(path: string, at: number): void {
  const bytes = readFileSync(path)
  bytes[at]! ^= 1
  writeFileSync(path, bytes)
}

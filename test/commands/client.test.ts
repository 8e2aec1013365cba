import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type HttpFace, startHttp } from '../../gateway/adapters/http/server.js'
import { systemClock } from '../../gateway/adapters/system/clock.js'
import { type DataDir, openDataDir } from '../../gateway/adapters/system/dataDir.js'
import { devicesCommand } from '../../gateway/commands/devices.js'
import { exportCommand } from '../../gateway/commands/export.js'
import { proofCommand } from '../../gateway/commands/proof.js'
import { statusCommand } from '../../gateway/commands/status.js'
import { Failure } from '../../gateway/core/failure.js'
import { httpRowsMax } from '../../gateway/core/limits.js'
import type { DeviceView } from '../../gateway/ports/operations.js'
import { type CliResult, fieldproof, runCommand } from '../support/cli.js'
import {
  deviceView,
  faceParts,
  noEpochs,
  statusView,
  type TestOperations,
  testLog,
  testOperations,
} from '../support/operations.js'
import { projectRoot } from '../support/root.js'

const folder = mkdtempSync(join(tmpdir(), 'fp-cli-'))
const device = 'nbuo57lhddeib'
const list: DeviceView[] = []
let dir: DataDir
let face: HttpFace
let operations: TestOperations

beforeAll(async () => {
  dir = await openDataDir(join(folder, 'data'))
  operations = testOperations(list)
  face = await startHttp({
    ...faceParts(systemClock),
    operations,
    log: testLog(),
    epochs: noEpochs,
    health: { ready: () => true, degraded: () => [] },
    clock: systemClock,
    token: dir.operatorToken,
    webFolder: folder,
    report: (message) => expect.fail(message),
    host: '127.0.0.1',
    port: 0,
    search: false,
  })
})
beforeEach(async () => {
  operations.statusNow = async () => statusView()
  list.splice(
    0,
    list.length,
    deviceView(device, { refused: { replayed: 2 }, lastAtMs: Date.now() - 5_000 }),
    deviceView('ccccccccccccc', { state: 'pending', model: 'evil\u001b[2Jname', online: false }),
  )
  await dir.announce({ pid: process.pid, url: face.url, mqtt: { host: '127.0.0.1', port: 1 } })
})
afterAll(async () => {
  await face.close()
  await dir.close()
  rmSync(folder, { recursive: true })
})

const commands = {
  status: statusCommand,
  devices: devicesCommand,
  proof: proofCommand,
  export: exportCommand,
}

function run(name: keyof typeof commands, ...args: string[]): Promise<CliResult> {
  return runCommand(commands[name](), [...args, '--data-dir', dir.path])
}

test('a pipe gets all of it, also where its reader is slow', async () => {
  list.splice(0, list.length, ...Array.from({ length: 300 }, (_, i) => deviceView(`device${i}`)))
  const main = join(projectRoot(), 'dist', 'gateway', 'main.js')
  const command = '"$1" "$2" devices list --json --data-dir "$3" | (sleep 1; cat)'
  const options = { maxBuffer: 2 ** 24, cwd: folder }
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', command, 'sh', process.execPath, main, dir.path],
    options,
  )
  expect(stdout.length).toBeGreaterThan(100_000)
  expect(JSON.parse(stdout)).toHaveLength(300)
})

describe('finding the gateway', () => {
  test('where none ever ran, or none runs: 69, and how to start one', async () => {
    for (const path of [join(folder, 'nowhere'), folder]) {
      const result = await runCommand(statusCommand(), ['--data-dir', path])
      expect(result).toMatchObject({ code: 69, out: '' })
      expect(result.err).toContain(`no gateway is running in ${path}`)
      expect(result.err).toContain('fieldproof start')
    }
  })

  test('one that was killed left run.json behind: the same words', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const url = `http://127.0.0.1:${port}`
    await dir.announce({ pid: 1, url, mqtt: { host: 'h', port: 1 } })
    const result = await run('status')
    expect(result.code).toBe(69)
    expect(result.err).toContain('no gateway is running')
  })

  test('another token: 77', async () => {
    const path = dir.file('operator.token')
    const kept = readFileSync(path)
    writeFileSync(path, 'another\n')
    const result = await run('devices', 'list')
    writeFileSync(path, kept)
    expect(result.code).toBe(77)
    expect(result.err).toContain('operator.token')
  })

  test('a wrong configuration: 78, a wrong command line: 2', async () => {
    const wrong = await runCommand(statusCommand(), [], { FIELDPROOF_NOPE: '1' })
    expect(wrong.code).toBe(78)
    expect(wrong.err).toContain('FIELDPROOF_NOPE')
    expect((await run('devices', 'suspend', 'x')).code).toBe(2)
    expect((await run('proof', device, '-1')).code).toBe(2)
    expect((await run('status', '--nope')).code).toBe(2)
  })
})

describe('status', () => {
  test('for people and for programs', async () => {
    operations.statusNow = async () => statusView({ degraded: ['store: away\u001b[31m'] })
    const text = await run('status')
    expect(text.code).toBe(0)
    expect(text.out).toContain('gateway aaaaaaaaaaaaa on network testnet: degraded')
    expect(text.out).toContain('2 replayed')
    expect(text.out).not.toContain('\u001b')
    const json = await run('status', '--json')
    expect(JSON.parse(json.out)).toEqual(statusView({ degraded: ['store: away\u001b[31m'] }))
  })

  test('a gateway in trouble: 69 and its words', async () => {
    operations.statusNow = async () => {
      throw new Failure('unavailable', 'still reading the journal')
    }
    const result = await run('status')
    expect(result).toMatchObject({ code: 69, err: 'fieldproof: still reading the journal\n' })
  })
})

test('as a process: the exit code is that of the failure', async () => {
  const args = ['status', '--data-dir', join(folder, 'nowhere')]
  expect(await fieldproof(args, { cwd: folder })).toMatchObject({ code: 69, out: '' })
  const good = await fieldproof(['status', '--json', '--data-dir', dir.path], { cwd: folder })
  expect(JSON.parse(good.out)).toEqual(statusView())
})

describe('devices', () => {
  test('list and pending', async () => {
    const text = await run('devices', 'list')
    expect(text.out).toMatch(/nbuo57lhddeib {2}active +bme280 +1\.0\.3 +online +3 +2 /)
    expect(text.out).toContain('evil?[2Jname')
    expect(text.out).not.toContain('\u001b')
    expect(JSON.parse((await run('devices', 'list', '--json')).out)).toHaveLength(2)
    const pending = await run('devices', 'pending')
    expect(pending.out).toContain('ccccccccccccc')
    expect(pending.out).not.toContain(device)
  })

  test('approve', async () => {
    const owner = `0x${'ab'.repeat(20)}`
    const args = ['--owner', owner, '--cell', '87283472bffffff', '--interval', '30']
    const result = await run(
      'devices',
      'approve',
      'ccccccccccccc',
      ...args,
      '--placement',
      'indoor',
    )
    expect(result).toMatchObject({ code: 0, out: 'ok  ccccccccccccc is active\n' })
    expect(operations.approved).toEqual({
      owner,
      cell: '87283472bffffff',
      intervalSec: 30,
      placement: 'indoor',
    })
    const bad = ['--owner', '0x1', '--cell', '87283472bffffff']
    const refused = await run('devices', 'approve', 'ccccccccccccc', ...bad)
    expect(refused.code).toBe(2)
    expect(refused.err).toContain('owner: expected 0x')
    expect((await run('devices', 'approve', 'ccccccccccccc')).code).toBe(2)
    const unknown = await run('devices', 'approve', 'eeeeeeeeeeeee', ...args)
    expect(unknown.code).toBe(1)
    expect(unknown.err).toContain('no such candidate')
  })

  test('approve with terms of sale', async () => {
    const args = ['--owner', `0x${'ab'.repeat(20)}`, '--cell', '87283472bffffff']
    await run('devices', 'approve', 'ccccccccccccc', ...args, '--sell', 'none')
    expect(operations.approved).toMatchObject({ soldMetrics: [] })
  })

  test('consent', async () => {
    const words = ['--sell', 'temperature,noise', '--sell-resolution', '6']
    const result = await run('devices', 'consent', device, ...words)
    expect(result).toMatchObject({
      code: 0,
      out: `ok  of ${device} is sold: temperature,noise at 6\n`,
    })
    expect(operations.consented).toEqual({
      soldMetrics: ['temperature', 'noise'],
      soldResolution: 6,
    })
    expect((await run('devices', 'list')).out).toContain('temperature,noise at 6')
    expect((await run('devices', 'consent', device, '--sell', 'none')).out).toContain('sold: none')
    const signed = ['--signature', `0x${'12'.repeat(65)}`, '--not-after', '2026-11-21']
    await run('devices', 'consent', device, '--sell', 'all', ...signed)
    expect(operations.consented).toEqual({
      soldMetrics: 'all',
      signature: signed[1],
      notAfter: 1_795_219_200,
    })
    const silent = await run('devices', 'consent', device)
    expect(silent).toMatchObject({ code: 2 })
    expect(silent.err).toContain('--sell')
    for (const bad of ['t;h', '', 'Temperature'])
      expect((await run('devices', 'consent', device, '--sell', bad)).code).toBe(2)
  })

  test('suspend, resume, revoke', async () => {
    expect((await run('devices', 'suspend', device)).out).toContain('is suspended')
    expect((await run('devices', 'resume', device)).out).toContain('is active')
    const unsure = await run('devices', 'revoke', device)
    expect(unsure.code).toBe(2)
    expect(unsure.err).toContain('--yes')
    expect(list[0]!.state).toBe('active')
    expect((await run('devices', 'revoke', device, '--yes')).out).toContain('is revoked')
    expect((await run('devices', 'resume', device)).code).toBe(1)
  })
})

describe('proof', () => {
  test('to a file or to standard output', async () => {
    expect(JSON.parse((await run('proof', device, '1')).out)).toMatchObject({ seq: 1 })
    const file = join(folder, 'proof.json')
    expect((await run('proof', device, '1', '-o', file)).code).toBe(0)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ kind: 'reading' })
    expect((await run('proof', device, '9')).code).toBe(1)
    expect((await run('proof', device, '1', '-o', join(folder, 'no', 'x'))).code).toBe(77)
  })
})

describe('export', () => {
  test('CSV, page after page, each value once', async () => {
    const to = 1_762_000_000 + httpRowsMax + 7
    const file = join(folder, 'out.csv')
    const range = ['--from', '2025-11-01T12:26:40Z', '--to', String(to)]
    const result = await run('export', '--device', device, ...range, '-o', file)
    expect(result).toMatchObject({ code: 0, out: `${httpRowsMax + 7} values written to ${file}\n` })
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines[0]).toBe('time,device,metric,value,unit')
    expect(lines[1]).toBe(`2025-11-01T12:26:40Z,${device},temperature,881000000,Cel`)
    expect(new Set(lines).size).toBe(httpRowsMax + 8)
    const printed = await run('export', '--device', device, ...range)
    expect(printed.out).toBe(readFileSync(file, 'utf8'))
  })

  test('refuses what does not exist, and leaves no half file', async () => {
    expect((await run('export', '--metric', 'mood')).code).toBe(2)
    expect((await run('export', '--device', 'eeeeeeeeeeeee')).code).toBe(1)
    expect((await run('export', '--from', 'yesterday')).code).toBe(2)
    expect((await run('export', '--from', '10', '--to', '10')).code).toBe(2)
    const locked = join(folder, 'locked')
    writeFileSync(locked, '')
    chmodSync(locked, 0o600)
    const result = await run('export', '-o', join(locked, 'x.csv'))
    expect(result.code).toBe(77)
    expect(existsSync(join(locked, 'x.csv.part'))).toBe(false)
  })
})

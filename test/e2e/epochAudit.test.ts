/** Closed epochs of a real gateway, audited over HTTP and from copies of what it serves. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { epochCommand } from '../../gateway/commands/epoch.js'
import type { EpochJson } from '../../gateway/core/log/epoch.js'
import type { StatusView } from '../../gateway/ports/operations.js'
import { type CliResult, fieldproof, runCommand } from '../support/cli.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { connectDevice, enrol, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'

const env = { FIELDPROOF_NETWORK: testNetwork, FIELDPROOF_ENROLMENT__OPEN: 'true' }
const epochs = 3
const files = ['contributions.ndjson', 'aggregates.ndjson', 'rewards.json']

function audit(...args: string[]): Promise<CliResult> {
  return runCommand(epochCommand(), ['audit', ...args])
}

describe('the audit of a running gateway', () => {
  let gateway: RunningGateway
  let id: string
  /** A mirror of its paths. */
  const mirror = temporaryFolder()
  const seen = join(mirror, 'seen')

  async function copy(path: string): Promise<void> {
    const response = await fetch(`${gateway.url}/${path}`)
    expect([path, response.status]).toEqual([path, 200])
    const to = join(mirror, path)
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, new Uint8Array(await response.arrayBuffer()))
  }

  /** The mirror with one file changed. */
  function changed(path: string, change: (text: string) => string): string {
    const folder = temporaryFolder()
    cpSync(mirror, folder, { recursive: true })
    writeFileSync(join(folder, path), change(readFileSync(join(folder, path), 'utf8')))
    return folder
  }

  beforeAll(async () => {
    gateway = await startGateway({ env })
    id = (await gateway.api<StatusView>('/api/status')).gateway.id
    const holders = [holderOf(1), holderOf(2)]
    for (const holder of holders) await enrol(gateway, holder)
    const devices = await Promise.all(holders.map((holder) => connectDevice(gateway, holder)))
    for (let n = 1; n <= epochs; n++) {
      for (const [i, device] of devices.entries()) {
        const time = Math.floor(Date.now() / 1_000)
        const values = [{ metric: 'temperature', time, value: { m: 200 + n, e: -1 } }]
        await device.send(readingOf(holders[i]!, testNetwork, 100 + n, values))
      }
      await until('a second to pass', () =>
        gateway.api<EpochJson>('/api/epochs/close', {}).catch(() => undefined),
      )
      if (n > 1) continue
      const note = await until('a checkpoint over the first record', async () => {
        const text = await fetchText('checkpoint')
        return Number(text?.split('\n')[1]) > 4 && text
      })
      writeFileSync(seen, note)
    }
    for (const device of devices) await device.close()
    await until('a checkpoint over the last record', async () => {
      const last = (await (await fetch(`${gateway.url}/epochs/${epochs}.json`)).json()) as EpochJson
      const size = Number((await fetchText('checkpoint'))?.split('\n')[1])
      return size > last.endIndex && size
    })
    for (let n = 1; n <= epochs; n++) {
      await copy(`epochs/${n}.json`)
      for (const file of files) await copy(`epochs/${n}/${file}`)
    }
    const size = Number((await fetchText('checkpoint'))!.split('\n')[1])
    for (const path of ['gateway.json', 'checkpoint', `tile/0/000.p/${size}`]) await copy(path)
  })

  afterAll(() => gateway.kill())

  async function fetchText(path: string): Promise<string | undefined> {
    const response = await fetch(`${gateway.url}/${path}`)
    return response.ok ? response.text() : undefined
  }

  it('holds over HTTP, in a process of its own', async () => {
    const run = await fieldproof(['epoch', 'audit', '2', '--data-dir', gateway.dataDir])
    expect(run).toMatchObject({ code: 0, err: '' })
    const checks = [...run.out.matchAll(/^ok {3}(\w+)/gm)].map(([, check]) => check)
    expect(checks.length).toBe(13)
    expect(run.out).toMatch(/log +the record is entry \d+ of \d+/)
  })

  it('holds for every epoch, and says so in JSON', async () => {
    const perHour = String(10n ** 18n)
    const args = ['--all', '--url', gateway.url, '--gateway', id, '--per-hour', perHour, '--json']
    const run = await audit(...args, '--since', seen)
    expect(run.code, run.err).toBe(0)
    const report = JSON.parse(run.out)
    expect(report).toMatchObject({ ok: true, gateway: id, log: { state: 'ok' } })
    expect(report.epochs.map(({ n, ok }: { n: number; ok: boolean }) => [n, ok])).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ])
    expect(JSON.stringify(report)).not.toContain('skipped')
  })

  it('holds for copies: a mirror, the epochs of the data directory, the files of one epoch', async () => {
    expect(await audit('1..3', '--dir', mirror)).toMatchObject({ code: 0, err: '' })
    const folder = temporaryFolder()
    cpSync(join(gateway.dataDir, 'epochs'), folder, { recursive: true })
    cpSync(join(mirror, 'gateway.json'), join(folder, 'gateway.json'))
    const ofDataDir = await audit('--all', '--dir', folder)
    expect(ofDataDir).toMatchObject({ code: 0, err: '' })
    expect(ofDataDir.out).toContain('not checked: log')
    const flat = temporaryFolder()
    cpSync(join(mirror, 'gateway.json'), join(flat, 'gateway.json'))
    cpSync(join(mirror, 'epochs/3.json'), join(flat, '3.json'))
    for (const file of files) cpSync(join(mirror, 'epochs/3', file), join(flat, file))
    const alone = await audit('3', '--dir', flat)
    expect(alone).toMatchObject({ code: 0, err: '' })
    expect(alone.out).toMatch(/-- +chain +the record of epoch 2 is not here/)
    cpSync(join(mirror, 'epochs/2.json'), join(flat, '2.json'))
    expect((await audit('3', '--dir', flat)).out).toMatch(/ok +chain +continues epoch 2/)
  })

  it.each([
    ['epochs/2.json', '2.json: paid', (text: string) => text.replace(/"paid":"/, '"paid":"1')],
    [
      'epochs/2/contributions.ndjson',
      'contribRoot',
      (text: string) => text.replace('"late":0', '"late":1'),
    ],
    [
      'epochs/2/rewards.json',
      'rewards.json',
      (text: string) => text.replace(/"claimable":"/, '"claimable":"1'),
    ],
    ['epochs/2/aggregates.ndjson', 'aggregates.ndjson', (text: string) => `${text}{}\n`],
    [
      'epochs/1/rewards.json',
      'epoch 1, which epoch 2 continues',
      (text: string) => text.replace(/"claimable":"/, '"claimable":"1'),
    ],
    ['checkpoint', 'checkpoint', (text: string) => text.replace(/\n\d+\n/, '\n4\n')],
    [
      'gateway.json',
      'names another key',
      (text: string) => text.replace(/"key":".{5}/, '"key":"AAAAA'),
    ],
  ])('names what differs in %s', async (path, words, change) => {
    const run = await audit('2', '--dir', changed(path, change))
    expect(run.code).toBe(1)
    expect(run.out + run.err).toContain(words)
  })

  it('waits for the checkpoint of an epoch that was closed just now', async () => {
    await gateway.api<EpochJson>('/api/epochs/close', {})
    const run = await audit(`${epochs + 1}`, '--url', gateway.url)
    expect(run).toMatchObject({ code: 0, err: '' })
    expect(run.out).toMatch(/log +the record is entry \d+ of \d+/)
  })

  it('is told of a log that is not the one that was seen', async () => {
    const lines = readFileSync(seen, 'utf8').split('\n')
    const tile = (await readdirTile(mirror))!
    const folder = changed(tile, (text) => text)
    const bytes = readFileSync(join(mirror, tile))
    bytes[0]! ^= 1
    writeFileSync(join(folder, tile), bytes)
    const run = await audit('1', '--dir', folder, '--since', seen)
    expect(run.code).toBe(1)
    expect(run.out).toContain(`the first ${lines[1]} entries are not what was signed before`)
    expect(run.out).toMatch(/entry \d+ of the checkpoint is not this record/)
  })

  it('says what to do where there is nothing to read', async () => {
    expect(await audit('9', '--dir', mirror)).toMatchObject({ code: 2 })
    expect(await audit('--dir', mirror)).toMatchObject({ code: 2 })
    expect(await audit('3..1', '--dir', mirror)).toMatchObject({ code: 2 })
    expect(await audit('1', '--dir', join(mirror, 'none'))).toMatchObject({ code: 2 })
    expect(await audit('1', '--url', 'http://127.0.0.1:1')).toMatchObject({ code: 69 })
    const other = await audit('1', '--dir', mirror, '--gateway', 'aaaaaaaaaaaaa')
    expect(other.code).toBe(1)
    expect(other.err).toContain('not of aaaaaaaaaaaaa')
  })
})

async function readdirTile(folder: string): Promise<string | undefined> {
  const { readdir } = await import('node:fs/promises')
  const [name] = await readdir(join(folder, 'tile/0/000.p'))
  return name && `tile/0/000.p/${name}`
}

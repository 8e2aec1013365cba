/** Receipts of a real gateway, kept by the simulator and looked for in its log and epochs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readKeyFile } from '../../gateway/adapters/system/signer.js'
import { epochCommand } from '../../gateway/commands/epoch.js'
import { receiptsCommand } from '../../gateway/commands/receipts.js'
import { fromB64u, utf8 } from '../../gateway/core/bytes.js'
import { canonicalJson } from '../../gateway/core/json.js'
import { type EpochJson, encodeEpoch, epochJson, parseEpoch } from '../../gateway/core/log/epoch.js'
import { rootOfLeaves } from '../../gateway/core/log/memoryTree.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import { type CliResult, fieldproof, runCommand } from '../support/cli.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { testNetwork } from '../support/mqttDevice.js'

/** The files of an epoch side by side, and what the log of it needs. */
async function mirrorOf(
  gateway: RunningGateway,
  n: number,
): Promise<{ folder: string; record: string; contributions: string }> {
  const folder = temporaryFolder()
  const copy = async (path: string, name = path): Promise<string> => {
    const bytes = new Uint8Array(await (await fetch(`${gateway.url}/${path}`)).arrayBuffer())
    const to = join(folder, name)
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, bytes)
    return new TextDecoder().decode(bytes)
  }
  await copy('gateway.json')
  const size = Number((await copy('checkpoint')).split('\n')[1])
  await copy(`tile/0/000.p/${size}`)
  const record = await copy(`epochs/${n}.json`, `${n}.json`)
  const contributions = await copy(`epochs/${n}/contributions.ndjson`, 'contributions.ndjson')
  return { folder, record, contributions }
}

const env = { FIELDPROOF_NETWORK: testNetwork, FIELDPROOF_ENROLMENT__OPEN: 'true' }

describe('receipts that a simulator kept', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'receipts.ndjson')
  let gateway: RunningGateway
  let simulated: CliResult

  function check(...args: string[]): Promise<CliResult> {
    const all = ['check', ...args, '--data-dir', gateway.dataDir, '--evidence', folder]
    return runCommand(receiptsCommand(), all)
  }

  function lines(): string[] {
    return readFileSync(file, 'utf8').split('\n').slice(0, -1)
  }

  async function covered(size: number): Promise<void> {
    await until('a checkpoint', async () => {
      const response = await fetch(`${gateway.url}/checkpoint`)
      return Number((await response.text()).split('\n')[1]) >= size
    })
  }

  beforeAll(async () => {
    gateway = await startGateway({ env })
    simulated = await fieldproof(
      ['simulate', '--devices', '2', '--rate', '4', '--duration', '3'].concat([
        ...['--receipts', file, '--json', '--data-dir', gateway.dataDir],
      ]),
    )
  })

  afterAll(() => gateway.kill())

  it('are as many as readings, each with its message', () => {
    expect(simulated.code, simulated.err).toBe(0)
    const { receipts, acknowledged } = JSON.parse(simulated.out).report
    expect(receipts).toBe(acknowledged)
    expect(lines().length).toBe(acknowledged)
    expect(lines().every((line) => 'message' in JSON.parse(line))).toBe(true)
  })

  it('are in the log while the epoch is open', async () => {
    await covered(lines().length + 4)
    const run = await check(file)
    expect(run).toMatchObject({ code: 0, err: '' })
    expect(run.out).toMatch(new RegExp(`^open +${lines().length}\n$`))
  })

  it('are counted once it is closed, by themselves or as the gateway shows', async () => {
    const record = await gateway.api<EpochJson>('/api/epochs/close', {})
    await covered(record.endIndex + 1)
    const all = await check(file)
    expect(all).toMatchObject({ code: 0, err: '' })
    expect(all.out).toMatch(new RegExp(`^counted +${lines().length}\n$`))
    const some = join(folder, 'some.ndjson')
    writeFileSync(some, `${lines().slice(0, 3).join('\n')}\n`)
    const run = await check(some, '--json')
    expect(run.code, run.err).toBe(0)
    const fates = JSON.parse(run.out).receipts.map(({ fate }: { fate: string }) => fate)
    expect(fates).toEqual(['counted', 'counted', 'counted'])
  })

  it('convict an operator who leaves a reading out and signs that', async () => {
    const operator = await readKeyFile(join(gateway.dataDir, 'gateway.key'))
    const mirror = await mirrorOf(gateway, 1)
    const bytes = fromB64u(JSON.parse(mirror.record).record)!
    const parsed = parseEpoch(bytes)
    if (!parsed.ok) throw new Error(parsed.detail)
    const rows = mirror.contributions.split('\n').slice(0, -1)
    const row = JSON.parse(rows[0]!)
    const less = canonicalJson({ ...row, accepted: row.accepted - 1, readings: '5a'.repeat(32) })
    const doctored = rows.with(0, less)
    const contribRoot = rootOfLeaves(doctored.map((line) => leafHash(utf8(line))))
    const fields = { ...parsed.value, contribRoot }
    const json = epochJson(fields, encodeEpoch(fields, operator))
    writeFileSync(join(mirror.folder, '1.json'), JSON.stringify(json))
    writeFileSync(join(mirror.folder, 'contributions.ndjson'), `${doctored.join('\n')}\n`)
    const args = ['check', file, '--dir', mirror.folder, '--evidence', folder]
    const run = await runCommand(receiptsCommand(), args)
    expect(run.code).toBe(1)
    const path = /^evidence {2}(.+);/m.exec(run.out)![1]!
    const verified = await fieldproof(['receipts', 'verify', path])
    expect(verified).toMatchObject({ code: 0, err: '' })
    expect(verified.out).toContain(`device ${row.device}: ${row.accepted} readings in time`)
    // Of what the gateway really published, the same receipts prove nothing.
    const evidence = JSON.parse(readFileSync(path, 'utf8'))
    const honest = { ...evidence, records: [JSON.parse(mirror.record).record] }
    writeFileSync(path, JSON.stringify({ ...honest, contributions: mirror.contributions }))
    const nothing = await fieldproof(['receipts', 'verify', path])
    expect(nothing.code).toBe(1)
    expect(nothing.err).toContain('the row does not contradict the receipts')
  })

  it('are refused where they are not of this gateway', async () => {
    const bad = join(folder, 'bad.ndjson')
    const { rc } = JSON.parse(lines()[0]!)
    writeFileSync(bad, `${JSON.stringify({ rc: `${rc.slice(0, -8)}AAAAAAAA` })}\n`)
    const run = await check(bad)
    expect(run.code).toBe(1)
    expect(run.err).toContain('bad.ndjson line 1: rc:')
    expect(await check(file, '--gateway', 'aaaaaaaaaaaaa')).toMatchObject({ code: 1 })
    expect(await check(join(folder, 'none'))).toMatchObject({ code: 2 })
    expect(await runCommand(receiptsCommand(), ['verify', file])).toMatchObject({ code: 1 })
  })

  it('stand beside what each reason cost', async () => {
    const record = (await (await fetch(`${gateway.url}/epochs/1.json`)).json()) as EpochJson
    const text = await (await fetch(`${gateway.url}/epochs/1/contributions.ndjson`)).text()
    const row = JSON.parse(text.split('\n')[0]!)
    const args = ['show', '1', '--device', row.device, '--data-dir', gateway.dataDir]
    const run = await runCommand(epochCommand(), args)
    expect(run).toMatchObject({ code: 0, err: '' })
    expect(run.out).toMatch(/^total +\d+ +what it would have had more/m)
    const { costs } = JSON.parse((await runCommand(epochCommand(), [...args, '--json'])).out)
    const pool = BigInt(record.money[0]!)
    expect(BigInt(costs.total) + BigInt(row.coverage) <= pool).toBe(true)
    const none = await runCommand(epochCommand(), args.with(3, 'aaaaaaaaaaaaa'))
    expect(none.code).toBe(2)
  })
})

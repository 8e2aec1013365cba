import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Value } from '../../gateway/core/senml/pack.js'
import type { StatusView } from '../../gateway/ports/operations.js'
import { fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { freePort } from '../support/mosquitto.js'
import { connectDevice, enrol, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'
import { type RunningTestWitness, startWitness } from '../support/witnessProcess.js'

const holder = holderOf(1)

function warmth(m: number): Value[] {
  const time = Math.floor(Date.now() / 1000)
  return [{ metric: 'temperature', time, value: { m, e: -1 } }]
}

/** Sends readings with sequence numbers [from, to); each is on disk when this resolves. */
async function feed(gateway: RunningGateway, from: number, to: number, m: number): Promise<void> {
  const device = await connectDevice(gateway, holder)
  for (let seq = from; seq < to; seq++)
    expect(await device.verdict(readingOf(holder, testNetwork, seq, warmth(m)))).toBe('accepted')
  await device.close()
}

async function vkeyOf(gateway: RunningGateway): Promise<string> {
  const response = await fetch(`${gateway.url}/gateway.json`)
  return ((await response.json()) as { vkey: string }).vkey
}

async function checkpointOf(gateway: RunningGateway): Promise<string> {
  return (await fetch(`${gateway.url}/checkpoint`)).text()
}

/** The checkpoint over all `size` entries once so many lines are under it. */
function cosigned(gateway: RunningGateway, size: number, lines: number): Promise<string> {
  let text = ''
  return until(
    `${lines} cosignatures over ${size} entries`,
    async () => {
      text = await checkpointOf(gateway)
      const isThere = Number(text.split('\n')[1]) >= size
      return isThere && text.split('\n\u2014 ').length === lines + 2 && text
    },
    { detail: () => `${text}\n${gateway.output()}` },
  )
}

async function degradedOf(gateway: RunningGateway): Promise<string[]> {
  const response = await fetch(`${gateway.url}/readyz`)
  return ((await response.json()) as { degraded: string[] }).degraded
}

async function sizeOf(gateway: RunningGateway): Promise<number> {
  return (await gateway.api<StatusView>('/api/status')).log.size
}

describe('a gateway with witnesses', () => {
  const folder = temporaryFolder()
  const dataDir = join(folder, 'data')
  const policy = join(folder, 'policy.txt')
  const alone = {
    FIELDPROOF_NETWORK: testNetwork,
    FIELDPROOF_ENROLMENT__OPEN: 'true',
    FIELDPROOF_LOG__CHECKPOINT_INTERVAL: 'PT1S',
  }
  const env = { ...alone, FIELDPROOF_WITNESS__POLICY: policy }
  let one: RunningTestWitness
  let two: RunningTestWitness
  let gateway: RunningGateway
  let copy: RunningGateway | undefined
  let vkey = ''

  beforeAll(async () => {
    // The witnesses must know the log's key, so the gateway starts once without them.
    gateway = await startGateway({ dataDir, env: alone })
    vkey = await vkeyOf(gateway)
    await enrol(gateway, holder)
    await gateway.stop()
    const [port1, port2] = [await freePort(), await freePort()]
    one = await startWitness({ logs: [vkey], name: 'witness.example/w1', port: port1 })
    two = await startWitness({ logs: [vkey], name: 'witness.example/w2', port: port2 })
    writeFileSync(
      policy,
      `log ${vkey}\nwitness one ${one.vkey} ${one.url}\nwitness two ${two.vkey} ${two.url}/\n` +
        'group both all one two\nquorum both\n',
    )
    gateway = await startGateway({ dataDir, env })
  })

  afterAll(async () => {
    await copy?.kill()
    await gateway.kill()
    await one.kill()
    await two.kill()
  })

  it('serves checkpoints with their lines, and puts them into proofs', async () => {
    await feed(gateway, 0, 5, 215)
    await cosigned(gateway, await sizeOf(gateway), 2)
    const file = join(folder, 'proof.json')
    const id = (await gateway.api<{ device: string }[]>('/api/devices'))[0]!.device
    await fieldproof(['proof', id, '2', '-o', file, '--data-dir', dataDir])
    const verified = await fieldproof(['verify', file, '--policy', policy])
    expect(verified.out + verified.err).toMatch(/ok +witness +2 of 2 witnesses signed .* is met/)
    expect(verified.code).toBe(0)
    const plain = await fieldproof(['verify', file])
    // In the order in which they came.
    expect(plain.out).toMatch(
      /not checked, no policy was given: lines of witness\.example\/w[12], /,
    )
  })

  it('goes on while a witness is away, says so, and has it back', async () => {
    await two.kill()
    await feed(gateway, 5, 7, 215)
    await cosigned(gateway, await sizeOf(gateway), 1)
    const said = await until('degraded', async () => {
      const lines = await degradedOf(gateway)
      return lines.length > 0 && lines
    })
    expect(said).toEqual([expect.stringMatching(/^witness two: no answer from http/)])
    const file = join(folder, 'single.json')
    const id = (await gateway.api<{ device: string }[]>('/api/devices'))[0]!.device
    await fieldproof(['proof', id, '6', '-o', file, '--data-dir', dataDir])
    const verified = await fieldproof(['verify', file, '--policy', policy])
    expect([verified.code, verified.err]).toEqual([
      1,
      expect.stringMatching(/broken link: witness: 1 of 2 .* quorum both is not met/),
    ])
    two = await startWitness({
      logs: [vkey],
      name: 'witness.example/w2',
      dir: two.dir,
      port: Number(new URL(two.url).port),
    })
    await cosigned(gateway, await sizeOf(gateway), 2)
    await until('all well', async () => (await degradedOf(gateway)).length === 0)
  })

  it('is caught where it forks: two gateways on copies of one data directory', async () => {
    await gateway.stop()
    const second = join(folder, 'copy')
    cpSync(dataDir, second, { recursive: true })
    const starting = [dataDir, second].map((folder) => startGateway({ dataDir: folder, env }))
    const [mine, theirs] = await Promise.all(starting)
    gateway = mine!
    copy = theirs!
    const from = await sizeOf(gateway)
    // The original is witnessed first; the copy then has as many entries, with other values.
    await feed(gateway, 100, 104, 215)
    await cosigned(gateway, from + 4, 2)
    await feed(copy, 100, 104, 333)
    const fork = await until(
      'the fork to be refused',
      async () => (await degradedOf(copy!)).find((line) => line.includes('forked')),
      { detail: () => `${copy?.output()}\n${one.output()}` },
    )
    expect(fork).toMatch(/^witness (one|two): it has signed another tree of \d+ entries/)
    expect(await checkpointOf(copy)).not.toContain('witness.example')
    expect(await degradedOf(gateway)).toEqual([])

    const [evidence] = await until('evidence', () => {
      const files = readdirSync(one.dir).includes('forks') && readdirSync(join(one.dir, 'forks'))
      return files !== false && files.length > 0 && files
    })
    const kept = await fieldproof(['verify', join(one.dir, 'forks', evidence!)])
    expect([kept.code, kept.out]).toEqual([0, expect.stringContaining('The evidence holds')])

    const id = (await gateway.api<{ device: string }[]>('/api/devices'))[0]!.device
    const files = [join(folder, 'mine.json'), join(folder, 'theirs.json')] as const
    await Promise.all([
      fieldproof(['proof', id, '102', '-o', files[0], '--data-dir', dataDir]),
      fieldproof(['proof', id, '102', '-o', files[1], '--data-dir', second]),
    ])
    const [against, same] = await Promise.all([
      fieldproof(['verify', files[0], '--against', files[1]]),
      fieldproof(['verify', files[0], '--against', files[0]]),
    ])
    expect([against.code, against.err]).toEqual([1, expect.stringMatching(/FORK: fieldproof/)])
    // Each of the two is good by itself: only together they show it.
    expect(against.out).not.toContain('BAD')
    expect([same.code, same.out]).toEqual([0, expect.stringContaining('no fork')])
  })

  it('does not start on an old copy: the witnesses have seen more', async () => {
    const [older, size] = [copy!, await sizeOf(gateway)]
    copy = undefined
    await older.kill()
    await feed(gateway, 104, 110, 215)
    await cosigned(gateway, size + 6, 2)
    const before = readFileSync(join(older.dataDir, 'checkpoint'), 'utf8')
    const start = await fieldproof(['start', '--data-dir', older.dataDir], {
      env: { ...env, FIELDPROOF_MQTT__PORT: '0', FIELDPROOF_HTTP__PORT: '0' },
    })
    expect(start.code).toBe(73)
    expect(start.err).toMatch(
      /witness (one|two) has seen a checkpoint of \d+ entries, and here are/,
    )
    expect(start.err).toContain('restore --new-log')
    expect(readFileSync(join(older.dataDir, 'checkpoint'), 'utf8')).toBe(before)
  })
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { expect, it } from 'vitest'
import { fromB64u } from '../../gateway/core/bytes.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { type EpochJson, parseEpochJson } from '../../gateway/core/log/epoch.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import type { RewardsFile } from '../../gateway/core/rewards/ledger.js'
import { parseRow } from '../../gateway/core/rewards/statement.js'
import { fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { connectDevice, enrol, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'

const holder = holderOf(7)
const device = deviceIdOf(holder.publicKey)

async function close(gateway: RunningGateway): Promise<EpochJson> {
  return until('the epoch to be a second old', () =>
    gateway.api<EpochJson>('/api/epochs/close', {}).catch((error: unknown) => {
      expect(String(error)).toContain('409')
      return undefined
    }),
  )
}

async function textOf(gateway: RunningGateway, path: string): Promise<string> {
  const response = await fetch(new URL(path, gateway.url))
  expect(response.status, path).toBe(200)
  return response.text()
}

/** Retained epoch topics as a newcomer gets them, by topic below `pub/`. */
async function retained(broker: Mosquitto, wanted: number): Promise<Map<string, string>> {
  const client = await mqtt.connectAsync(broker.url)
  const found = new Map<string, string>()
  client.on('message', (topic, payload) => found.set(topic.split('/pub/')[1]!, String(payload)))
  await client.subscribeAsync([`fp1/${testNetwork}/pub/epoch`, `fp1/${testNetwork}/pub/epoch/+`])
  await until('the retained epochs', () => found.size >= wanted)
  await client.endAsync()
  return found
}

const files = ['contributions.ndjson', 'aggregates.ndjson', 'rewards.json']

it('publishes closed epochs over HTTP and MQTT, and the same bytes after a restart', async () => {
  const dataDir = temporaryFolder()
  const broker = await startMosquitto()
  const env = {
    FIELDPROOF_NETWORK: testNetwork,
    FIELDPROOF_ENROLMENT__OPEN: 'true',
    FIELDPROOF_MQTT__MODE: 'external',
    FIELDPROOF_MQTT__URL: broker.url,
  }
  let gateway = await startGateway({ dataDir, env })
  await enrol(gateway, holder, ['temperature'], { intervalSec: 1 })
  const sender = await connectDevice(gateway, holder)
  const time = Math.floor(Date.now() / 1000)
  for (let seq = 1; seq <= 5; seq++) {
    const values = [{ metric: 'temperature', time: time - seq, value: { m: 200 + seq, e: -1 } }]
    expect(await sender.verdict(readingOf(holder, testNetwork, seq, values))).toBe('accepted')
  }
  await sender.close()
  expect(JSON.parse(await textOf(gateway, '/epochs'))).toEqual([])
  expect((await fetch(new URL('/epochs/1.json', gateway.url))).status).toBe(404)
  const first = await close(gateway)
  expect(parseEpochJson(first).ok).toBe(true)
  for (const path of ['/epochs/1/constructor', '/epochs/01.json', '/epochs/2/rewards.json'])
    expect((await fetch(new URL(path, gateway.url))).status, path).toBe(404)
  const row = parseRow((await textOf(gateway, '/epochs/1/contributions.ndjson')).trimEnd())
  expect(row.ok && row.value).toMatchObject({ device, accepted: 5, firstSeq: 1, lastSeq: 5 })
  const second = await close(gateway)
  expect(second).toMatchObject({ n: 2, firstIndex: first.endIndex, from: first.to })
  expect(JSON.parse(await textOf(gateway, '/epochs'))).toEqual([first, second])
  expect(JSON.parse(await textOf(gateway, '/epochs?from=2'))).toEqual([second])
  expect(JSON.parse(await textOf(gateway, '/epochs/2.json'))).toEqual(second)
  const topics = await retained(broker, 3)
  expect(JSON.parse(topics.get('epoch')!)).toEqual(second)
  expect(JSON.parse(topics.get('epoch/1')!)).toEqual(first)
  const before = await Promise.all(files.map((name) => textOf(gateway, `/epochs/1/${name}`)))

  await gateway.kill()
  // A broker that forgets: what it holds afterwards was published again.
  await broker.kill()
  await broker.restart()
  gateway = await startGateway({ dataDir, env })
  expect(await retained(broker, 3)).toEqual(topics)
  expect(await Promise.all(files.map((name) => textOf(gateway, `/epochs/1/${name}`)))).toEqual(
    before,
  )
  expect(JSON.parse(await textOf(gateway, '/epochs'))).toEqual([first, second])
  const head = (await textOf(gateway, '/checkpoint')).split('\n')
  expect(Number(head[1])).toBeGreaterThan(second.endIndex)
  await gateway.stop()
  await broker.stop()
})

it('goes on from the newest published epoch where an old backup begins a new log', async () => {
  const env = { FIELDPROOF_NETWORK: testNetwork, FIELDPROOF_ENROLMENT__OPEN: 'true' }
  const folder = temporaryFolder()
  let gateway = await startGateway({ dataDir: join(folder, 'data'), env })
  await enrol(gateway, holder, ['temperature'], { intervalSec: 10, simulated: true })
  const report = async (from: number): Promise<void> => {
    const sender = await connectDevice(gateway, holder)
    const time = Math.floor(Date.now() / 1000)
    for (let seq = from; seq < from + 6; seq++) {
      const values = [{ metric: 'temperature', time: time - seq, value: { m: 200 + seq, e: -1 } }]
      await sender.send(readingOf(holder, testNetwork, seq, values))
    }
    await sender.close()
  }
  await report(1)
  const first = await close(gateway)
  const backup = join(folder, 'backup')
  const copied = await fieldproof(['backup', backup, '-d', gateway.dataDir])
  expect(copied, copied.err).toMatchObject({ code: 0 })
  await report(7)
  await close(gateway)
  const third = await close(gateway)
  const rewards = await textOf(gateway, '/epochs/3/rewards.json')
  writeFileSync(join(folder, '3.json'), await textOf(gateway, '/epochs/3.json'))
  writeFileSync(join(folder, 'rewards.json'), rewards)
  await gateway.stop()

  const restored = join(folder, 'restored')
  const restore = (...since: string[]) =>
    fieldproof(['restore', backup, '--new-log', '--since', ...since, '-d', restored])
  writeFileSync(join(folder, 'other.json'), rewards.replace('"claimable":"', '"claimable":"1'))
  const wrong = await restore(join(folder, '3.json'), join(folder, 'other.json'))
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('is not the rewards.json')])
  const right = await restore(join(folder, '3.json'), join(folder, 'rewards.json'))
  expect(right, right.err).toMatchObject({ code: 0 })

  gateway = await startGateway({ dataDir: restored, env })
  await report(13)
  const fourth = await close(gateway)
  const parsed = parseEpochJson(fourth)
  if (!parsed.ok) throw new Error(parsed.detail)
  expect(parsed.value.record).toMatchObject({ n: 4, from: third.to })
  expect(parsed.value.record.previous).toEqual(leafHash(fromB64u(third.record)!))
  expect(JSON.parse(await textOf(gateway, '/epochs'))).toEqual([first, third, fourth])
  const [before, after] = [rewards, await textOf(gateway, '/epochs/4/rewards.json')].map((text) =>
    BigInt((JSON.parse(text) as RewardsFile).tree[0]!.claimable),
  )
  expect(before!).toBeGreaterThan(0n)
  expect(after!).toBeGreaterThan(before!)
  const row = parseRow((await textOf(gateway, '/epochs/4/contributions.ndjson')).trimEnd())
  expect(row.ok && row.value.accepted).toBe(6)
  expect((await fetch(new URL('/epochs/2.json', gateway.url))).status).toBe(404)
  const second = await fieldproof(['backup', join(folder, 'second'), '--json', '-d', restored])
  const names = (JSON.parse(second.out) as { files: { name: string }[] }).files.map(
    ({ name }) => name,
  )
  expect(names).toEqual(
    expect.arrayContaining(['epochs/lost', 'epochs/3/rewards.json', 'epochs/4/record.json']),
  )
  await gateway.stop()
  const again = await startGateway({ dataDir: restored, env })
  expect(JSON.parse(await textOf(again, '/epochs')).slice(0, 3)).toEqual([first, third, fourth])
  await again.stop()
})

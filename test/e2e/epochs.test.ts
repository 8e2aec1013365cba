import mqtt from 'mqtt'
import { expect, it } from 'vitest'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { type EpochJson, parseEpochJson } from '../../gateway/core/log/epoch.js'
import { parseRow } from '../../gateway/core/rewards/statement.js'
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

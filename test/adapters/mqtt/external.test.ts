import { type AddressInfo, createServer } from 'node:net'
import { Aedes } from 'aedes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ExternalBroker, openExternalBroker } from '../../../gateway/adapters/mqtt/external.js'
import { mqttOutboxMax } from '../../../gateway/core/limits.js'
import type { LinkEvent, Presence } from '../../../gateway/ports/link.js'
import { until } from '../../support/gateway.js'
import { freePort, type Mosquitto, startMosquitto } from '../../support/mosquitto.js'
import {
  candidate,
  device,
  gatewayId,
  message,
  network,
  RecordingIntake,
  root,
  TestClock,
} from './recordingIntake.js'
import { openClient, type TestClient } from './setup.js'

const own = `${root}/d/${device}`
const readings = `${own}/up/rd`
const qos1 = { qos: 1 } as const

let mosquitto: Mosquitto
let intake: RecordingIntake
let link: ExternalBroker
let presence: Presence[]
let events: LinkEvent[]
let clients: TestClient[]

function open(url: string, more = {}): ExternalBroker {
  return openExternalBroker({
    network,
    gatewayId,
    url,
    intake,
    clock: new TestClock(),
    presence: (change) => presence.push(change),
    event: (event) => events.push(event),
    ...more,
  })
}

async function client(name: string, options = {}): Promise<TestClient> {
  const opened = await openClient(mosquitto.url, name, options)
  clients.push(opened)
  return opened
}

beforeEach(async () => {
  mosquitto = await startMosquitto({ persistence: true })
  intake = new RecordingIntake()
  presence = []
  events = []
  clients = []
  link = open(mosquitto.url)
  await link.start()
  await until('the link', () => link.connected())
})

afterEach(async () => {
  for (const { mqtt } of clients) mqtt.end(true)
  await link.stop()
  await mosquitto.stop()
})

describe('at an external broker', () => {
  it('speaks MQTT 5 and hands over readings, each answered on dn/ak', async () => {
    expect(events[0]?.text).toContain('with MQTT 5')
    const { mqtt, texts } = await client(device)
    await mqtt.subscribeAsync(`${own}/dn/ak`, qos1)
    const seqs = Array.from({ length: 300 }, (_, i) => i)
    for (const seq of seqs) mqtt.publish(readings, message(seq), qos1)
    await until('300 answers', () => texts('/dn/ak').length === 300)
    expect(texts('/dn/ak').map((text) => JSON.parse(text).seq)).toEqual(seqs)
    expect(intake.messages[0]).toMatchObject({ kind: 'rd', transport: 'mqtt', claimed: device })
  })

  it('judges many at once: one slow verdict holds nobody up', async () => {
    intake.verdict = () => undefined
    const { mqtt } = await client(device)
    for (let seq = 0; seq < 200; seq++) mqtt.publish(readings, message(seq), qos1)
    await until('200 to wait together', () => intake.waiting === 200)
    intake.judge('accepted', (waiting) => waiting.reverse())
  })

  it('answers time queries and enrolments, follows presence', async () => {
    const { mqtt, received, texts } = await client(device)
    await mqtt.subscribeAsync([`${own}/dn/tm`, `${root}/enrol/${candidate}/res`], qos1)
    await mqtt.publishAsync(`${own}/up/tq`, Buffer.from([1, 2, 3, 4]), qos1)
    await until('the time', () => received.length === 1)
    expect([...received[0]!.payload]).toEqual([1, 1, 2, 3, 4])
    await mqtt.publishAsync(`${root}/enrol/${candidate}/req`, Buffer.from('en'), qos1)
    await until('the answer', () => texts('/res').length === 1)
    expect(intake.enrolments).toEqual([{ bytes: Buffer.from('en'), claimed: candidate }])
    link.tell(candidate, { ...intake.enrolAnswer, state: 'active' })
    await until('the new state', () => texts('/res').length === 2)
    await mqtt.publishAsync(`${own}/st`, '{"on":1,"bc":8}', { qos: 1, retain: true })
    await mqtt.publishAsync(`${own}/st`, '{"on":0,"bc":7}', { qos: 1, retain: true })
    await mqtt.publishAsync(`${own}/st`, 'nonsense', { qos: 1, retain: true })
    await until('the nonsense', () => intake.refusals.get('presence') === 1)
    expect(presence.map(({ online }) => online)).toEqual([true])
  })

  it('overlooks what is none of its business', async () => {
    const { mqtt } = await client(device)
    for (const topic of [`${own}/up/xx`, `${root}/d/NOBODY/up/rd`, `${root}/d/${device}x/st`])
      await mqtt.publishAsync(topic, message(1), qos1)
    await mqtt.publishAsync(readings, message(2), qos1)
    await until('the reading', () => intake.messages.length > 0)
    expect(intake.sequences()).toEqual([2])
    expect(presence).toEqual([])
  })

  it('publishes its own topics, sends downlinks, and leaves {"on":0} behind', async () => {
    link.publish(`gw/${gatewayId}/st`, '{"on":1}', true)
    link.publish('pub/checkpoint', 'text', true)
    expect(link.send(device, 'cm', Buffer.from('conf'))).toBe(true)
    const { mqtt, received, texts } = await client(device)
    await mqtt.subscribeAsync([`${root}/gw/+/st`, `${root}/pub/#`, `${own}/dn/#`], qos1)
    await until('three topics', () => received.length === 3)
    expect(received.every(({ retain }) => retain)).toBe(true)
    await link.stop()
    await until('the farewell', () => texts('/st').at(-1) === '{"on":0}')
  })

  it('gets back what was not judged when the gateway died', async () => {
    intake.verdict = () => undefined
    const { mqtt } = await client(device)
    for (let seq = 0; seq < 50; seq++) mqtt.publish(readings, message(seq), qos1)
    await until('50 to wait', () => intake.waiting === 50)
    intake.verdict = ({ bytes }) => (bytes[3]! < 20 ? 'accepted' : undefined)
    // The verdicts of the first 20 come; then the gateway is gone, without them for the other 30.
    intake.judge('accepted', (waiting) => waiting.slice(0, 20))
    await link.stop()
    await mqtt.publishAsync(readings, message(50), qos1)
    intake = new RecordingIntake()
    link = open(mosquitto.url)
    await link.start()
    await until('the rest', () => intake.messages.length >= 31)
    expect(new Set(intake.sequences())).toEqual(
      new Set(Array.from({ length: 31 }, (_, i) => i + 20)),
    )
  })

  it('loses nothing when the broker is killed and started again', async () => {
    const { mqtt } = await client(device, { reconnectPeriod: 50 })
    const total = 600
    const open = new Set(Array.from({ length: total }, (_, seq) => seq))
    mqtt.on('message', (_topic, payload) => open.delete(JSON.parse(`${payload}`).seq))
    await mqtt.subscribeAsync(`${own}/dn/ak`, qos1)
    const sending = setInterval(() => {
      // As a board does: what has no answer is sent again.
      if (!mqtt.connected) return
      for (const seq of [...open].slice(0, 64)) mqtt.publish(readings, message(seq), qos1)
    }, 50)
    try {
      for (const left of [550, 350]) {
        await until(`${left} to be left`, () => open.size <= left)
        await mosquitto.kill()
        await until('the link to notice', () => link.condition().length === 1)
        expect(link.condition()[0]).toMatch(/^mqtt: no connection to mqtt:\/\/127\.0\.0\.1:\d+: /)
        await mosquitto.restart()
      }
      await until('every answer', () => open.size === 0)
    } finally {
      clearInterval(sending)
    }
    expect(new Set(intake.sequences()).size).toBe(total)
    expect(link.condition()).toEqual([])
  })

  it('keeps what it publishes while the broker is away, up to a limit', async () => {
    await mosquitto.kill()
    await until('the link to notice', () => !link.connected())
    link.publish('pub/checkpoint', 'newest', true)
    for (let i = 0; i < mqttOutboxMax + 3; i++)
      link.tell(device, { ...intake.enrolAnswer, reason: `${i}` })
    expect(link.send(device, 'rc', Buffer.alloc(1))).toBe(false)
    await mosquitto.restart()
    const { mqtt, texts } = await client(candidate)
    await mqtt.subscribeAsync([`${root}/pub/checkpoint`, `${root}/enrol/${device}/res`], qos1)
    await until('the link', () => link.connected())
    await until('the checkpoint', () => texts('/checkpoint').length > 0)
    await until('the answers', () => texts('/res').length >= mqttOutboxMax - 1)
    expect(texts('/checkpoint').at(-1)).toBe('newest')
    expect(events.filter(({ text }) => text.includes('was given up'))).toHaveLength(4)
  })
})

describe('a broker that does not serve', () => {
  it('refuses the login: the condition says so, without the password, and the link goes on', async () => {
    const strict = await startMosquitto({
      lines: ['allow_anonymous false', 'password_file /dev/null'],
    })
    const refused = open(strict.url.replace('//', '//someone:s3cret@'))
    await refused.start()
    await until('the refusal', () => /[Nn]ot authorized/.test(refused.condition()[0] ?? ''), {
      detail: () => refused.condition()[0] ?? '',
    })
    expect(refused.condition()[0]).not.toContain('s3cret')
    await refused.stop()
    await strict.stop()
  })

  it('knows no MQTT 5: the link falls back to 3.1.1, and readings come', async () => {
    const old = await Aedes.createBroker()
    const server = createServer(old.handle)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`
    const fallback = open(url)
    await fallback.start()
    await until('the fallback', () => fallback.connected())
    expect(events.at(-1)?.text).toContain('with MQTT 3.1.1')
    const board = await openClient(url, device)
    await board.mqtt.subscribeAsync(`${own}/dn/ak`, qos1)
    await board.mqtt.publishAsync(readings, message(3), qos1)
    await until('the answer', () => board.texts('/dn/ak').length === 1)
    board.mqtt.end(true)
    await fallback.stop()
    await new Promise<void>((resolve) => old.close(resolve))
    server.close()
  })

  it('is not there: the link goes on trying, and finds it when it comes', async () => {
    const port = await freePort()
    const lonely = open(`mqtt://127.0.0.1:${port}`)
    await lonely.start()
    await until('the reason', () => /ECONNREFUSED/.test(lonely.condition()[0] ?? ''))
    const late = await startMosquitto({ port })
    await until('the connection', () => lonely.connected())
    await lonely.stop()
    await late.stop()
  })

  it('has no address: that is a failure of the configuration', async () => {
    await expect(open('somewhere').start()).rejects.toMatchObject({ code: 'config' })
    await expect(open('http://127.0.0.1').start()).rejects.toMatchObject({ code: 'config' })
  })
})

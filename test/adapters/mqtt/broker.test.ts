import { spawn, spawnSync } from 'node:child_process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inFlightMax } from '../../../gateway/core/limits.js'
import { until } from '../../support/gateway.js'
import { openSession, publishPacket, subscribePacket } from './rawClient.js'
import {
  buyer,
  candidate,
  device,
  gatewayId,
  message,
  otherDevice,
  root,
} from './recordingIntake.js'
import { openClient, startBroker, type TestBroker, type TestClient } from './setup.js'

const own = `${root}/d/${device}`
const readings = `${own}/up/rd`
const qos1 = { qos: 1 } as const

let test: TestBroker
let clients: TestClient[] = []

beforeEach(async () => {
  test = await startBroker()
})

afterEach(async () => {
  for (const { mqtt } of clients) mqtt.end(true)
  clients = []
  await test.broker.stop()
})

async function client(name: string, options = {}): Promise<TestClient> {
  const opened = await openClient(`mqtt://127.0.0.1:${test.port}`, name, options)
  clients.push(opened)
  return opened
}

describe('readings', () => {
  it('are acknowledged after the verdict, in order, though verdicts come in reverse', async () => {
    test.intake.verdict = () => undefined
    const raw = await openSession(test.port, device)
    const ids = Array.from({ length: 40 }, (_, i) => i + 1)
    raw.send(...ids.map((id) => publishPacket(readings, message(id), { id })))
    await until('all to be handed over', () => test.intake.waiting === 40)
    expect(raw.packets).toEqual([])
    test.intake.judge('accepted', (waiting) => waiting.reverse())
    await until('40 acknowledgements', () => raw.packets.length === 40)
    expect(raw.packets.map(({ type }) => type)).toEqual(ids.map(() => 4))
    expect(raw.packets.map(({ body }) => body.readUInt16BE())).toEqual(ids)
    raw.socket.destroy()
  })

  it('are handed over with their bytes, transport and the device of the topic', async () => {
    const { mqtt } = await client(device)
    await mqtt.publishAsync(readings, message(70_000), qos1)
    await mqtt.publishAsync(`${own}/up/ro`, message(70_001), qos1)
    await mqtt.publishAsync(`${own}/up/rv`, message(70_002), qos1)
    expect(
      test.intake.messages.map(({ kind, transport, claimed }) => [kind, transport, claimed]),
    ).toEqual(['rd', 'ro', 'rv'].map((kind) => [kind, 'mqtt', device]))
    expect(test.intake.messages[0]!.bytes).toEqual(message(70_000))
  })

  it('are answered on dn/ak, whatever the verdict, where the device listens there', async () => {
    test.intake.verdict = ({ bytes }) => (bytes.length < 4 ? 'malformed' : 'replayed')
    const { mqtt, texts } = await client(device)
    await mqtt.subscribeAsync(`${own}/dn/#`, qos1)
    await mqtt.publishAsync(readings, message(5), qos1)
    await mqtt.publishAsync(readings, Buffer.from([1]), qos1)
    test.intake.verdict = () => 'accepted'
    await mqtt.publishAsync(readings, message(6), qos1)
    await until('three answers', () => texts('/dn/ak').length === 3)
    expect(texts('/dn/ak')).toEqual([
      '{"seq":5,"verdict":"rejected","reason":"replayed"}',
      '{"seq":null,"verdict":"rejected","reason":"malformed"}',
      '{"seq":6,"verdict":"accepted"}',
    ])
  })

  it('are answered on dn/ak to who subscribes and publishes in one breath', async () => {
    const raw = await openSession(test.port, device)
    raw.send(subscribePacket([`${own}/dn/ak`]), publishPacket(readings, message(1)))
    const answer = await raw.take(3)
    expect(answer.body.toString('latin1')).toContain('{"seq":1,"verdict":"accepted"}')
    raw.socket.destroy()
  })

  it('with QoS 0 are judged and answered on dn/ak alone', async () => {
    const raw = await openSession(test.port, device)
    raw.send(subscribePacket([`${own}/dn/ak`], 0))
    await raw.take(9)
    raw.send(publishPacket(readings, message(9), { qos: 0 }))
    // The subscription has QoS 0, so the answer has no packet identifier.
    expect((await raw.take(3)).flags).toBe(0)
    raw.send(Buffer.from([0xc0, 0]))
    await raw.take(13)
    expect(raw.packets.filter(({ type }) => type === 4)).toEqual([])
    raw.socket.destroy()
  })

  it('that find no room are answered overloaded and the connection ends without PUBACK', async () => {
    test.intake.verdict = ({ bytes }) => (bytes.length > 200 ? 'overloaded' : 'accepted')
    const raw = await openSession(test.port, device)
    raw.send(subscribePacket([`${own}/dn/ak`]))
    await raw.take(9)
    raw.send(
      publishPacket(readings, message(1), { id: 1 }),
      publishPacket(readings, message(2, 300), { id: 2 }),
      publishPacket(readings, message(3), { id: 3 }),
    )
    await raw.gone()
    const acknowledged = raw.packets.filter(({ type }) => type === 4)
    expect(acknowledged.map(({ body }) => body.readUInt16BE())).toEqual([1])
    const answers = raw.packets.filter(({ type }) => type === 3).map(({ body }) => `${body}`)
    expect(answers.at(-1)).toContain('{"seq":2,"verdict":"rejected","reason":"overloaded"}')
    expect(test.intake.sequences()).toEqual([1, 2])
  })

  it('in flight are bounded: the rest stays in the socket until verdicts come', async () => {
    test.intake.verdict = () => undefined
    const raw = await openSession(test.port, device)
    const total = 3 * inFlightMax
    for (let id = 1; id <= total; id++) raw.send(publishPacket(readings, message(id), { id }))
    for (let round = 1; round <= 3; round++) {
      await until('a full window', () => test.intake.waiting === inFlightMax)
      expect(test.intake.messages).toHaveLength(round * inFlightMax)
      test.intake.judge('accepted')
    }
    await until('all acknowledgements', () => raw.packets.length === total)
    raw.socket.destroy()
  })

  it('never reach another client, and those of one device never mix with another', async () => {
    const listeners = await Promise.all([client(otherDevice), client(buyer), client(candidate)])
    for (const { mqtt } of listeners)
      for (const filter of ['#', `${root}/#`, `${root}/d/#`, readings, `${root}/+/+/up/rd`])
        await expect(mqtt.subscribeAsync(filter, qos1)).rejects.toThrow()
    const { mqtt } = await client(device)
    for (let seq = 0; seq < 20; seq++) await mqtt.publishAsync(readings, message(seq), qos1)
    for (const { mqtt: listener } of listeners) {
      // Each hears what is public (the buyer) or nothing, and none of them a reading.
      await listener.subscribeAsync(`${root}/pub/#`, qos1).catch(() => undefined)
    }
    test.broker.publish('pub/checkpoint', 'text', false)
    await until('the buyer to hear the checkpoint', () => listeners[1]!.received.length === 1)
    expect(listeners.map(({ received }) => received.length)).toEqual([0, 1, 0])
  })

  it('of mosquitto_pub arrive, and mosquitto_sub hears nothing of them', async () => {
    const login = (name: string) =>
      ['-h', '127.0.0.1', '-p', `${test.port}`, '-i', name, '-u', name, '-P', 'secret'] as const
    const sub = spawn('mosquitto_sub', [...login(otherDevice), '-t', '#', '-W', '2'])
    let heard = ''
    sub.stdout.on('data', (chunk) => {
      heard += chunk
    })
    await until('the subscription to be refused', () => test.intake.refusals.get('filter') === 1)
    const pub = spawn('mosquitto_pub', [...login(device), '-q', '1', '-t', readings, '-s'])
    pub.stdin.end(message(77))
    const code = await new Promise((resolve) => pub.once('exit', resolve))
    expect(code).toBe(0)
    expect(test.intake.sequences()).toEqual([77])
    sub.kill()
    expect(heard).toBe('')
  })
})

describe('login', () => {
  it.each([
    ['a wrong password', { password: 'wrong' }, 5, 'login'],
    ['no password', { password: undefined }, 5, 'login'],
    ['a client id unlike the user name', { clientId: otherDevice }, 2, 'client-id'],
    ['no user name', { username: undefined, password: undefined }, 2, 'client-id'],
  ])('with %s is refused', async (_what, options, code, reason) => {
    await expect(client(device, options)).rejects.toMatchObject({ code })
    expect(test.intake.refusals.get(reason)).toBe(1)
    await until('the connection to be gone', () => test.broker.connections() === 0)
  })

  it('of MQTT 5 is refused with code 1', async () => {
    await expect(client(device, { protocolVersion: 5 })).rejects.toMatchObject({ code: 1 })
  })

  it('of a second session ends the first, and the device stays online', async () => {
    const will = {
      topic: `${own}/st`,
      payload: Buffer.from('{"on":0,"bc":7}'),
      qos: 1 as const,
      retain: true,
    }
    const first = await client(device, { will })
    await first.mqtt.publishAsync(`${own}/st`, '{"on":1,"bc":7}', qos1)
    const closed = new Promise((resolve) => first.mqtt.once('close', () => resolve('closed')))
    const second = await client(device, { will })
    expect(await closed).toBe('closed')
    await second.mqtt.publishAsync(readings, message(1), qos1)
    expect(test.broker.connections()).toBe(1)
    expect(test.presence.map(({ online }) => online)).not.toContain(false)
  })

  it('never resumes a session: nothing is queued for who is away', async () => {
    const away = await client(buyer, { clean: false })
    await away.mqtt.subscribeAsync(`${root}/pub/#`, qos1)
    await away.mqtt.endAsync()
    test.broker.publish('pub/checkpoint', 'while away', false)
    const back = await client(buyer, { clean: false })
    await back.mqtt.subscribeAsync(`${root}/pub/epoch`, qos1)
    test.broker.publish('pub/epoch', 'now', false)
    await until('the newer message', () => back.received.length > 0)
    expect(back.received.map(({ payload }) => `${payload}`)).toEqual(['now'])
  })
})

describe('presence', () => {
  it('follows st, the Will and the connection', async () => {
    const will = {
      topic: `${own}/st`,
      payload: Buffer.from('{"on":0,"bc":7}'),
      qos: 1 as const,
      retain: true,
    }
    const { mqtt } = await client(device, { will })
    await mqtt.publishAsync(`${own}/st`, '{"on":1,"bc":7,"fw":"1.0.3"}', { qos: 1, retain: true })
    mqtt.stream.destroy()
    await until('the device to be offline', () => test.presence.at(-1)?.online === false)
    expect(test.presence.map(({ online, bootCount }) => [online, bootCount])).toEqual([
      [true, 0],
      [true, 7],
      [false, 7],
    ])
  })

  it('that cannot be read is counted', async () => {
    const { mqtt } = await client(device)
    await mqtt.publishAsync(`${own}/st`, 'nonsense', { qos: 1, retain: true })
    expect(test.intake.refusals.get('presence')).toBe(1)
  })

  it('is no news of a candidate, whose Will on its own st is no offence', async () => {
    const will = {
      topic: `${root}/d/${candidate}/st`,
      payload: Buffer.from('{"on":0,"bc":1}'),
      qos: 1 as const,
      retain: true,
    }
    const { mqtt } = await client(candidate, { will })
    mqtt.stream.destroy()
    await until('the end', () => test.broker.connections() === 0)
    expect(test.presence).toEqual([])
  })
})

describe('downlinks', () => {
  it('answer a time query, and not a malformed one', async () => {
    const { mqtt, received } = await client(device)
    await mqtt.subscribeAsync(`${own}/dn/#`, qos1)
    await mqtt.publishAsync(`${own}/up/tq`, Buffer.from([1, 2, 3]), qos1)
    await mqtt.publishAsync(`${own}/up/tq`, Buffer.from([1, 2, 3, 4]), qos1)
    await until('the time', () => received.length > 0)
    expect(received.map(({ topic, payload }) => [topic, [...payload]])).toEqual([
      [`${own}/dn/tm`, [1, 1, 2, 3, 4]],
    ])
  })

  it('keep the newest configuration for a device that comes later', async () => {
    expect(test.broker.send(device, 'cm', Buffer.from('old'))).toBe(false)
    test.broker.send(device, 'cm', Buffer.from('new'))
    const { mqtt, received } = await client(device)
    await mqtt.subscribeAsync(`${own}/dn/#`, qos1)
    await until('the configuration', () => received.length > 0)
    expect(test.broker.send(device, 'cm', Buffer.from('newer'))).toBe(true)
    await until('the newer one', () => received.length > 1)
    expect(received.map(({ payload, retain }) => [`${payload}`, retain])).toEqual([
      ['new', true],
      ['newer', false],
    ])
  })

  it('bring receipts only to who subscribed to them', async () => {
    const { mqtt, received } = await client(device)
    await mqtt.subscribeAsync(`${own}/dn/ak`, qos1)
    expect(test.broker.send(device, 'rc', Buffer.from('no'))).toBe(false)
    await mqtt.subscribeAsync(`${own}/dn/rc`, qos1)
    expect(test.broker.send(device, 'rc', Buffer.from('yes'))).toBe(true)
    await until('the receipt', () => received.length > 0)
    await mqtt.unsubscribeAsync(`${own}/dn/rc`)
    expect(test.broker.send(device, 'rc', Buffer.from('no'))).toBe(false)
    expect(received.map(({ payload }) => `${payload}`)).toEqual(['yes'])
  })

  it('never go to another device', async () => {
    const { mqtt, received } = await client(otherDevice)
    await mqtt.subscribeAsync(`${root}/d/${otherDevice}/dn/#`, qos1)
    expect(test.broker.send(device, 'cm', Buffer.from('secret'))).toBe(false)
    expect(test.broker.send(otherDevice, 'cm', Buffer.from('own'))).toBe(true)
    await until('its own', () => received.length > 0)
    expect(received.map(({ payload }) => `${payload}`)).toEqual(['own'])
  })
})

describe('enrolment', () => {
  it('is answered on res; approval is told there and ends the session', async () => {
    const { mqtt, texts } = await client(candidate)
    await mqtt.subscribeAsync(`${root}/enrol/${candidate}/res`, qos1)
    await mqtt.publishAsync(`${root}/enrol/${candidate}/req`, Buffer.from('en'), qos1)
    await until('the answer', () => texts('/res').length === 1)
    expect(test.intake.enrolments).toEqual([{ bytes: Buffer.from('en'), claimed: candidate }])
    const closed = new Promise((resolve) => mqtt.once('close', () => resolve('closed')))
    test.broker.tell(candidate, { ...test.intake.enrolAnswer, state: 'active' })
    expect(await closed).toBe('closed')
    expect(texts('/res').map((text) => JSON.parse(text).state)).toEqual(['pending', 'active'])
  })

  it('leaves the session where the role stays: pending, refused; active for a device', async () => {
    const waiting = await client(candidate)
    const active = await client(device)
    test.broker.tell(candidate, { ...test.intake.enrolAnswer, state: 'pending' })
    test.broker.tell(candidate, { ...test.intake.enrolAnswer, state: 'refused', reason: 'full' })
    test.broker.tell(device, { ...test.intake.enrolAnswer, state: 'active' })
    await waiting.mqtt.publishAsync(`${root}/enrol/${candidate}/req`, Buffer.from('en'), qos1)
    await active.mqtt.publishAsync(readings, message(1), qos1)
    expect(test.broker.connections()).toBe(2)
  })

  it.each(['suspended', 'revoked'] as const)('ends the session of a %s device', async (state) => {
    const { mqtt } = await client(device)
    const closed = new Promise((resolve) => mqtt.once('close', () => resolve('closed')))
    test.broker.tell(device, { ...test.intake.enrolAnswer, state })
    expect(await closed).toBe('closed')
  })
})

describe('the gateway as publisher', () => {
  it('serves what it retained, also from before the start', async () => {
    await test.broker.stop()
    test = await startBroker()
    test.broker.publish(`gw/${gatewayId}/st`, '{"on":1}', true)
    test.broker.publish('pub/checkpoint', 'first', true)
    test.broker.publish('pub/checkpoint', 'second', true)
    const { mqtt, received } = await client(buyer)
    await mqtt.subscribeAsync(`${root}/pub/#`, qos1)
    await until('the checkpoint', () => received.length > 0)
    test.broker.publish('pub/epoch', '{}', true)
    await until('the epoch', () => received.length > 1)
    expect(received.map(({ topic, payload }) => [topic, `${payload}`])).toEqual([
      [`${root}/pub/checkpoint`, 'second'],
      [`${root}/pub/epoch`, '{}'],
    ])
    for (const filter of ['live/temperature/+/+', 'live/temperature/871973c5affffff/3600'])
      await expect(mqtt.subscribeAsync(`${root}/${filter}`, qos1)).rejects.toThrow()
  })

  it('is not held up by a subscriber that takes nothing, which is dropped', async () => {
    const frozen = await openSession(test.port, buyer)
    frozen.send(subscribePacket([`${root}/pub/#`]))
    await frozen.take(9)
    frozen.socket.pause()
    const other = 'second-buyer'
    test.intake.login = async (name) => ({ role: 'buyer', name })
    const { mqtt, received } = await client(other)
    await mqtt.subscribeAsync(`${root}/pub/#`, qos1)
    const large = Buffer.alloc(60_000)
    for (let sent = 0; test.broker.connections() === 2; sent++) {
      test.broker.publish('pub/epoch', large, false)
      await until('the other subscriber', () => received.length > sent)
      expect(sent).toBeLessThan(400)
    }
    expect(test.intake.refusals.get('drain')).toBe(1)
    frozen.socket.destroy()
  })
})

describe('stopping', () => {
  it('waits for verdicts under way and says that the gateway is gone', async () => {
    test.intake.verdict = () => undefined
    const { mqtt, texts } = await client(buyer)
    await mqtt.subscribeAsync(`${root}/pub/#`, qos1)
    const raw = await openSession(test.port, device)
    raw.send(publishPacket(readings, message(1)))
    await until('the message', () => test.intake.waiting === 1)
    const stopped = test.broker.stop()
    test.intake.judge('accepted')
    await stopped
    expect((await raw.take(4)).body.readUInt16BE()).toBe(1)
    await raw.gone()
    expect(test.broker.connections()).toBe(0)
    expect(test.broker.condition()).toHaveLength(1)
    expect(texts('/st')).toEqual([])
    test.broker.publish('pub/checkpoint', 'the last one', true)
    expect(test.events).toEqual([])
    // Nothing listens any more.
    const probe = spawnSync('mosquitto_pub', ['-p', `${test.port}`, '-t', 'x', '-m', 'x'])
    expect(probe.status).not.toBe(0)
  })
})

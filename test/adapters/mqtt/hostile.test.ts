import { Duplex } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Connection } from '../../../gateway/adapters/mqtt/connection.js'
import { PresenceTable } from '../../../gateway/adapters/mqtt/presence.js'
import { Session } from '../../../gateway/adapters/mqtt/session.js'
import { mqttConnectMsMax, mqttDrainMsMax, mqttFiltersMax } from '../../../gateway/core/limits.js'
import { until } from '../../support/gateway.js'
import {
  type ConnectOptions,
  connectPacket,
  fixedHeader,
  openRaw,
  openSession,
  packet,
  publishPacket,
  type RawClient,
  subscribePacket,
} from './rawClient.js'
import { buyer, candidate, device, message, network, otherDevice, root } from './recordingIntake.js'
import { startBroker, type TestBroker } from './setup.js'

const own = `${root}/d/${device}`
const readings = `${own}/up/rd`
const ping = Buffer.from([0xc0, 0])

let test: TestBroker

beforeAll(async () => {
  test = await startBroker({ limits: { connectionsMax: 60, perAddressMax: 40 } })
})

afterAll(() => test.broker.stop())

/** What a logged-in client sends, the reason for which it is cut off. */
const cutOff: [what: string, name: string, reason: string, bytes: Buffer[]][] = [
  ['a reading of another device', device, 'topic', [publish(`${root}/d/${otherDevice}/up/rd`)]],
  ['a reading in another network', device, 'topic', [publish(`fp1/mainnet/d/${device}/up/rd`)]],
  ['a reading without the root', device, 'topic', [publish(`d/${device}/up/rd`)]],
  ['a reading below its topic', device, 'topic', [publish(`${readings}/x`)]],
  ['a reading with a slash behind', device, 'topic', [publish(`${readings}/`)]],
  ['a reading in upper case', device, 'topic', [publish(readings.toUpperCase())]],
  ['a topic with a wildcard', device, 'topic', [publish(`${root}/d/+/up/rd`)]],
  ['a topic of a hash sign', device, 'topic', [publish('#')]],
  ['an empty topic', device, 'topic', [publish('')]],
  ['a topic with NUL', device, 'topic', [publish(`${readings}\0`)]],
  ['a topic that is no UTF-8', device, 'topic', [publish(Buffer.from([0xff, 0xfe, 0xc0, 0x80]))]],
  ['a topic of half a surrogate', device, 'topic', [publish(Buffer.from([0xed, 0xa0, 0x80]))]],
  ['a topic of 3,900 levels', device, 'topic', [publish('/'.repeat(3_900))]],
  ['its own downlink', device, 'topic', [publish(`${own}/dn/ak`)]],
  ["the gateway's status", device, 'topic', [publish(`${root}/gw/gatewayaaaaaa/st`)]],
  ['a checkpoint', device, 'topic', [publish(`${root}/pub/checkpoint`)]],
  ['a system topic', device, 'topic', [publish('$SYS/gatewayaaaaaa/new/clients')]],
  ['a shared topic', device, 'topic', [publish(`$share/x/${readings}`)]],
  ['a request of a buyer', device, 'topic', [publish(`${root}/b/${buyer}/req`)]],
  ['an enrolment, enrolled already', device, 'topic', [publish(`${root}/enrol/${device}/req`)]],
  ['a candidate with a reading', candidate, 'topic', [publish(`${root}/d/${candidate}/up/rd`)]],
  ['a candidate with presence', candidate, 'topic', [publish(`${root}/d/${candidate}/st`)]],
  ["another's enrolment", candidate, 'topic', [publish(`${root}/enrol/${otherDevice}/req`)]],
  ['a buyer with a reading', buyer, 'topic', [publish(readings)]],
  ["another buyer's request", buyer, 'topic', [publish(`${root}/b/other/req`)]],
  ['a retained reading', device, 'retain', [publish(readings, { retain: true })]],
  [
    'a retained enrolment',
    candidate,
    'retain',
    [publish(`${root}/enrol/${candidate}/req`, { retain: true })],
  ],
  ['QoS 2', device, 'qos', [publish(readings, { qos: 2 })]],
  ['QoS 3', device, 'protocol', [publish(readings, { qos: 3 })]],
  ['packet identifier 0', device, 'protocol', [publish(readings, { id: 0 })]],
  [
    'a topic longer than its packet',
    device,
    'protocol',
    [packet(0x32, Buffer.from([255, 255, 97]))],
  ],
  ['a PUBLISH of one byte', device, 'protocol', [packet(0x32, Buffer.from([0]))]],
  ['an empty PUBLISH', device, 'protocol', [packet(0x32)]],
  ['a second CONNECT', device, 'protocol', [connectPacket(device)]],
  ['packets of a server', device, 'protocol', [packet(0x20, Buffer.from([0, 0]))]],
  ['PUBREL', device, 'protocol', [packet(0x62, Buffer.from([0, 1]))]],
  ['packet type 0', device, 'protocol', [packet(0x00)]],
  ['packet type 15', device, 'protocol', [packet(0xf0)]],
  [
    'SUBSCRIBE with wrong flags',
    device,
    'protocol',
    [packet(0x80, Buffer.from([0, 1, 0, 1, 97, 0]))],
  ],
  ['SUBSCRIBE to nothing', device, 'protocol', [packet(0x82, Buffer.from([0, 1]))]],
  ['SUBSCRIBE to an empty filter', device, 'protocol', [subscribePacket([''])]],
  ['SUBSCRIBE to a broken filter', device, 'protocol', [subscribePacket([`${own}/dn/#/x`])]],
  ['SUBSCRIBE cut short', device, 'protocol', [packet(0x82, Buffer.from([0, 1, 0, 200, 97]))]],
  ['UNSUBSCRIBE from nothing', device, 'protocol', [packet(0xa2, Buffer.from([0, 1]))]],
  [
    'a remaining length of five bytes',
    device,
    'protocol',
    [Buffer.from([0x32, 128, 128, 128, 128, 1])],
  ],
  ['a header of 256 MB', device, 'oversize', [fixedHeader(0x32, 268_435_455)]],
  ['a header of 4,097 bytes', device, 'oversize', [fixedHeader(0x32, 4_097)]],
  ['a header of 16,385 bytes', buyer, 'oversize', [fixedHeader(0x32, 16_385)]],
  ['a payload of 4 kB', device, 'oversize', [publish(readings, {}, 4_096)]],
]

/** What opens a connection, the reason for which it is refused, and the code of CONNACK, if any. */
const refused: [what: string, reason: string, code: number | undefined, bytes: Buffer[]][] = [
  ['PUBLISH before CONNECT', 'protocol', undefined, [publish(readings)]],
  ['SUBSCRIBE before CONNECT', 'protocol', undefined, [subscribePacket(['#'])]],
  ['PINGREQ before CONNECT', 'protocol', undefined, [ping]],
  ['an HTTP request', 'protocol', undefined, [Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')]],
  ['a TLS hello', 'protocol', undefined, [Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])]],
  ['a CONNECT of 256 MB', 'oversize', undefined, [fixedHeader(0x10, 268_435_455)]],
  ['a CONNECT of 4,097 bytes', 'oversize', undefined, [fixedHeader(0x10, 4_097)]],
  ['CONNECT with wrong flags', 'protocol', undefined, [packet(0x1f, Buffer.alloc(12))]],
  ['an empty CONNECT', 'protocol', undefined, [packet(0x10)]],
  [
    'CONNECT of another protocol',
    'protocol',
    undefined,
    [packet(0x10, Buffer.from('\0\x04HTTP\x04\x02\0\0\0\0', 'latin1'))],
  ],
  ['a wrong client id', 'client-id', 2, [connect({ clientId: otherDevice })]],
  ['an empty client id', 'client-id', 2, [connect({ clientId: '' })]],
  ['a wrong password', 'login', 5, [connect({ password: 'wrong' })]],
  [
    "a Will on another's topic",
    'will',
    5,
    [connect({ will: will(`${root}/d/${otherDevice}/st`) })],
  ],
  ['a Will on a reading', 'will', 5, [connect({ will: will(readings) })]],
  [
    "a Will on the gateway's status",
    'will',
    5,
    [connect({ will: will(`${root}/gw/gatewayaaaaaa/st`) })],
  ],
  ['a Will on a wildcard', 'will', 5, [connect({ will: will('#') })]],
  ['a Will of QoS 2', 'will', 5, [connect({ will: { ...will(`${own}/st`), qos: 2 } })]],
]

/** Filters that are refused with 0x80 while the session goes on. */
const filters: [name: string, filter: string | Buffer][] = [
  [device, '#'],
  [device, '+/#'],
  [device, '/#'],
  [device, `${root}/#`],
  [device, `${root}/d/#`],
  [device, `${root}/d/+/dn/#`],
  [device, '+/+/d/#'],
  [device, `+/testnet/d/${device}/dn/#`],
  [device, `fp1/+/d/${device}/dn/#`],
  [device, `${root}/d/${otherDevice}/dn/#`],
  [device, `${own}/#`],
  [device, `${own}/+/ak`],
  [device, readings],
  [device, `${own}/st`],
  [device, `$share/group/${own}/dn/#`],
  [device, '$SYS/#'],
  [device, `${root}/pub/#`],
  [device, `${root}/enrol/${device}/res`],
  [device, `${own}/dn/ak\0`],
  [device, Buffer.concat([Buffer.from(`${own}/dn/`), Buffer.from([0xff])])],
  [candidate, `${root}/d/${candidate}/dn/#`],
  [candidate, `${root}/enrol/+/res`],
  [candidate, `${root}/enrol/${otherDevice}/res`],
  [candidate, `${root}/enrol/${candidate}/#`],
  [candidate, `${root}/enrol/${candidate}/req`],
  [buyer, `${root}/live/#`],
  [buyer, `${root}/live/humidity/+/+`],
  [buyer, `${root}/b/other/res/+`],
  [buyer, `${root}/b/+/res/+`],
  [buyer, `${root}/b/${buyer}/req`],
  [buyer, `${root}/d/+/up/rd`],
]

describe('a client that is logged in', () => {
  it.each(cutOff)('is cut off for %s (%s: %s)', async (_what, name, reason, bytes) => {
    await expectCut(() => openSession(test.port, name), reason, bytes)
  })

  it.each(filters)('as %s does not get %s', async (name, filter) => {
    const client = await openSession(test.port, name)
    client.send(subscribePacket([filter]), ping)
    await Promise.race([client.take(13), client.gone()])
    const granted = client.packets.find(({ type }) => type === 9)?.body.at(-1)
    // A filter that MQTT itself forbids ends the connection instead.
    expect(granted === 128 || client.closed).toBe(true)
    test.broker.publish('pub/checkpoint', 'text', false)
    expect(client.packets.filter(({ type }) => type === 3)).toEqual([])
    client.socket.destroy()
  })

  it('may hold a limited number of filters', async () => {
    const client = await openSession(test.port, buyer)
    const asked = Array.from({ length: mqttFiltersMax + 5 }, (_, i) => `${root}/pub/epoch/${i + 1}`)
    client.send(subscribePacket(asked))
    const { body } = await client.take(9)
    const granted = [...body.subarray(2)].filter((code) => code < 128)
    expect(granted.length).toBeLessThanOrEqual(mqttFiltersMax)
    client.socket.destroy()
  })
})

describe('a client that is not', () => {
  it.each(refused)('is refused for %s (%s)', async (_what, reason, code, bytes) => {
    const client = await expectCut(() => openRaw(test.port), reason, bytes)
    expect(client.packets[0]?.body[1]).toBe(code)
  })

  it('is cut off when CONNECT never ends', async () => {
    const client = await openRaw(test.port)
    client.send(fixedHeader(0x10, 4_000))
    const trickle = setInterval(() => client.send(Buffer.from([0])), 1)
    test.clock.aheadMs += mqttConnectMsMax + 1
    await client.gone()
    clearInterval(trickle)
    expect(test.intake.refusals.get('connect-timeout')).toBeGreaterThan(0)
  })

  it('is cut off when it says nothing', async () => {
    const client = await openRaw(test.port)
    test.clock.aheadMs += mqttConnectMsMax + 1
    await client.gone()
  })

  it('finds no place once its address has taken its share, and one again afterwards', async () => {
    await until('a quiet broker', () => test.broker.connections() === 0)
    const strangers = await Promise.all(Array.from({ length: 40 }, () => openRaw(test.port)))
    await until('40 strangers', () => test.broker.connections() === 40)
    await expectCut(() => openRaw(test.port), 'connections', [connect()])
    for (const { socket } of strangers) socket.destroy()
    await until('all to be gone', () => test.broker.connections() === 0)
    const client = await openSession(test.port, device)
    client.socket.destroy()
  })

  it('finds no place once all are taken, which the condition says', async () => {
    await until('a quiet broker', () => test.broker.connections() === 0)
    const names = Array.from({ length: 60 }, (_, i) => `device-${i}`)
    const sessions: RawClient[] = []
    for (const name of names) sessions.push(await openSession(test.port, name))
    expect(test.broker.condition()).toEqual([
      'mqtt: every connection is taken; new ones are refused',
    ])
    await expectCut(() => openRaw(test.port), 'connections', [connect()])
    for (const { socket } of sessions) socket.destroy()
    await until('all to be gone', () => test.broker.connections() === 0)
    expect(test.broker.condition()).toEqual([])
  })
})

describe('a client that goes silent', () => {
  it('is dropped after one and a half times its keep-alive, a lively one is not', async () => {
    const silent = await openRaw(test.port)
    silent.send(connectPacket(device, { keepAliveSec: 20 }))
    await silent.take(2)
    const lively = await openSession(test.port, otherDevice)
    const pings = setInterval(() => lively.send(ping), 50)
    for (let step = 0; step < 4 && !silent.closed; step++) {
      test.clock.aheadMs += 10_000
      await lively.take(13)
      await new Promise((resolve) => setTimeout(resolve, 1_050))
    }
    await silent.gone()
    clearInterval(pings)
    expect(lively.closed).toBe(false)
    expect(test.intake.refusals.get('keepalive')).toBe(1)
    lively.socket.destroy()
  })

  it('and takes nothing is dropped when its time is up', () => {
    const stuck = new Duplex({ read: () => undefined, write: () => undefined, highWaterMark: 16 })
    const refusals: string[] = []
    const owner = {
      refused: (reason: string) => refusals.push(reason),
      loggedIn: () => undefined,
      closed: () => refusals.push('closed'),
    }
    const connection = new Connection(stuck, owner, 0)
    const presence = new PresenceTable(() => undefined)
    const context = { network, intake: test.intake, presence, handTo: () => undefined }
    connection.begin(new Session({ role: 'device', name: device }, connection, context, device))
    connection.send(Buffer.alloc(100))
    connection.sweep(1)
    connection.sweep(mqttDrainMsMax)
    expect(refusals).toEqual([])
    connection.sweep(mqttDrainMsMax + 2)
    expect([refusals, stuck.destroyed]).toEqual([['drain', 'closed'], true])
  })

  it('and takes nothing is dropped at once when too much waits for it', async () => {
    const client = await openSession(test.port, device)
    client.send(subscribePacket([`${own}/dn/cm`]))
    await client.take(9)
    client.socket.pause()
    const before = test.intake.refusals.get('drain') ?? 0
    await until('the broker to let go', () => {
      for (let i = 0; i < 10; i++) test.broker.send(device, 'cm', Buffer.alloc(60_000))
      return test.intake.refusals.get('drain') === before + 1
    })
    client.socket.destroy()
  })
})

describe('memory', () => {
  it('stays flat through 10 rounds of all of this', async () => {
    const attacks: { name: string | undefined; bytes: Buffer[] }[] = [
      ...cutOff.map(([, name, , bytes]) => ({ name, bytes })),
      ...refused.map(([, , , bytes]) => ({ name: undefined, bytes })),
    ]
    for (const name of [device, candidate, buyer]) {
      const mine = filters.filter(([who]) => who === name).map(([, filter]) => filter)
      attacks.push({ name, bytes: [subscribePacket(mine), ping, packet(0xe0)] })
    }
    const round = async () => {
      // Thirty at a time, each by a name of its own: a second session would end the first.
      for (let at = 0; at < attacks.length; at += 30)
        await Promise.all(
          attacks.slice(at, at + 30).map(({ name, bytes }, i) => {
            const who = name === device ? `device-${i}` : `${name}-${i}`
            return attack(() => (name ? openSession(test.port, who) : openRaw(test.port)), bytes)
          }),
        )
    }
    for (let i = 0; i < 3; i++) await round()
    await until('a quiet broker', () => test.broker.connections() === 0)
    const before = usedBytes()
    for (let i = 0; i < 10; i++) await round()
    await until('a quiet broker', () => test.broker.connections() === 0)
    // 700 connections: one that leaked its stream and session alone would hold 20 kB, 14 MB in all.
    expect(usedBytes() - before).toBeLessThan(6_000_000)
    expect(test.intake.messages.length).toBe(0)
  })
})

function publish(
  topic: string | Buffer,
  options: { qos?: number; id?: number; retain?: boolean } = {},
  length = 116,
): Buffer {
  return publishPacket(topic, message(1, length), options)
}

function connect(options: ConnectOptions = {}): Buffer {
  return connectPacket(device, options)
}

function will(topic: string): { topic: string; payload: string } {
  return { topic, payload: '{"on":0,"bc":1}' }
}

/** Sends bytes and a good reading behind them: the connection ends, counted once, nothing is judged. */
async function expectCut(
  open: () => Promise<RawClient>,
  reason: string,
  bytes: Buffer[],
): Promise<RawClient> {
  const count = () => test.intake.refusals.get(reason) ?? 0
  const before = count()
  const judged = test.intake.messages.length
  const client = await attack(open, bytes)
  expect(count()).toBe(before + 1)
  expect(test.intake.messages.length).toBe(judged)
  return client
}

async function attack(open: () => Promise<RawClient>, bytes: Buffer[]): Promise<RawClient> {
  const client = await open()
  client.send(...bytes)
  await client.gone()
  return client
}

/** Bytes in use after a collection, heap and buffers. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  const { heapUsed, external, arrayBuffers } = process.memoryUsage()
  return heapUsed + external + arrayBuffers
}

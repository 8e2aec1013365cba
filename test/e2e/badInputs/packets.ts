/** MQTT packets and subscriptions that no honest client sends, and what becomes of the connection. */
import {
  connectPacket,
  fixedHeader,
  packet,
  publishPacket,
  subscribePacket,
} from '../../adapters/mqtt/rawClient.js'
import { type Counts, network } from './case.js'
import { candidateId, hostileId, mainId } from './holders.js'

export interface PacketCase {
  name: string
  /** Who has logged in on the connection; nobody for `stranger`. */
  as: 'device' | 'candidate' | 'stranger'
  /** Whether the connection ends; otherwise it goes on as if nothing had been. */
  ends: boolean
  counts: Counts
  bytes: Buffer[]
  /** CONNACK's code of a refused CONNECT. */
  code?: number
}

const root = `fp1/${network}`
const own = `${root}/d/${hostileId}`
const readings = `${own}/up/rd`
const request = `${root}/enrol/${candidateId}/req`
const ping = Buffer.from([0xc0, 0])
/** What is sent where only topic and flags matter. */
const some = Buffer.alloc(116, 0x61)

/** Rows that end the connection, for a reason. */
function cut(
  as: PacketCase['as'],
  reason: string,
  rows: readonly [name: string, ...bytes: Buffer[]][],
): PacketCase[] {
  return rows.map(([name, ...bytes]) => ({ name, as, ends: true, counts: { [reason]: 1 }, bytes }))
}

function to(topic: string | Buffer, options?: Parameters<typeof publishPacket>[2]): Buffer {
  return publishPacket(topic, some, options)
}

const topics: PacketCase[] = [
  ...cut('device', 'topic', [
    ['a reading of another device', to(`${root}/d/${mainId}/up/rd`)],
    ['a reading in another network', to(`fp1/mainnet/d/${hostileId}/up/rd`)],
    ['a reading without the root', to(`d/${hostileId}/up/rd`)],
    ['a reading below its topic', to(`${readings}/x`)],
    ['a topic with a slash behind', to(`${readings}/`)],
    ['a topic in upper case', to(readings.toUpperCase())],
    ['a topic with a wildcard', to(`${root}/d/+/up/rd`)],
    ['a topic of a hash sign', to('#')],
    ['an empty topic', to('')],
    ['a topic with NUL', to(`${readings}\0`)],
    ['a topic that is no UTF-8', to(Buffer.from([0xff, 0xfe, 0xc0, 0x80]))],
    ['a topic of 3,900 levels', to('/'.repeat(3_900))],
    ['its own downlink', to(`${own}/dn/ak`)],
    ["the gateway's presence", to(`${root}/gw/${mainId}/st`)],
    ['a checkpoint', to(`${root}/pub/checkpoint`, { retain: true })],
    ['a live aggregate', to(`${root}/live/temperature/871963aa9ffffff/3600`)],
    ['a system topic', to('$SYS/broker/uptime')],
    ['a shared topic', to(`$share/x/${readings}`)],
    ["a buyer's request", to(`${root}/b/buyer-1/req`)],
    ['an enrolment, enrolled already', to(`${root}/enrol/${hostileId}/req`)],
  ]),
  ...cut('candidate', 'topic', [
    ['a reading of a candidate', to(`${root}/d/${candidateId}/up/rd`)],
    ['presence of a candidate', to(`${root}/d/${candidateId}/st`)],
    ['a time query of a candidate', to(`${root}/d/${candidateId}/up/tq`)],
    ["another's enrolment", to(`${root}/enrol/${mainId}/req`)],
  ]),
  ...cut('device', 'retain', [
    ['a retained reading', to(readings, { retain: true })],
    ['a retained time query', to(`${own}/up/tq`, { retain: true })],
  ]),
  ...cut('candidate', 'retain', [['a retained enrolment', to(request, { retain: true })]]),
]

const forms: PacketCase[] = [
  ...cut('device', 'qos', [['QoS 2', to(readings, { qos: 2 })]]),
  ...cut('device', 'protocol', [
    ['QoS 3', to(readings, { qos: 3 })],
    ['packet identifier 0', to(readings, { id: 0 })],
    ['a topic longer than its packet', packet(0x32, Buffer.from([255, 255, 97]))],
    ['a PUBLISH of one byte', packet(0x32, Buffer.from([0]))],
    ['an empty PUBLISH', packet(0x32)],
    ['a second CONNECT', connectPacket(hostileId)],
    ['CONNACK from a client', packet(0x20, Buffer.from([0, 0]))],
    ['SUBACK from a client', packet(0x90, Buffer.from([0, 1, 0]))],
    ['PUBREC', packet(0x50, Buffer.from([0, 1]))],
    ['PUBREL', packet(0x62, Buffer.from([0, 1]))],
    ['PUBCOMP', packet(0x70, Buffer.from([0, 1]))],
    ['packet type 0', packet(0x00)],
    ['packet type 15', packet(0xf0)],
    ['SUBSCRIBE with wrong flags', packet(0x80, Buffer.from([0, 1, 0, 1, 97, 0]))],
    ['SUBSCRIBE to nothing', packet(0x82, Buffer.from([0, 1]))],
    ['SUBSCRIBE to an empty filter', subscribePacket([''])],
    ['SUBSCRIBE to a broken filter', subscribePacket([`${own}/dn/#/x`])],
    ['SUBSCRIBE with QoS 3', subscribePacket([`${own}/dn/#`], 3)],
    ['SUBSCRIBE cut short', packet(0x82, Buffer.from([0, 1, 0, 200, 97]))],
    ['UNSUBSCRIBE from nothing', packet(0xa2, Buffer.from([0, 1]))],
    ['a remaining length of five bytes', Buffer.from([0x32, 128, 128, 128, 128, 1])],
    ['text instead of packets', Buffer.from('hello, gateway\r\n'.repeat(20))],
  ]),
  ...cut('device', 'oversize', [
    ['a header of 256 MB', fixedHeader(0x32, 268_435_455)],
    ['a header of 4,097 bytes', fixedHeader(0x32, 4_097)],
    ['a payload of 4 kB', publishPacket(readings, Buffer.alloc(4_096))],
    ['SUBSCRIBE of 256 MB', fixedHeader(0x82, 268_435_455)],
    ['SUBSCRIBE to 200 filters', subscribePacket(Array.from({ length: 200 }, () => `${own}/dn/#`))],
    ['1 MB in one packet', publishPacket(readings, Buffer.alloc(1_048_576))],
  ]),
]

const openings: PacketCase[] = [
  ...cut('stranger', 'protocol', [
    ['PUBLISH before CONNECT', to(readings)],
    ['SUBSCRIBE before CONNECT', subscribePacket(['#'])],
    ['PINGREQ before CONNECT', ping],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a TLS hello', Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])],
    ['CONNECT with wrong flags', packet(0x1f, Buffer.alloc(12))],
    ['an empty CONNECT', packet(0x10)],
    [
      'CONNECT of another protocol',
      packet(0x10, Buffer.from('\0\x04HTTP\x04\x02\0\0\0\0', 'latin1')),
    ],
    [
      'CONNECT with the reserved flag',
      packet(0x10, Buffer.from('\0\x04MQTT\x04\x03\0\0\0\0', 'latin1')),
    ],
    [
      'CONNECT cut in its name',
      packet(0x10, Buffer.from('\0\x04MQTT\x04\xc2\0\0\0\x09abc', 'latin1')),
    ],
  ]),
  ...cut('stranger', 'oversize', [
    ['CONNECT of 256 MB', fixedHeader(0x10, 268_435_455)],
    ['CONNECT of 4,097 bytes', fixedHeader(0x10, 4_097)],
    ['a password of 10 kB', connectPacket(hostileId, { password: 'A'.repeat(10_000) })],
  ]),
]

/** Subscriptions that are refused with 0x80; the session goes on. */
function filters(as: 'device' | 'candidate', rows: readonly string[]): PacketCase[] {
  return rows.map((filter) => ({
    name: `a subscription to ${filter}`,
    as,
    ends: false,
    counts: { filter: 1 },
    bytes: [subscribePacket([filter])],
  }))
}

const subscriptions: PacketCase[] = [
  ...filters('device', [
    '#',
    '+/#',
    '/#',
    '+/+/d/#',
    `${root}/#`,
    `${root}/d/#`,
    `${root}/d/+/dn/#`,
    `+/${network}/d/${hostileId}/dn/#`,
    `fp1/+/d/${hostileId}/dn/#`,
    `${root}/d/${mainId}/dn/#`,
    `${root}/d/${mainId}/dn/ak`,
    `${root}/d/${mainId}/up/rd`,
    `${root}/d/+/st`,
    `${own}/#`,
    `${own}/+/ak`,
    `${own}/st`,
    readings,
    `$share/group/${own}/dn/#`,
    '$SYS/#',
    `${root}/pub/#`,
    `${root}/live/#`,
    `${root}/b/+/res/+`,
    `${root}/enrol/${hostileId}/res`,
    `${root}/enrol/#`,
  ]),
  ...filters('candidate', [
    '#',
    `${root}/d/${candidateId}/dn/#`,
    `${root}/enrol/+/res`,
    `${root}/enrol/${mainId}/res`,
    `${root}/enrol/${candidateId}/#`,
    `${root}/enrol/${candidateId}/req`,
  ]),
]

/** What is refused by itself while the session goes on. */
const tolerated: PacketCase[] = (
  [
    ['presence that is no JSON', { presence: 1 }, statusOf('on')],
    ['presence of another form', { presence: 1 }, statusOf('{"on":2,"bc":1}')],
    ['presence with a boot count of 1e99', { presence: 1 }, statusOf('{"on":1,"bc":1e99}')],
    ['presence of 300 bytes', { presence: 1 }, statusOf(`{"on":1,"bc":1}${' '.repeat(300)}`)],
    ['presence of 2,000 brackets', { presence: 1 }, statusOf('['.repeat(2_000))],
    ['a time query of 3 bytes', { time: 1 }, publishPacket(`${own}/up/tq`, Buffer.alloc(3))],
    ['a time query of no bytes', { time: 1 }, publishPacket(`${own}/up/tq`, Buffer.alloc(0))],
    ['a time query of 2 kB', { time: 1 }, publishPacket(`${own}/up/tq`, Buffer.alloc(2_048))],
    ['a bad reading of QoS 0', { malformed: 1 }, to(readings, { qos: 0 })],
    ['one bad reading twice', { malformed: 2 }, to(readings), to(readings)],
    [
      '300 bad readings in one write',
      { malformed: 300 },
      ...Array.from({ length: 300 }, (_, i) => to(readings, { id: i + 1 })),
    ],
    ['PUBACK for nothing', {}, packet(0x40, Buffer.from([0xff, 0xff]))],
    ['1,000 pings', {}, ...Array.from({ length: 1_000 }, () => ping)],
    ['UNSUBSCRIBE from everything', {}, packet(0xa2, Buffer.from([0, 1, 0, 1, 0x23]))],
  ] as [string, Counts, ...Buffer[]][]
).map(([name, counts, ...bytes]) => ({ name, as: 'device', ends: false, counts, bytes }))

function statusOf(text: string): Buffer {
  return publishPacket(`${own}/st`, Buffer.from(text), { retain: true })
}

export const packets: readonly PacketCase[] = [
  ...topics,
  ...forms,
  ...openings,
  ...subscriptions,
  ...tolerated,
]

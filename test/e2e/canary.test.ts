/**
 * Canaries: values that nobody else would send, sent by devices and then looked for in everything that
 * a buyer or the public can reach: topics, pages, metrics, answers, files over HTTP, the printed log.
 */
import { cellToParent, latLngToCell } from 'h3-js'
import mqtt, { type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toB64u, toHex } from '../../gateway/core/bytes.js'
import type { MetricName } from '../../gateway/core/metric.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { holderOf, type TestHolder } from '../support/holder.js'
import { connectDevice, enrol, testCell, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'
import { shiftedBy } from '../support/shiftedClock.js'

const root = `fp1/${testNetwork}`
const farCell = '871fb4670ffffff'
const pastMs = 20 * 60_000
const env = {
  FIELDPROOF_NETWORK: testNetwork,
  FIELDPROOF_ENROLMENT__OPEN: 'true',
  FIELDPROOF_PRIVACY__WINDOW: 'PT1M',
  FIELDPROOF_PRIVACY__K: '3',
}

interface Canary {
  holder: TestHolder
  metric: MetricName
  cell: string
  /** What it sends, one after the other: seven decimals that nobody else would send. */
  texts: string[]
}

/** Three owners who make a node, one who lives alone, and one with a microphone. */
const canaries: Canary[] = [
  canary(1, 'temperature', testCell, '17.3519827', '17.3519829'),
  canary(2, 'temperature', testCell, '18.2948377', '18.2948371'),
  canary(3, 'temperature', testCell, '19.1738264', '19.1738267'),
  canary(4, 'temperature', farCell, '23.7183642', '23.7183649'),
  canary(5, 'noise', testCell, '53.1897264', '53.1897267'),
]

function canary(n: number, metric: MetricName, cell: string, ...texts: string[]): Canary {
  return { holder: holderOf(70 + n), metric, cell, texts }
}

/** Whatever was seen, with where it was seen. */
interface Seen {
  where: string
  bytes: Buffer
}

const seen: Seen[] = []
const messages: Uint8Array[] = []
const see = (where: string, bytes: Uint8Array | string): void => {
  seen.push({ where, bytes: Buffer.from(bytes as string) })
}

let gateway: RunningGateway
let buyer: MqttClient
let window = 0

/** Sends value number `i` of each canary as of this second. */
async function sing(i: number, seq: number, sec: number): Promise<void> {
  for (const { holder, metric, texts } of canaries) {
    const device = await connectDevice(gateway, holder)
    const value = { m: Number(texts[i]!.replace('.', '')), e: -7 }
    const bytes = readingOf(holder, testNetwork, seq, [{ metric, time: sec, value }])
    expect(await device.verdict(bytes)).toBe('accepted')
    messages.push(bytes)
    await device.close()
  }
}

/** Where a value, or a message that holds one, can be found. */
function found(inside: readonly Seen[]): string[] {
  const needles = [
    ...canaries.flatMap(({ texts }) => texts.flatMap((text) => [text, text.replace('.', '')])),
    ...messages.flatMap((bytes) => [Buffer.from(bytes), toB64u(bytes), toHex(bytes)]),
    ...messages.map((bytes) => toB64u(bytes.subarray(-64))),
  ]
  return inside
    .filter(({ bytes }) => needles.some((needle) => bytes.includes(needle)))
    .map(({ where }) => where)
}

beforeAll(async () => {
  const dataDir = temporaryFolder()
  gateway = await startGateway({ dataDir, env: { ...env, ...shiftedBy(-pastMs) } })
  for (const [n, { holder, metric, cell }] of canaries.entries())
    await enrol(gateway, holder, [metric], { owner: `0x${'ab'.repeat(19)}0${n + 1}`, cell })
  // All in one window: not in the last seconds of a minute.
  const nowSec = (): number => Math.floor((Date.now() - pastMs) / 1_000)
  if (nowSec() % 60 > 45) await until('the next minute', () => nowSec() % 60 < 45)
  window = nowSec() - (nowSec() % 60)
  await sing(0, 1, nowSec())
  see('log of the first life', gateway.output())
  expect(await gateway.stop()).toBe(0)
  see('log of the first life, to its end', gateway.output())
  gateway = await startGateway({ dataDir, env })
  const { token } = await gateway.api<{ token: string }>('/api/buyers', {
    name: 'acme',
    credits: 100_000,
    metrics: ['temperature', 'noise'],
  })
  buyer = await mqtt.connectAsync({
    host: '127.0.0.1',
    port: gateway.mqttPort,
    clientId: 'acme',
    username: 'acme',
    password: token,
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  buyer.on('message', (topic, payload) => see(`topic ${topic}`, payload))
})

afterAll(async () => {
  await buyer?.endAsync(true)
  await gateway?.kill()
})

/** What a buyer is answered. */
async function ask(
  id: string,
  op: string,
  more: object = {},
): Promise<{ ok: boolean; items?: object[] }> {
  await buyer.publishAsync(`${root}/b/acme/req`, JSON.stringify({ v: 1, id, op, ...more }), {
    qos: 1,
  })
  const topic = `topic ${root}/b/acme/res/${id}`
  const answer = await until(`the answer to ${op}`, () => seen.find(({ where }) => where === topic))
  // Requests come one after the other, no faster than a buyer may.
  await new Promise((resolve) => setTimeout(resolve, 550))
  return JSON.parse(answer.bytes.toString())
}

describe('raw values', () => {
  it('are in nothing that a buyer can hear or ask', async () => {
    const filters = [
      ...['#', '+/#', `${root}/#`, `${root}/+/+/up/#`, `${root}/d/#`, `${root}/+/+/d/#`],
      ...[`${root}/live/#`, `${root}/live/temperature/+/60`, `${root}/enrol/#`, `${root}/gw/#`],
      ...['$SYS/#', `${root}/b/+/res/+`, `${root}/pub/#`, `${root}/b/acme/res/+`],
    ]
    const granted: string[] = []
    for (const filter of filters) {
      const [answer] = await buyer.subscribeAsync(filter, { qos: 1 }).catch(() => [])
      if (answer !== undefined && Number(answer.qos) < 128) granted.push(filter)
    }
    expect(granted).toEqual([`${root}/pub/#`, `${root}/b/acme/res/+`])
    const nowSec = Math.floor(Date.now() / 1_000)
    const span = { from: instant(window), to: instant(nowSec - (nowSec % 60)), step: 'PT1M' }
    const cells = [testCell, farCell]
    const q = { metric: 'temperature', cells, ...span }
    const answer = await ask('a', 'query', { q, page: { limit: 100, cursor: null } })
    // The control: the row of the canaries' window is there, and is their mean on the grid.
    const [row] = (answer.items ?? []).filter((item) => (item as { t: number }).t === window)
    expect(row).toMatchObject({
      cell: testCell,
      class: 'k-anonymous',
      mean: 18.3,
      median: 18.3,
      n: 3,
    })
    expect(answer.items!.every((item) => (item as { cell: string }).cell === testCell)).toBe(true)
    // Windows and cells of one's own: refused, or nothing is there.
    const custom = [
      { step: 'PT30M' },
      { step: 'PT2M' },
      { step: 'PT15M' },
      { from: instant(window + 30), to: instant(window + 30) },
      { cells: [latLngToCell(57.1, -2.1, 8)] },
    ]
    for (const [n, other] of custom.entries()) {
      const refused = await ask(`x${n}`, 'query', { q: { ...q, ...other } })
      expect([other, refused]).toMatchObject([{}, { ok: false, problem: { status: 400 } }])
    }
    for (const [n, resolution] of [6, 5, 4, 3].entries()) {
      const coarse = cells.map((cell) => cellToParent(cell, resolution))
      expect((await ask(`y${n}`, 'query', { q: { ...q, cells: coarse } })).items ?? []).toEqual([])
    }
    // Half a window is none: from its middle on there is only the next.
    const half = { from: instant(window + 30), to: instant(window + 60) }
    expect((await ask('z', 'query', { q: { ...q, ...half } })).items ?? []).toEqual([])
    await ask('b', 'latest', { q: { metric: 'temperature', cells } })
    await ask('c', 'query', { q: { ...q, metric: 'noise', step: 'P1D' } })
    await ask('d', 'proof', { q })
    await ask('e', 'catalog')
    await ask('f', 'account')
    await ask('g', 'subscribe', { q: { metric: 'temperature', cells: [testCell] }, maxCost: 100 })
    await ask('h', 'epoch', { n: 1 })
    const live = await buyer.subscribeAsync(`${root}/live/temperature/${testCell}/60`, { qos: 1 })
    expect(live.map(({ qos }) => qos)).toEqual([1])
    await sing(1, 2, Math.floor(Date.now() / 1_000))
    expect(found(seen)).toEqual([])
    expect(
      seen.filter(({ where }) => where.startsWith(`topic ${root}/pub/`)).length,
    ).toBeGreaterThan(1)
  })

  it('are on no public page, in no metric and no published file', async () => {
    await gateway.api('/api/epochs/close', {})
    const page = await publicly('/')
    const assets = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!)
    const paths = [
      ...['/checkpoint', '/gateway.json', '/healthz', '/readyz', '/metrics', '/epochs'],
      ...['/epochs/1.json', '/epochs/1/contributions.ndjson', '/epochs/1/aggregates.ndjson'],
      ...['/epochs/1/rewards.json', '/tile/0/000.p/20', '/tile/1/000', '/tile/entries/000'],
      ...['/api/status', '/api/devices', '/api/events', '/api/buyers', '/live', '/data', '/..%2f'],
      ...canaries.flatMap(({ holder }) => [
        `/proofs/${holder.kid}/1`,
        `/api/devices/${holder.kid}`,
      ]),
      ...assets
        .filter((path) => !path.startsWith('http'))
        .map((path) => new URL(path, 'http://x/').pathname),
    ]
    for (const path of paths) await publicly(path)
    const metricLines = seen.find(({ where }) => where === 'page /metrics')!.bytes.toString()
    expect(metricLines).toContain('# HELP')
    expect(metricLines).not.toContain(testCell)
    expect(found(seen)).toEqual([])
  })

  it('are not in the printed log', () => {
    see('log', gateway.output())
    expect(found(seen)).toEqual([])
  })

  it('are found where they may be: the operator sees them', async () => {
    const view = JSON.stringify(await gateway.api('/api/devices'))
    expect(found([{ where: 'operator', bytes: Buffer.from(view) }])).toEqual(['operator'])
    const packet = Buffer.concat([Buffer.from([1, 2]), messages[0]!])
    expect(found([{ where: 'packet', bytes: packet }])).toEqual(['packet'])
  })
})

async function publicly(path: string): Promise<string> {
  const response = await fetch(new URL(path, gateway.url))
  const body = Buffer.from(await response.arrayBuffer())
  see(`page ${path}`, body)
  return body.toString()
}

function instant(sec: number): string {
  return new Date(sec * 1_000).toISOString().replace('.000', '')
}

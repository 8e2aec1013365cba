import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connectAsync, type IPublishPacket, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openExternalBroker } from '../../gateway/adapters/mqtt/external.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { BuyerLink } from '../../gateway/ports/market.js'
import { RecordingIntake } from '../adapters/mqtt/recordingIntake.js'
import { temporaryFolder, until } from '../support/gateway.js'
import { lateLink, root } from '../support/marketRig.js'
import {
  type AnswerJson,
  cells,
  gatewayKey,
  midnight,
  network,
  openSite,
  queryOf,
  rowOf,
  type Site,
  someRows,
} from '../support/marketSite.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'

/** A Mosquitto that knows its users, with the ACL of schemas/mqtt.md, and the gateway behind it. */
const gatewayId = deviceIdOf(gatewayKey.publicKey)
const folder = temporaryFolder('market-external')
let mosquitto: Mosquitto
let site: Site
let link: ReturnType<typeof openExternalBroker>
let buyer: MqttClient
const heard: IPublishPacket[] = []

beforeAll(async () => {
  const passwords = join(folder, 'passwords')
  writeFileSync(passwords, '')
  for (const name of [gatewayId, 'acme', 'other'])
    expect(spawnSync('mosquitto_passwd', ['-b', passwords, name, 'secret']).status).toBe(0)
  const acl = join(folder, 'acl')
  writeFileSync(
    acl,
    [
      `user ${gatewayId}`,
      `topic readwrite ${root}/#`,
      `pattern write ${root}/b/%u/req`,
      `pattern read ${root}/b/%u/res/+`,
      `pattern read ${root}/pub/#`,
      '',
    ].join('\n'),
  )
  const lines = ['allow_anonymous false', `password_file ${passwords}`, `acl_file ${acl}`]
  mosquitto = await startMosquitto({ lines })
  let late: BuyerLink | undefined
  site = await openSite({ link: lateLink(() => late) })
  site.rows.add(someRows(24))
  await site.buyers.addBuyer('acme', { metrics: ['all'], cells: undefined, wallet: undefined }, 500)
  link = openExternalBroker({
    network,
    gatewayId,
    url: mosquitto.url,
    username: gatewayId,
    password: 'secret',
    intake: new RecordingIntake(),
    market: site.market,
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
  })
  late = link
  await link.start()
  await until('the gateway at the broker', () => link.connected())
  buyer = await connect('acme')
  buyer.on('message', (_topic, _payload, packet) => heard.push(packet))
  await buyer.subscribeAsync(`${root}/b/acme/res/+`, { qos: 1 })
})

afterAll(async () => {
  await buyer.endAsync(true)
  await link.stop()
  await site.market.stop()
  await mosquitto.stop()
})

function connect(name: string): Promise<MqttClient> {
  const login = { clientId: `${name}-1`, username: name, password: 'secret' }
  return connectAsync(mosquitto.url, { ...login, protocolVersion: 5, reconnectPeriod: 0 })
}

async function answers(id: string, count: number): Promise<IPublishPacket[]> {
  const of = () => heard.filter(({ topic }) => topic === `${root}/b/acme/res/${id}`)
  await until(`${count} answers on res/${id}`, () => of().length >= count)
  return of()
}

const json = ({ payload }: IPublishPacket): AnswerJson => JSON.parse(payload.toString())

async function ask(request: object, properties = {}, retain = false): Promise<void> {
  const text = JSON.stringify(request)
  await buyer.publishAsync(`${root}/b/acme/req`, text, { qos: 1, retain, properties })
}

it('answers on the response topic, with the correlation data that came', async () => {
  const correlationData = Buffer.from('7')
  await ask(queryOf('q1', 12), { responseTopic: `${root}/b/acme/res/q1`, correlationData })
  const [answer] = await answers('q1', 1)
  expect(json(answer!)).toMatchObject({ ok: true, id: 'q1' })
  expect(answer!.properties?.correlationData?.toString()).toBe('7')
})

it.each([
  ['of somebody else', `${root}/b/other/res/q2`],
  ['of another id', `${root}/b/acme/res/q9`],
  ['of another root', 'fp1/elsewhere/b/acme/res/q2'],
  ['without a root', 'b/acme/res/q2'],
])('refuses a response topic %s', async (_what, responseTopic) => {
  const before = heard.length
  await ask(queryOf('q2', 12), { responseTopic })
  await until('an answer', () => heard.length > before)
  expect(heard.at(-1)!.topic).toBe(`${root}/b/acme/res/q2`)
  expect(json(heard.at(-1)!).problem).toMatchObject({ type: 'urn:fp:problem:bad-request' })
})

it('refuses a request that is retained, or above 16 kB', async () => {
  await ask(queryOf('q3', 12), {}, true)
  const [retained] = await answers('q3', 1)
  expect(json(retained!).problem).toMatchObject({ type: 'urn:fp:problem:bad-request' })
  await buyer.publishAsync(`${root}/b/acme/req`, '', { qos: 1, retain: true })
  await buyer.publishAsync(`${root}/b/acme/req`, 'x'.repeat(16_385), { qos: 1 })
  const problems = await answers('!', 2)
  expect(problems.map((one) => json(one).problem.status)).toEqual([400, 413])
})

it('lets nobody hear or ask for another', async () => {
  const before = site.credits.size
  const request = JSON.stringify(queryOf('stolen', 12))
  // What Mosquitto makes of a publish that its ACL denies is its own: it ends this connection.
  const thief = await connect('other')
  thief.on('error', () => undefined)
  await thief.publishAsync(`${root}/b/acme/req`, request, { qos: 0 })
  await thief.endAsync(true)
  const other = await connect('other')
  const words: string[] = []
  other.on('message', (topic) => words.push(topic))
  await other.subscribeAsync([`${root}/b/+/res/+`, `${root}/b/other/res/+`], { qos: 1 })
  // Somebody whom the broker knows and the gateway does not.
  await other.publishAsync(`${root}/b/other/req`, request, { qos: 1 })
  await until('an answer', () => words.length > 0)
  await ask({ v: 1, id: 'after', op: 'account' })
  await answers('after', 1)
  expect(new Set(words)).toEqual(new Set([`${root}/b/other/res/stolen`]))
  expect(site.credits.size).toBe(before)
  await other.endAsync(true)
})

it('sends live rows on the answer’s own topic while they are paid for', async () => {
  const q = { metric: 'temperature', cells: [cells[1]] }
  await ask({ v: 1, id: 's1', op: 'subscribe', q, maxCost: 2 })
  const [granted] = await answers('s1', 1)
  expect(json(granted!).topics).toEqual(['b/acme/res/s1'])
  const rows = [100, 101, 102].map((hour) =>
    rowOf('temperature', cells[1], midnight + hour * 3_600),
  )
  for (const row of rows) site.rows.add([row])
  await answers('s1', 2)
  await ask({ v: 1, id: 'end', op: 'account' })
  const [account] = await answers('end', 1)
  expect(json(account!).account.subscriptions).toEqual([])
  const all = await answers('s1', 2)
  expect(all.slice(1).map((one) => json(one))).toEqual([rows[0]])
})

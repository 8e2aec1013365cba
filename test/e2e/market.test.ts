import { gridDisk } from 'h3-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../support/gateway.js'
import {
  type BuyerClient,
  connectBuyer,
  type MarketBroker,
  root,
  startMarket,
} from '../support/marketRig.js'
import { cells, midnight, queryOf, rowOf, someRows } from '../support/marketSite.js'

const all = { metrics: ['all'], cells: undefined, wallet: undefined }
let market: MarketBroker
let client: BuyerClient
let tokenOf: (name: string, grant?: object, credits?: number) => Promise<string>

beforeAll(async () => {
  market = await startMarket()
  market.site.rows.add(someRows(24))
  tokenOf = async (name, grant = {}, credits = 1_000) => {
    const added = await market.site.buyers.addBuyer(name, { ...all, ...grant }, credits)
    return added.ok ? added.value.token : ''
  }
  client = await connectBuyer(market.url, 'acme', await tokenOf('acme'))
})

afterAll(async () => {
  await client.mqtt.endAsync(true)
  await market.stop()
})

const at = (sec: number): string => `${new Date(sec * 1_000).toISOString().slice(0, 19)}Z`
const q = (queryOf('q', 12) as { q: object }).q
const place = { metric: 'temperature', cells: [cells[1]] }
const day = at(midnight).slice(0, 10)
const query = (more: object): object => ({ v: 1, id: 'r', op: 'query', q, ...more })
const ask = (op: string, more: object = {}): object => ({ v: 1, id: 'r', op, ...more })
const from = (hours: number): object => ({ ...q, from: at(midnight - hours * 3_600) })
const many = Array.from({ length: 65 }, () => cells[1])
const tooLong = (step: string, sec: number): object => ({
  ...q,
  step,
  from: at(midnight),
  to: at(midnight + sec + 1),
})

/** What is asked, and the problem that it gets; where the request has no usable id, on `res/!`. */
const refused: [what: string, type: string, request: object | string | Buffer, id?: string][] = [
  ['no JSON', 'bad-request', 'give me rows', '!'],
  ['nothing', 'bad-request', '', '!'],
  ['a list', 'bad-request', '[]', '!'],
  ['null', 'bad-request', 'null', '!'],
  ['bad UTF-8', 'bad-request', Buffer.from('7b22fffe227d', 'hex'), '!'],
  ['half a character', 'bad-request', '{"v":1,"id":"r","op":"epoch","q":{"n":"\\ud800"}}', 'r'],
  ['no id', 'bad-request', { v: 1, op: 'catalog' }, '!'],
  ['an empty id', 'bad-request', { v: 1, id: '', op: 'catalog' }, '!'],
  ['an id of 33', 'bad-request', { v: 1, id: 'x'.repeat(33), op: 'catalog' }, '!'],
  ['an id with a slash', 'bad-request', { v: 1, id: 'a/b', op: 'catalog' }, '!'],
  ['an id that is a wildcard', 'bad-request', { v: 1, id: '+', op: 'catalog' }, '!'],
  ['an id that is a number', 'bad-request', { v: 1, id: 7, op: 'catalog' }, '!'],
  ['no version', 'bad-request', { id: 'r', op: 'catalog' }],
  ['version 2', 'bad-request', { v: 2, id: 'r', op: 'catalog' }],
  ['no op', 'bad-request', { v: 1, id: 'r' }],
  ['an unknown op', 'bad-request', ask('steal')],
  ['an op of every object', 'bad-request', ask('toString')],
  ['a member that catalog has not', 'bad-request', ask('catalog', { q })],
  ['a member that query has not', 'bad-request', query({ format: 'csv' })],
  ['a member of q that query has not', 'bad-request', query({ q: { ...q, day } })],
  ['a query without q', 'bad-request', ask('query')],
  ['q that is a list', 'bad-request', query({ q: [] })],
  ['an unknown metric', 'bad-request', query({ q: { ...q, metric: 'gold' } })],
  ['battery, which is never sold', 'bad-request', query({ q: { ...q, metric: 'battery' } })],
  ['a metric that is not released here', 'bad-request', query({ q: { ...q, metric: 'co2' } })],
  ['a step that is no window', 'bad-request', query({ q: { ...q, step: 'PT2H' } })],
  ['a step without rows', 'bad-request', query({ q: { ...q, step: 'PT6H' } })],
  ['a step in seconds', 'bad-request', query({ q: { ...q, step: 3_600 } })],
  ['no cells', 'bad-request', query({ q: { ...q, cells: [] } })],
  ['a cell that is none', 'bad-request', query({ q: { ...q, cells: ['87'] } })],
  ['a cell in upper case', 'bad-request', query({ q: { ...q, cells: ['87195DA4AFFFFFF'] } })],
  ['a cell of resolution 8', 'bad-request', query({ q: { ...q, cells: ['88195da4a1fffff'] } })],
  ['a cell of resolution 2', 'bad-request', query({ q: { ...q, cells: ['82195ffffffffff'] } })],
  ['a wildcard as cell', 'bad-request', query({ q: { ...q, cells: ['+'] } })],
  ['a local time', 'bad-request', query({ q: { ...q, from: '2025-11-01T00:00:00+01:00' } })],
  ['a day that is none', 'bad-request', query({ q: { ...q, from: '2025-02-30T00:00:00Z' } })],
  ['a time in seconds', 'bad-request', query({ q: { ...q, from: midnight } })],
  ['from behind to', 'bad-request', query({ q: { ...q, from: at(midnight + 86_400) } })],
  ['a negative limit', 'bad-request', query({ page: { limit: -1 } })],
  ['a limit of 0', 'bad-request', query({ page: { limit: 0 } })],
  ['half a limit', 'bad-request', query({ page: { limit: 1.5 } })],
  ['a limit as text', 'bad-request', query({ page: { limit: '10' } })],
  ['a member that page has not', 'bad-request', query({ page: { offset: 5 } })],
  ['a cursor that is none', 'bad-request', query({ page: { cursor: 'next' } })],
  [
    'a cursor of another metric',
    'bad-request',
    query({ page: { cursor: `rain|${cells[1]}|3600|${midnight}` } }),
  ],
  [
    'a cursor of another cell',
    'bad-request',
    query({ page: { cursor: `temperature|${cells[0]}|3600|${midnight}` } }),
  ],
  ['a negative maxCost', 'bad-request', query({ maxCost: -1 })],
  ['maxCost as text', 'bad-request', query({ maxCost: '30' })],
  ['maxCost beyond whole numbers', 'bad-request', query({ maxCost: 1e300 })],
  ['a proof that is no yes or no', 'bad-request', query({ proof: 1 })],
  ['an export as XML', 'bad-request', ask('export', { format: 'xml', q: { ...place, day } })],
  ['an export without a day', 'bad-request', ask('export', { format: 'csv', q: place })],
  ['an export of an hour', 'bad-request', ask('export', { format: 'csv', q })],
  ['epoch 0', 'bad-request', ask('epoch', { q: { n: 0 } })],
  ['an epoch as text', 'bad-request', ask('epoch', { q: { n: '1' } })],
  ['an epoch that is not closed', 'not-found', ask('epoch', { q: { n: 999 } })],
  ['32 days at PT1H', 'too-large', query({ q: from(32 * 24) })],
  ['a second above 31 days at PT1H', 'too-large', query({ q: tooLong('PT1H', 31 * 86_400) })],
  ['367 days at P1D', 'too-large', query({ q: tooLong('P1D', 366 * 86_400) })],
  ['8 days at PT15M', 'too-large', query({ q: tooLong('PT15M', 8 * 86_400) })],
  ['two days at PT1M', 'too-large', query({ q: tooLong('PT1M', 2 * 86_400) })],
  ['65 cells, one and the same', 'too-large', query({ q: { ...q, cells: many } })],
  ['501 rows', 'too-large', query({ page: { limit: 501 } })],
  ['a quote of 65 cells', 'too-large', ask('quote', { q: { ...q, cells: many } })],
  ['above maxCost', 'insufficient-credits', query({ maxCost: 1 })],
  [
    'a subscription above maxCost',
    'insufficient-credits',
    ask('subscribe', { q: place, maxCost: 1 }),
  ],
  ['latest above maxCost', 'insufficient-credits', ask('latest', { q: place, maxCost: 1 })],
  [
    'an export above maxCost',
    'insufficient-credits',
    ask('export', { format: 'csv', q: { ...place, day }, maxCost: 1 }),
  ],
]

describe('a request over MQTT', () => {
  it.each(refused)('is refused: %s (%s)', async (_what, type, request, id) => {
    const before = market.site.credits.size
    const answer = await client.ask(request, id)
    expect(answer).toMatchObject({ v: 1, id: id === '!' ? null : 'r', ok: false })
    expect(answer.problem).toMatchObject({ type: `urn:fp:problem:${type}` })
    expect(answer.problem.detail).toMatch(/\.$/)
    expect(answer.meter.cost).toBe(0)
    // An error costs nothing: the ledger has no record of it.
    expect(market.site.credits.size).toBe(before)
  })

  it('has more than sixty ways to be refused', () => {
    expect(refused.length).toBeGreaterThan(60)
  })
})

/** A connection of its own, which a refusal may end. */
async function another(name: string, token: string): Promise<BuyerClient> {
  return connectBuyer(market.url, name, token, { clientId: `${name}/other` })
}

describe('at the broker', () => {
  it.each([
    ['#'],
    [`${root}/#`],
    [`${root}/+/+/d/#`],
    [`+/+/d/#`],
    [`${root}/d/+/up/rd`],
    [`${root}/b/+/res/+`],
    [`${root}/b/other/res/+`],
    [`${root}/b/acme/#`],
    [`${root}/b/acme/req`],
    [`${root}/live/#`],
    [`${root}/live/temperature/+/+`],
    [`${root}/live/temperature/${cells[1]}/3600`],
    ['$SYS/#'],
    [`$share/g/${root}/b/acme/res/+`],
  ])('refuses to subscribe %s', async (filter) => {
    await expect(client.mqtt.subscribeAsync(filter, { qos: 1 })).rejects.toThrow()
  })

  it.each([
    ['a request of somebody else', `${root}/b/other/req`, { qos: 1 as const }, '{}'],
    ['an answer', `${root}/b/acme/res/q1`, { qos: 1 as const }, '{}'],
    ['a live row', `${root}/live/temperature/${cells[1]}/3600`, { qos: 1 as const }, '{}'],
    ['a reading', `${root}/d/qzxo7plhddeii/up/rd`, { qos: 1 as const }, '{}'],
    ['a retained request', `${root}/b/acme/req`, { qos: 1 as const, retain: true }, '{}'],
    ['QoS 2', `${root}/b/acme/req`, { qos: 2 as const }, '{}'],
    ['above 16 kB', `${root}/b/acme/req`, { qos: 1 as const }, 'x'.repeat(16_400)],
  ])('ends a session that publishes %s', async (_what, topic, options, payload) => {
    const name = `b${Math.random().toString(36).slice(2, 8)}`
    const other = await another(name, await tokenOf(name))
    let closed = false
    other.mqtt.on('close', () => {
      closed = true
    })
    const own = topic.replace('/b/acme/', `/b/${name}/`)
    other.mqtt.publish(own, payload, options)
    await until('the connection to end', () => closed)
    expect(other.heard).toEqual([])
  })

  it('refuses a wrong token, another name, a Will, and a name that was removed', async () => {
    const token = await tokenOf('shop')
    const will = { topic: `${root}/b/shop/req`, payload: Buffer.from('{}'), qos: 1, retain: false }
    await expect(another('shop', `${token}x`)).rejects.toThrow()
    await expect(another('nobody', token)).rejects.toThrow()
    await expect(
      connectBuyer(market.url, 'shop', token, { will: { ...will, qos: 1 } }),
    ).rejects.toThrow()
    await expect(connectBuyer(market.url, 'shop', token, { clientId: 'acme' })).rejects.toThrow()
    const shop = await another('shop', token)
    let closed = false
    shop.mqtt.on('close', () => {
      closed = true
    })
    await market.site.buyers.removeBuyer('shop')
    await until('the session to end', () => closed)
    await expect(another('shop', token)).rejects.toThrow()
  })

  it('forbids what was not granted, and tells who asks too fast', async () => {
    const grant = { metrics: ['rain'], cells: [cells[1]] }
    const small = await another('small', await tokenOf('small', grant))
    const metric = await small.ask(query({ q: { ...q, cells: [cells[1]] } }))
    expect(metric.problem).toMatchObject({ type: 'urn:fp:problem:forbidden', status: 403 })
    const rain = { ...q, metric: 'rain', cells: [cells[2]] }
    const cell = await small.ask(query({ q: rain }))
    expect(cell.problem).toMatchObject({ type: 'urn:fp:problem:forbidden', status: 403 })
    expect((await small.ask(query({ q: { ...rain, cells: [cells[1]] } }))).ok).toBe(true)
    await small.mqtt.endAsync(true)
  })

  it('holds an id to its request', async () => {
    const first = await client.ask(query({ id: 'same' }))
    expect(await client.ask(query({ id: 'same' }))).toEqual(first)
    const other = await client.ask(query({ id: 'same', proof: true }))
    expect(other.problem).toMatchObject({ type: 'urn:fp:problem:conflict', status: 409 })
  })
})

describe('live rows', () => {
  const topic = `${root}/live/temperature/${cells[1]}/3600`
  let hour = 100
  const publish = (): void => {
    // A tenth row is withheld, which costs nothing: skipped here.
    do hour += 1
    while (Math.floor((midnight + hour * 3_600) / 3_600) % 10 === 9)
    market.site.rows.add([rowOf('temperature', cells[1], midnight + hour * 3_600)])
  }
  const heard = (buyer: BuyerClient): number =>
    buyer.heard.filter((one) => one.topic === topic).length
  const balanceOf = (name: string): number => market.site.credits.ledger.buyer(name)!.balance

  it('are of at most twenty topics at once', async () => {
    const buyer = await another('live0', await tokenOf('live0'))
    const near = gridDisk(cells[1], 3).slice(0, 21)
    const many = (from: number, to: number): object => ({ ...place, cells: near.slice(from, to) })
    expect((await buyer.ask(ask('subscribe', { id: 's1', q: many(0, 15) }))).topics).toHaveLength(
      15,
    )
    const above = await buyer.ask(ask('subscribe', { id: 's2', q: many(15, 21) }))
    expect(above.problem).toMatchObject({ type: 'urn:fp:problem:too-large', status: 413 })
    // The same topics again are no more of them.
    expect((await buyer.ask(ask('subscribe', { id: 's3', q: many(10, 20) }))).ok).toBe(true)
    await buyer.mqtt.endAsync(true)
  })

  it('come for credits, and end with maxCost, at once', async () => {
    const buyer = await another('live1', await tokenOf('live1', {}, 100))
    await expect(buyer.mqtt.subscribeAsync(topic, { qos: 1 })).rejects.toThrow()
    const answer = await buyer.ask(ask('subscribe', { q: place, maxCost: 5 }))
    expect(answer.topics).toEqual([topic.slice(root.length + 1)])
    publish()
    await buyer.ask(ask('account', { id: 'a0' }))
    // Granted and not subscribed: neither charged nor handed over.
    expect([heard(buyer), balanceOf('live1')]).toEqual([0, 100])
    await buyer.mqtt.subscribeAsync(topic, { qos: 1 })
    await until('the newest row, as a broker retains it', () => heard(buyer) === 1)
    expect(balanceOf('live1')).toBe(98)
    await buyer.mqtt.subscribeAsync(topic, { qos: 1 })
    await until('it again, which was paid for', () => heard(buyer) === 2)
    expect(balanceOf('live1')).toBe(98)
    publish()
    await until('the next row', () => heard(buyer) === 3)
    expect(balanceOf('live1')).toBe(96)
    // A credit is left of maxCost, a row costs two.
    publish()
    const account = await buyer.ask(ask('account', { id: 'a1' }))
    expect(account.account.subscriptions).toEqual([])
    publish()
    await buyer.ask(ask('account', { id: 'a2' }))
    expect([heard(buyer), balanceOf('live1')]).toEqual([3, 96])
    await expect(buyer.mqtt.subscribeAsync(topic, { qos: 1 })).rejects.toThrow()
    await buyer.mqtt.endAsync(true)
  })

  it('end with the credits, with unsubscribe and with the session', async () => {
    const token = await tokenOf('live2', {}, 3)
    const buyer = await another('live2', token)
    await buyer.ask(ask('subscribe', { id: 's1', q: place }))
    await buyer.mqtt.subscribeAsync(topic, { qos: 1 })
    publish()
    await until('a row', () => heard(buyer) === 1)
    publish()
    await buyer.ask(ask('account', { id: 'a1' }))
    expect([heard(buyer), balanceOf('live2')]).toEqual([1, 1])
    const poor = await buyer.ask(ask('subscribe', { id: 's2', q: place }))
    expect(poor.problem).toMatchObject({ type: 'urn:fp:problem:insufficient-credits', cost: 2 })
    await market.site.buyers.creditBuyer('live2', 100)
    await buyer.ask(ask('subscribe', { id: 's3', q: place }))
    publish()
    await until('a row after the top-up', () => heard(buyer) === 2)
    const left = await buyer.ask(ask('unsubscribe', { id: 'u1', q: place }))
    expect(left.topics).toEqual([])
    publish()
    await buyer.ask(ask('subscribe', { id: 's4', q: place }))
    expect(heard(buyer)).toBe(2)
    await buyer.mqtt.endAsync(true)
    const back = await another('live2', token)
    await expect(back.mqtt.subscribeAsync(topic, { qos: 1 })).rejects.toThrow()
    publish()
    await back.ask(ask('account', { id: 'a2' }))
    expect(balanceOf('live2')).toBe(99)
    await back.mqtt.endAsync(true)
  })
})

/** Login by wallet at the real broker and market, signed by another library. */
import type { MqttClient } from 'mqtt'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type EmbeddedBroker, openEmbeddedBroker } from '../../../gateway/adapters/mqtt/broker.js'
import {
  challengesMax,
  walletChallengeSec,
  walletSessionSec,
} from '../../../gateway/core/limits.js'
import { parseSignIn } from '../../../gateway/core/market/siwe.js'
import { createWallets, type Wallets } from '../../../gateway/pipeline/wallets.js'
import { jsonFormats } from '../../../schemas/jsonFormats.js'
import { until } from '../../support/gateway.js'
import { network, openSite, type Site } from '../../support/marketSite.js'
import { gatewayId, RecordingIntake, TestClock } from './recordingIntake.js'
import { openClient, type TestClient } from './setup.js'

const account = privateKeyToAccount(generatePrivateKey())
const stranger = privateKeyToAccount(generatePrivateKey())
const root = `fp1/${network}`
const clock = new TestClock()
const intake = new RecordingIntake()
let site: Site
let wallets: Wallets
let broker: EmbeddedBroker
let url: string
let drawn = 0

beforeAll(async () => {
  site = await openSite()
  const grant = { metrics: ['all'], cells: undefined, wallet: account.address }
  await site.buyers.addBuyer('acme', grant, 100)
  await site.buyers.addBuyer('tokens-only', { ...grant, wallet: undefined }, 100)
  wallets = createWallets({
    network,
    gatewayId,
    chainId: 31_337,
    buyer: (name) => site.credits.ledger.buyer(name),
    clock,
    randomBytes: (length) => new Uint8Array(length).fill(++drawn),
  })
  intake.login = async (name, password) => {
    const token = new TextDecoder().decode(password)
    return wallets.knows(name, token) ? { role: 'buyer', name } : site.buyers.login(name, token)
  }
  const options = { network, gatewayId, host: '127.0.0.1', port: 0, intake, clock }
  broker = openEmbeddedBroker({ ...options, market: site.market, wallets })
  await broker.start()
  url = `mqtt://127.0.0.1:${broker.listeners()[0]!.port}`
})

afterAll(async () => {
  await broker.stop()
  await site.market.stop()
})

/** A guest that listens, and the challenge it got. */
async function guest(
  buyer: string,
  id: string,
): Promise<{ client: TestClient; template: string; said: () => string[] }> {
  const client = await openClient(url, buyer, { clientId: id, username: buyer, password: '' })
  await client.mqtt.subscribeAsync(`${root}/auth/${id}`, { qos: 1 })
  const said = (): string[] => client.texts(`/auth/${id}`)
  await until('the challenge', () => said().length > 0)
  const { template } = JSON.parse(said()[0]!) as { template: string }
  return { client, template, said }
}

interface Signature {
  address: string
  signature: string
}

async function signed(template: string, by = account, named = by.address): Promise<Signature> {
  const signature = await by.signMessage({ message: template.replace('<address>', named) })
  return { address: named, signature }
}

/** Sends an answer; what the gateway says to it. */
async function answered(
  one: { client: TestClient; said: () => string[] },
  id: string,
  body: object | string,
): Promise<{ ok: boolean; token?: string; problem?: { type: string } }> {
  const text = typeof body === 'string' ? body : JSON.stringify({ v: 1, ...body })
  await one.client.mqtt.publishAsync(`${root}/auth/${id}/sig`, text, { qos: 1 })
  await until('the answer', () => one.said().length > 1)
  await gone(one.client.mqtt)
  for (const said of one.said()) jsonFormats.walletChallenge.parse(JSON.parse(said))
  return JSON.parse(one.said()[1]!)
}

function gone(client: MqttClient): Promise<boolean> {
  return until('the connection to end', () => !client.connected)
}

async function mayLogIn(name: string, token: string): Promise<boolean> {
  const client = await openClient(url, name, { password: token }).catch(() => undefined)
  await client?.mqtt.endAsync()
  return client !== undefined
}

it('gives a token to the wallet of the buyer', async () => {
  const id = '~first-guest'
  const one = await guest('acme', id)
  const read = parseSignIn(one.template.replace('<address>', account.address))
  expect(read).toMatchObject({
    ok: true,
    value: { domain: `${gatewayId}.${network}`, chainId: 31_337, requestId: id },
  })
  const { ok, token } = await answered(one, id, await signed(one.template))
  expect([ok, token]).toEqual([true, expect.stringMatching(/^fps_[0-9a-f]{64}$/)])
  expect(await mayLogIn('acme', token!)).toBe(true)
  expect(await mayLogIn('tokens-only', token!)).toBe(false)
  expect(await mayLogIn('acme', `${token}0`)).toBe(false)
  clock.aheadMs += (walletSessionSec + 1) * 1_000
  expect(await mayLogIn('acme', token!)).toBe(false)
})

it('refuses all others in the same words, and counts them', async () => {
  const cases: [string, (template: string) => Promise<Signature>][] = [
    ['acme', (template) => signed(template, stranger)],
    ['acme', (template) => signed(template, stranger, account.address)],
    ['acme', async () => ({ address: account.address, signature: `0x${'00'.repeat(65)}` })],
    ['acme', (template) => signed(template.replace(network, 'other'))],
    ['acme', (template) => signed(template.replace('31337', '1'))],
    ['tokens-only', (template) => signed(template)],
    ['nobody', (template) => signed(template)],
  ]
  const before = intake.refusals.get('wallet') ?? 0
  const texts = new Set<string>()
  for (const [i, [name, make]] of cases.entries()) {
    const id = `~refused-${i}`
    const one = await guest(name, id)
    const answer = await answered(one, id, await make(one.template))
    expect([i, answer]).toMatchObject([
      i,
      { ok: false, problem: { type: 'urn:fp:problem:unauthenticated' } },
    ])
    texts.add(JSON.stringify(answer))
    // Tries are few in a second: the next one must not be refused for that.
    clock.aheadMs += 1_000
  }
  expect(texts.size).toBe(1)
  expect(intake.refusals.get('wallet')).toBe(before + cases.length)
})

it('takes one answer to a challenge, of its own session, in its time', async () => {
  const one = await guest('acme', '~replayed')
  const body = await signed(one.template)
  expect(await answered(one, '~replayed', body)).toMatchObject({ ok: true })
  const again = await guest('acme', '~replayed')
  expect(await answered(again, '~replayed', body)).toMatchObject({ ok: false })
  const other = await guest('acme', '~another-guest')
  expect(await answered(other, '~another-guest', body)).toMatchObject({ ok: false })
  const late = await guest('acme', '~late-guest')
  const good = await signed(late.template)
  clock.aheadMs += (walletChallengeSec + 1) * 1_000
  expect(await answered(late, '~late-guest', good)).toMatchObject({ ok: false })
})

it('takes no answer of another form', async () => {
  const forms = ['', 'x', '[]', '{"v":1}', '{"v":1,"address":"0x","signature":"0x"}']
  for (const [i, form] of forms.entries()) {
    const id = `~form-number-${i}`
    const problem = { type: 'urn:fp:problem:bad-request' }
    expect(await answered(await guest('acme', id), id, form)).toMatchObject({ ok: false, problem })
  }
})

it('lets a guest do nothing else, and displace nobody', async () => {
  const id = '~only-a-guest'
  const one = await guest('acme', id)
  const filters = ['#', 'pub/#', 'auth/+', 'auth/~other-guest', 'b/acme/res/+', `auth/${id}/sig`]
  for (const filter of filters) {
    const granted = await one.client.mqtt
      .subscribeAsync(`${root}/${filter}`, { qos: 1 })
      .catch(() => [])
    expect([filter, granted.filter(({ qos }) => qos < 128)]).toEqual([filter, []])
  }
  for (const topic of ['b/acme/req', `auth/${id}`, 'auth/~other-guest/sig']) {
    const client = await openClient(url, 'acme', { clientId: id, username: 'acme', password: '' })
    client.mqtt.publish(`${root}/${topic}`, '{}', { qos: 1 })
    await gone(client.mqtt)
  }
  const wrongIds = ['acme', 'acme/x', '~short', '~UPPERCASE', '~a/bcdefgh']
  for (const clientId of wrongIds) {
    const tried = openClient(url, 'acme', { clientId, username: 'acme', password: '' })
    await expect(tried).rejects.toThrow()
  }
  await expect(
    openClient(url, 'abcdefghijklm', { clientId: '~a-guest-id', password: '' }),
  ).rejects.toThrow()
})

it('has few challenges out at once, and forgets those of guests that are gone', async () => {
  for (let i = 0; i < challengesMax; i++)
    expect(wallets.challenge('acme', `~waiting-${i}`)).toBeDefined()
  expect(wallets.challenge('acme', '~one-too-many')).toBeUndefined()
  wallets.left('~waiting-0')
  expect(wallets.challenge('acme', '~one-too-many')).toBeDefined()
  clock.aheadMs += (walletChallengeSec + 1) * 1_000
  expect(wallets.challenge('acme', '~after-a-while')).toBeDefined()
})

it('tries few signatures in a second', async () => {
  const types: unknown[] = []
  for (let i = 0; i < 40; i++) {
    const text = wallets.challenge('acme', `~hasty-guest-${i}`)!
    const { template } = JSON.parse(text) as { template: string }
    const body = JSON.stringify({ v: 1, ...(await signed(template, stranger)) })
    const { text: said } = await wallets.answer(`~hasty-guest-${i}`, Buffer.from(body))
    types.push((JSON.parse(said) as { problem: { type: string } }).problem.type)
  }
  expect(types).toContain('urn:fp:problem:rate-limited')
})

it('ends the sessions of a buyer that was removed', async () => {
  clock.aheadMs += 60_000
  const one = await guest('acme', '~the-last-guest')
  const { token } = await answered(one, '~the-last-guest', await signed(one.template))
  await site.buyers.removeBuyer('acme')
  expect(await mayLogIn('acme', token!)).toBe(false)
  const grant = { metrics: ['all'], cells: undefined, wallet: account.address }
  await site.buyers.addBuyer('acme', grant, 100)
  expect(await mayLogIn('acme', token!)).toBe(false)
})

import { connectAsync } from 'mqtt'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { jsonFormats } from '../../schemas/jsonFormats.js'
import { fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway, until } from '../support/gateway.js'

let gateway: RunningGateway
let token: string

beforeAll(async () => {
  gateway = await startGateway()
  const add = ['buyers', 'add', 'acme', '--credits', '5', '--metrics', 'all', '--json']
  const added = await fieldproof([...add, '-d', gateway.dataDir])
  expect(added).toMatchObject({ code: 0 })
  token = (JSON.parse(added.out) as { token: string }).token
})

afterAll(() => gateway.kill())

it('publishes what can be bought and what its topics are', async () => {
  const login = { clientId: 'acme', username: 'acme', password: token }
  const client = await connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, login)
  const retained = new Map<string, string>()
  client.on('message', (topic, payload, { retain }) => {
    if (retain) retained.set(topic.replace('fp1/local/', ''), payload.toString())
  })
  await client.subscribeAsync('fp1/local/pub/#', { qos: 1 })
  await until('the document', () => retained.has('pub/asyncapi') && retained.has('pub/catalog'))
  await client.endAsync()
  expect(JSON.parse(retained.get('pub/asyncapi')!)).toMatchObject({ asyncapi: '3.0.0' })
  const catalog = jsonFormats.catalog.parse(JSON.parse(retained.get('pub/catalog')!))
  expect(catalog.items.map(({ metric }) => metric)).toContain('temperature')
})

it('lets a buyer in by the wallet that the operator named', async () => {
  const account = privateKeyToAccount(generatePrivateKey())
  const add = ['buyers', 'add', 'signer', '--credits', '7', '--metrics', 'all']
  const more = ['--wallet', account.address, '-d', gateway.dataDir]
  expect(await fieldproof([...add, ...more])).toMatchObject({ code: 0 })
  const id = '~a-guest-of-the-test'
  const login = { clientId: id, username: 'signer', reconnectPeriod: 0 }
  const guest = await connectAsync(`mqtt://127.0.0.1:${gateway.mqttPort}`, login)
  const said: string[] = []
  guest.on('message', (_topic, payload) => void said.push(payload.toString()))
  await guest.subscribeAsync(`fp1/local/auth/${id}`, { qos: 1 })
  await until('the challenge', () => said.length === 1)
  const { template } = JSON.parse(said[0]!) as { template: string }
  const text = template.replace('<address>', account.address)
  const signature = await account.signMessage({ message: text })
  const answer = JSON.stringify({ v: 1, address: account.address, signature })
  await guest.publishAsync(`fp1/local/auth/${id}/sig`, answer, { qos: 1 })
  await until('the token', () => said.length === 2)
  const session = JSON.parse(said[1]!) as { token: string }
  const env = { FIELDPROOF_TOKEN: session.token }
  const asked = ['query', 'account', '--buyer', 'signer', '-d', gateway.dataDir]
  const result = await fieldproof(asked, { env })
  expect([result.code, result.out]).toEqual([0, expect.stringMatching(/^credits +7$/m)])
})

it('is found by a buyer on the same machine, over its data directory', async () => {
  const options = { env: { FIELDPROOF_TOKEN: token } }
  const common = ['--buyer', 'acme', '-d', gateway.dataDir]
  const catalog = await fieldproof(['query', 'catalog', '--json', ...common], options)
  expect(catalog).toMatchObject({ code: 0 })
  const items = JSON.parse(catalog.out) as { metric: string }[]
  expect(items.map(({ metric }) => metric)).toContain('temperature')
  const account = await fieldproof(['query', 'account', ...common], options)
  expect([account.code, account.out]).toEqual([0, expect.stringMatching(/^credits +5$/m)])
  const all = ['query', '--metric', 'temperature', '--cells', 'all', '--live', ...common]
  expect(await fieldproof(all, options)).toMatchObject({
    code: 1,
    err: expect.stringContaining('there are no rows of temperature yet'),
  })
})

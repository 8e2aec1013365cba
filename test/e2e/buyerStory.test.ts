import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { formatInstant } from '../../gateway/core/time.js'
import { type CliResult, fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import type { AnswerJson } from '../support/marketSite.js'
import { connectDevice, enrol, testCell, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'
import { shiftedBy } from '../support/shiftedClock.js'

/**
 * A buyer with nothing but mosquitto_sub and mosquitto_pub: what is there, what it costs, rows with
 * their proof, no credits left, more of them; and what the owners behind the rows get.
 */
const root = `fp1/${testNetwork}`
const pastMs = 20 * 60_000
const folder = temporaryFolder('buyer')
const env = {
  FIELDPROOF_NETWORK: testNetwork,
  FIELDPROOF_ENROLMENT__OPEN: 'true',
  FIELDPROOF_PRIVACY__WINDOW: 'PT1M',
  FIELDPROOF_PRIVACY__K: '3',
  FIELDPROOF_EPOCH__LENGTH: 'PT2M',
  FIELDPROOF_MARKET__PRICES: '{"temperature":3}',
}
let gateway: RunningGateway
let listener: ChildProcess
let window = 0
let token = ''
let printed = ''

beforeAll(async () => {
  const dataDir = temporaryFolder()
  gateway = await startGateway({ dataDir, env: { ...env, ...shiftedBy(-pastMs) } })
  const nowSec = (): number => Math.floor((Date.now() - pastMs) / 1_000)
  if (nowSec() % 60 > 45) await until('the next minute', () => nowSec() % 60 < 45)
  for (const n of [1, 2, 3]) {
    const holder = holderOf(80 + n)
    const owner = `0x${'cd'.repeat(19)}0${n}`
    await enrol(gateway, holder, ['temperature'], { owner, cell: testCell })
    const device = await connectDevice(gateway, holder)
    window = nowSec() - (nowSec() % 60)
    const value = { metric: 'temperature' as const, time: nowSec(), value: { m: 200 + n, e: -1 } }
    expect(await device.verdict(readingOf(holder, testNetwork, 1, [value]))).toBe('accepted')
    await device.close()
  }
  expect(await gateway.stop()).toBe(0)
  gateway = await startGateway({ dataDir, env })
})

afterAll(async () => {
  listener?.kill()
  await gateway?.kill()
})

const cli = (...args: string[]) => fieldproof([...args, '--data-dir', gateway.dataDir])

function login(client: string): string[] {
  const port = String(gateway.mqttPort)
  return ['-p', port, '-i', client, '-u', 'acme', '-P', token, '-q', '1']
}

async function ask(id: string, op: string, more: object = {}): Promise<AnswerJson> {
  const request = JSON.stringify({ v: 1, id, op, ...more })
  const target = ['-t', `${root}/b/acme/req`, '-m', request]
  const start = `${root}/b/acme/res/${id} `
  const whole = (): string[] => printed.split('\n').slice(0, -1)
  const lines = (): string[] =>
    whole().flatMap((one) => (one.startsWith(start) ? [one.slice(start.length)] : []))
  const before = lines().length
  expect(spawnSync('mosquitto_pub', [...login('acme/ask'), ...target]).status).toBe(0)
  return JSON.parse(await until(`an answer to ${op}`, () => lines()[before]))
}

it('buys with mosquitto_sub and mosquitto_pub, and pays the owners', async () => {
  const added = await cli('buyers', 'add', 'acme', '--credits', '4', '--metrics', 'all', '--json')
  expect(added.code).toBe(0)
  token = JSON.parse(added.out).token
  const topics = ['-t', `${root}/b/acme/res/+`, '-t', `${root}/pub/catalog`]
  listener = spawn('mosquitto_sub', [...login('acme'), ...topics, '-v'])
  listener.stdout?.on('data', (chunk) => {
    printed += chunk
  })
  // What is retained comes once it is subscribed.
  await until('the subscription', () => printed.includes('pub/catalog'))

  const catalog = await ask('c1', 'catalog')
  const [item] = catalog.items
  expect(item).toMatchObject({ metric: 'temperature', step: 'PT1M', price: 3, cells: [testCell] })
  const times = { from: formatInstant(window), to: formatInstant(window + 120), step: 'PT1M' }
  const q = { metric: 'temperature', cells: item.cells, ...times }
  const { quote } = await ask('p1', 'quote', { q })
  expect(quote).toEqual({ rows: 2, cost: 3 })
  const answer = await ask('q1', 'query', { q, proof: true, maxCost: quote.cost })
  expect(answer.items[0]).toMatchObject({ class: 'k-anonymous', mean: 20.2, t: window })
  expect(answer.items[1]).toMatchObject({ class: 'withheld' })
  expect(answer.meter).toEqual({ cost: 3, balance: 1 })
  const file = join(folder, 'answer.json')
  writeFileSync(file, JSON.stringify(answer))
  expect((await fieldproof(['verify', file])).code).toBe(0)
  const { salt } = answer.items[0]
  writeFileSync(file, JSON.stringify(answer).replace(salt, salt.split('').reverse().join('')))
  expect((await fieldproof(['verify', file])).code).toBe(1)

  const poor = await ask('q2', 'query', { q })
  expect(poor.problem).toMatchObject({ type: 'urn:fp:problem:insufficient-credits', cost: 3 })
  expect((await cli('buyers', 'credit', 'acme', '10')).code).toBe(0)
  expect((await ask('q2', 'query', { q })).meter).toEqual({ cost: 3, balance: 8 })
  expect((await cli('buyers', 'list')).out).toMatch(/acme +8 +14 +all/)

  const { n } = await gateway.api<{ n: number }>('/api/epochs/close', {})
  const lines = await (await fetch(`${gateway.url}/epochs/${n}/contributions.ndjson`)).text()
  const usage = lines
    .trimEnd()
    .split('\n')
    .map((line) => BigInt(JSON.parse(line).usage))
  // Six credits of 10^15 base units each, over three owners of one device.
  expect(usage).toEqual([2n * 10n ** 15n, 2n * 10n ** 15n, 2n * 10n ** 15n])
  // Its record is under a checkpoint within five seconds.
  const audit = (): Promise<CliResult> => cli('epoch', 'audit', String(n))
  await until('the audit to find nothing', async () => (await audit()).code === 0, { everyMs: 500 })
})

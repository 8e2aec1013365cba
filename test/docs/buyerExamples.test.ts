/** The programs in README, taken from it and run against the real market at a real broker. */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { verifyAnswerFile } from '../../gateway/core/query/verifyAnswer.js'
import { temporaryFolder } from '../support/gateway.js'
import { type MarketBroker, startMarketBroker } from '../support/marketBroker.js'
import {
  midnight,
  network,
  openSite,
  type Site,
  settlementsOver,
  someRows,
} from '../support/marketSite.js'
import { projectRoot } from '../support/root.js'

const readme = readFileSync(join(projectRoot(), 'README.md'), 'utf8')
const folder = temporaryFolder()
// So that the program finds the packages that a buyer would have installed.
symlinkSync(join(projectRoot(), 'node_modules'), join(folder, 'node_modules'))
const rows = someRows(60)
let site: Site
let broker: MarketBroker
let token: string

beforeAll(async () => {
  const hour = 3_600
  const settlements = settlementsOver(rows, [midnight, midnight + 30 * hour, midnight + 70 * hour])
  site = await openSite({ settlements })
  site.rows.add(rows)
  const grant = { metrics: ['all'], cells: undefined, wallet: undefined }
  const added = await site.buyers.addBuyer('acme', grant, 1_000)
  if (!added.ok) throw new Error(added.problem.detail)
  token = added.value.token
  broker = await startMarketBroker(site)
})

afterAll(async () => {
  await broker.stop()
  await site.market.stop()
})

function example(language: string, name: string): string {
  const found = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(readme)
  expect(found?.[1]?.split('\n').length).toBeLessThan(40)
  const path = join(folder, name)
  writeFileSync(path, found![1]!)
  return path
}

/** What a program prints, run as a buyer would. */
async function run(
  command: string,
  path: string,
): Promise<{ code: number | null; out: string; err: string }> {
  const times = [midnight, midnight + 48 * 3_600].map((time) =>
    new Date(time * 1_000).toISOString().replace('.000', ''),
  )
  const env = { ...process.env, MQTT_URL: broker.url, NETWORK: network, BUYER: 'acme' }
  const child = spawn(command, [path, ...times], { env: { ...env, FIELDPROOF_TOKEN: token } })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (err += chunk))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, out, err }
}

function expectWhole(result: { code: number | null; out: string; err: string }): void {
  expect(result).toMatchObject({ code: 0, err: '' })
  expect(result.out.trim().split('\n').length).toBeGreaterThan(1)
  const { failed, outcome } = verifyAnswerFile(result.out)
  expect(failed).toBeUndefined()
  expect(outcome).toMatchObject({ beginsAfter: null, endsAt: null })
  expect(outcome?.rows).toHaveLength(3 * 48)
}

it('buys with the JavaScript of README', async () => {
  expectWhole(await run(process.execPath, example('js', 'buyer.mjs')))
})

it('buys with the Python of README', async () => {
  // The system's interpreter first: Debian's packages are its own.
  const interpreter = ['/usr/bin/python3', 'python3'].find(
    (name) => spawnSync(name, ['-c', 'import paho.mqtt.client']).status === 0,
  )
  expect(interpreter, 'a Python with paho: apt-get install python3-paho-mqtt').toBeDefined()
  expectWhole(await run(interpreter!, example('python', 'buyer.py')))
})

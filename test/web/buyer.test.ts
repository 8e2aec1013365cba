/** What a buyer does on the dashboard: looks at the catalogue, watches live, buys, checks the proof. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildPages, launchBrowser } from '../support/browser.js'
import { fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway, temporaryFolder, until } from '../support/gateway.js'
import { holderOf } from '../support/holder.js'
import { connectDevice, enrol, testCell, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'
import { shiftedBy } from '../support/shiftedClock.js'
import { createVisits, expectUsable } from '../support/visits.js'

const env = {
  FIELDPROOF_NETWORK: testNetwork,
  FIELDPROOF_ENROLMENT__OPEN: 'true',
  FIELDPROOF_PRIVACY__WINDOW: 'PT1M',
  FIELDPROOF_PRIVACY__K: '3',
  FIELDPROOF_EPOCH__LENGTH: 'PT2M',
  FIELDPROOF_MARKET__PRICES: '{"temperature":3}',
}
const pastMs = 20 * 60_000
const holders = [1, 2, 3].map((n) => holderOf(900 + n))

let gateway: RunningGateway
let browser: Browser
/** Of the gateway that runs: its clock is shifted. */
let aheadMs = 0

const { visit, complaints } = createVisits(
  () => browser,
  () => gateway.url,
)

function nowSec(): number {
  return Math.floor((Date.now() + aheadMs) / 1_000)
}

/** A reading of each owner, near `tenths`. */
async function measure(seq: number, tenths: number): Promise<void> {
  // All in one window.
  if (nowSec() % 60 > 55) await until('the next minute', () => nowSec() % 60 < 55)
  for (const [i, holder] of holders.entries()) {
    const device = await connectDevice(gateway, holder)
    const value = { m: tenths + i, e: -1 }
    const reading = { metric: 'temperature' as const, time: nowSec(), value }
    expect(await device.verdict(readingOf(holder, testNetwork, seq, [reading]))).toBe('accepted')
    await device.close()
  }
}

beforeAll(async () => {
  await buildPages()
  browser = await launchBrowser()
  const dataDir = temporaryFolder()
  aheadMs = -pastMs
  gateway = await startGateway({ dataDir, env: { ...env, ...shiftedBy(aheadMs) } })
  for (const [i, holder] of holders.entries())
    await enrol(gateway, holder, ['temperature'], {
      owner: `0x${'cd'.repeat(19)}0${i + 1}`,
      cell: testCell,
    })
  await measure(1, 201)
  expect(await gateway.stop()).toBe(0)
  // A window is about to end: its row comes in half a minute.
  aheadMs = (((40_000 - Date.now()) % 60_000) + 60_000) % 60_000
  gateway = await startGateway({ dataDir, env: { ...env, ...shiftedBy(aheadMs) } })
})

afterAll(async () => {
  await browser?.close()
  await gateway?.kill()
})

async function addBuyer(name: string): Promise<string> {
  const add = ['buyers', 'add', name, '--credits', '100', '--metrics', 'all', '--json']
  const { out } = await fieldproof([...add, '--data-dir', gateway.dataDir])
  return (JSON.parse(out) as { token: string }).token
}

async function enter(size: 'phone' | 'desktop', name: string, token: string) {
  const { page, context } = await visit(gateway.url, size)
  await page.fill('[name=buyer]', name)
  await page.fill('[name=buyer-token]', 'fp_a-guess')
  await page.press('[name=buyer-token]', 'Enter')
  await page.waitForSelector('#buyer [role=alert]:has-text("has this token")')
  await page.fill('[name=buyer-token]', token)
  await page.press('[name=buyer-token]', 'Enter')
  await page.waitForSelector('#catalogue [aria-pressed=true]:has-text("3 credits a row")')
  return { page, context }
}

const left = (credits: number): string =>
  `#purse .figure:has-text("Credits left"):has-text("${credits}")`

it('shows the catalogue, live rows as they are published, and a proof, at either size', async () => {
  const visitors = []
  for (const size of ['phone', 'desktop'] as const) {
    const { page, context } = await enter(size, size, await addBuyer(size))
    await page.waitForSelector(left(100))
    await page.waitForSelector(`.map .hex[data-cell="${testCell}"].none`)
    await expectUsable(page, `buyer-catalogue-${size}`)
    await page.fill('#watch [name=most]', '9')
    await page.click('#watch button')
    // The newest row comes with the grant; while the gateway was away its windows had too few owners.
    await page.waitForSelector('#rows:has-text("withheld, free")')
    await page.waitForSelector(left(100))
    visitors.push({ size, page, context })
  }
  await measure(2, 251)
  for (const { size, page, context } of visitors) {
    await page.waitForSelector('#rows:has-text("25.2 °C")', { timeout: 90_000 })
    await page.waitForSelector('.map .hex:has-text("25.2")')
    await page.waitForSelector(left(97))
    await page.click('#watch button:has-text("Stop")')
    await page.waitForSelector('#watch button:has-text("Watch")')
    await page.click('#history >> text=1 h')
    const offer = page.locator('#buy:has-text("credits")')
    // Two windows with values, where the epoch of the second is closed by now.
    const cost = Number(/for (3|6) credits/.exec((await offer.textContent())!)![1])
    await offer.click()
    await page.waitForSelector('#links li[data-link=rows].good')
    expect(await page.textContent('#verdict')).toBe('Every step holds')
    await page.waitForSelector(left(97 - cost))
    await page.waitForSelector('#buy:disabled')
    await expectUsable(page, `buyer-proof-${size}`)
    await page.emulateMedia({ colorScheme: 'dark' })
    await expectUsable(page, `buyer-proof-dark-${size}`)
    const saving = page.waitForEvent('download')
    await page.click('text=Save the answer')
    const file = await (await saving).path()
    expect((await fieldproof(['verify', file])).code).toBe(0)
    await context.close()
  }
})

it('stays in over a reload, and forgets who leaves', async () => {
  const { page, context } = await enter('desktop', 'gone', await addBuyer('gone'))
  await page.reload()
  await page.waitForSelector('#catalogue')
  await page.click('text=Leave')
  await page.waitForSelector('#buyer')
  await page.reload()
  await page.waitForSelector('#buyer')
  await context.close()
})

it('the operator adds a buyer, and ends it with its sessions', async () => {
  const made = await fieldproof(['link', '--json', '--data-dir', gateway.dataDir])
  const { page, context } = await visit((JSON.parse(made.out) as { link: string }).link)
  await page.click('nav >> text=Market')
  await page.fill('#add-buyer [name=name]', 'acme')
  await page.fill('#add-buyer [name=credits]', '7')
  await page.click('#add-buyer button[type=submit]')
  const token = (await page.textContent('#added pre'))!
  expect(token).toMatch(/^fp_/)
  await page.click('[aria-label="Add 100 credits to acme"]')
  await page.waitForSelector('#buyers tr:has-text("acme"):has-text("107")')
  await expectUsable(page, 'operator-market')
  const buyer = await enter('phone', 'acme', token)
  await page.click('[aria-label="Remove acme"]')
  await page.click('[aria-label^="Yes, remove acme"]')
  await buyer.page.waitForSelector('.toast:has-text("The connection ended")')
  await buyer.page.waitForSelector('#buyer')
  await buyer.context.close()
  await context.close()
})

it('says that buyers ask elsewhere where MQTT does not come this way', async () => {
  const other = await startGateway({ env: { FIELDPROOF_MQTT__WS: 'false' } })
  const page = await browser.newPage()
  await page.goto(other.url)
  await page.fill('[name=buyer]', 'acme')
  await page.fill('[name=buyer-token]', 'fp_a-guess')
  await page.press('[name=buyer-token]', 'Enter')
  await page.waitForSelector('#buyer [role=alert]:has-text("over its broker")')
  await page.close()
  await other.kill()
})

it('no page asked another host for anything, or broke its own policy', () => {
  expect(complaints).toEqual([])
})

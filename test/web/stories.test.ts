/** What people do with the dashboard, in a real browser against a real gateway. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeEnrolment } from '../../gateway/core/device/enrolment.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { buildPages, launchBrowser } from '../support/browser.js'
import { fieldproof } from '../support/cli.js'
import { type RunningGateway, startGateway, until } from '../support/gateway.js'
import { holderOf, type TestHolder } from '../support/holder.js'
import { type Influxd, startInfluxd } from '../support/influxd.js'
import { connectDevice, enrol, openSession, testCell, testNetwork } from '../support/mqttDevice.js'
import { readingOf } from '../support/reading.js'
import { createVisits, expectUsable } from '../support/visits.js'

const owner = '0x52908400098527886E0F7030069857D2E4169EE7'

let gateway: RunningGateway
let influxd: Influxd
let browser: Browser

beforeAll(async () => {
  await buildPages()
  ;[influxd, browser] = await Promise.all([startInfluxd(), launchBrowser()])
  gateway = await startGateway({
    env: {
      FIELDPROOF_NETWORK: testNetwork,
      FIELDPROOF_ENROLMENT__OPEN: 'true',
      FIELDPROOF_STORE__KIND: 'influxdb',
      FIELDPROOF_STORE__URL: influxd.url,
    },
  })
})

afterAll(async () => {
  await browser?.close()
  await gateway?.kill()
  await influxd?.stop()
})

const { visit, complaints } = createVisits(
  () => browser,
  () => gateway.url,
)

async function linkFor(...args: string[]): Promise<string> {
  const made = await fieldproof(['link', ...args, '--json', '--data-dir', gateway.dataDir])
  return (JSON.parse(made.out) as { link: string }).link
}

function now(): number {
  return Math.floor(Date.now() / 1_000)
}

function warm(holder: TestHolder, seq: number, tenths = 215): Uint8Array {
  const value = { m: tenths, e: -1 }
  return readingOf(holder, testNetwork, seq, [{ metric: 'temperature', time: now(), value }])
}

/** A candidate that has shown its key, and waits. */
async function ask(holder: TestHolder): Promise<string> {
  const id = deviceIdOf(holder.publicKey)
  const client = await openSession(gateway, holder, id)
  const proof = encodeEnrolment(
    {
      nonce: new Uint8Array(),
      model: 'balcony',
      firmware: 'test',
      version: '1',
      metrics: ['temperature', 'humidity', 'battery'],
    },
    holder,
    testNetwork,
  )
  await client.publishAsync(`fp1/${testNetwork}/enrol/${id}/req`, Buffer.from(proof), { qos: 1 })
  await client.endAsync(true)
  return id
}

describe('anybody', () => {
  it('sees how much and how well, and nothing of anyone', async () => {
    const holder = holderOf(601)
    const id = await enrol(gateway, holder)
    const session = await connectDevice(gateway, holder)
    await session.send(warm(holder, 1, 237))
    await session.close()
    for (const size of ['phone', 'desktop'] as const) {
      const { page, context } = await visit(gateway.url, size)
      await page.waitForSelector('#figures .figure')
      const text = (await page.textContent('body')) ?? ''
      expect(text).toContain('Accepted readings')
      for (const secret of [id, testCell, '0x1111', '23.7']) expect(text).not.toContain(secret)
      await expectUsable(page, `public-${size}`)
      await page.fill('#token', 'a guess')
      await page.press('#token', 'Enter')
      await page.waitForSelector('#enter [role=alert]:not(:empty)')
      expect(await page.textContent('#enter [role=alert]')).toContain('no token of this gateway')
      await context.close()
    }
  })
})

describe('a tester', () => {
  it('starts, opens the printed link, causes a fault, and sees the refusal', async () => {
    const printed = /http:\/\/\S+#link=\S+/.exec(gateway.output())![0]
    const holder = holderOf(602)
    const id = await enrol(gateway, holder)
    const session = await connectDevice(gateway, holder)
    await session.send(warm(holder, 1))
    const { page, context } = await visit(printed)
    await page.waitForSelector(`[data-device="${id}"]`)
    expect(page.url()).not.toContain('link=')
    await session.send(warm(holder, 2, 224))
    await page.waitForSelector(`[data-device="${id}"]:has-text("22.4")`)
    const forged = warm(holder, 3)
    forged[forged.length - 1]! ^= 1
    expect(await session.verdict(forged)).toBe('bad-signature')
    await page.waitForSelector('#refusals:has-text("bad-signature")')
    await page.waitForSelector('#feed:has-text("refused: bad-signature")')
    await expectUsable(page, 'tester-overview')
    await session.close()
    const second = await visit(printed)
    await second.page.waitForSelector('.toast:has-text("used before")')
    expect(await second.page.isVisible('#enter')).toBe(true)
    await second.context.close()
    await context.close()
  })
})

describe('an owner', () => {
  const holder = holderOf(603)
  const id = deviceIdOf(holder.publicKey)

  it('plugs a board in; a toast, Approve with a place on the map, green', async () => {
    const { page, context } = await visit(await linkFor())
    await page.waitForSelector('.device')
    await ask(holder)
    await page.click('.toast a')
    await page.waitForSelector('#approve')
    await page.fill('[name=owner]', owner.toLowerCase())
    await page.click('#approve button[type=submit]')
    await page.waitForSelector('[role=alert]:has-text("Choose a place")')
    await page.fill('[name=place]', '52.52, 13.405')
    await page.press('[name=place]', 'Enter')
    await page.waitForSelector('.place .hex.selected')
    const first = await page.getAttribute('.place .hex.selected', 'data-cell')
    await page.locator('.place .hex:not(.selected)').first().focus()
    await page.keyboard.press('Enter')
    const other = await page.waitForSelector(`.place .hex.selected:not([data-cell="${first}"])`)
    const chosen = await other.getAttribute('data-cell')
    expect(chosen).toMatch(/^87[0-9a-f]{13}$/)
    expect(await page.locator('[name=sold]').count()).toBe(2)
    await page.uncheck('[name=sold][value=humidity]')
    await expectUsable(page, 'owner-approve')
    await page.click('#approve button[type=submit]')
    await page.waitForSelector('#approved')
    await expectUsable(page, 'owner-approved')
    expect(await gateway.api(`/api/devices/${id}`)).toMatchObject({
      state: 'active',
      owner,
      cell: chosen,
      soldMetrics: ['temperature'],
    })
    await context.close()
  })

  it('signs in with a token and sees its chart, its earnings and its proof, and no other device', async () => {
    const session = await connectDevice(gateway, holder)
    for (let seq = 1; seq <= 3; seq++) await session.send(warm(holder, seq, 200 + seq))
    const close = ['epoch', 'close', '--data-dir', gateway.dataDir]
    await until('the epoch to last a second', async () => (await fieldproof(close)).code === 0)
    await session.send(warm(holder, 4, 204))
    await session.close()
    const made = await fieldproof(['owners', 'token', owner, '--data-dir', gateway.dataDir])
    for (const size of ['phone', 'desktop'] as const) {
      const { page, context } = await visit(gateway.url, size)
      await page.fill('#token', made.out.trim())
      await page.press('#token', 'Enter')
      await page.waitForSelector('.device')
      expect(await page.locator('.device').count()).toBe(1)
      await page.click('.device')
      await page.waitForSelector('#checklist li[data-check=counted].yes')
      expect(await page.locator('#checklist li.yes').count()).toBe(6)
      await page.waitForSelector('.chart canvas')
      await page.waitForSelector('.chart[aria-label*="highest 20.4"]')
      await page.waitForSelector('#earned tbody tr')
      expect(await page.isVisible('text=Suspend')).toBe(false)
      await page.fill('#proof input', '2')
      await page.click('#prove')
      await page.waitForSelector('#links li[data-link=reward].good')
      await page.click('#prove-first')
      await page.waitForSelector('#verdict-text:has-text("The proof of reading 1 is good")')
      expect(await page.textContent('#verdict')).toBe('Every step holds')
      expect(await page.evaluate('document.activeElement.id')).toBe('verdict')
      await expectUsable(page, `owner-device-${size}`)
      await page.click('nav >> text=Earnings')
      await page.waitForSelector('#epochs tbody tr')
      await expectUsable(page, `owner-earnings-${size}`)
      await page.click('nav >> text=Map')
      await page.waitForSelector('.map .hex')
      expect(await page.locator('.map .hex').count()).toBe(1)
      await expectUsable(page, `owner-map-${size}`)
      await context.close()
    }
  })

  it('zooms its chart by drag, by button and by key', async () => {
    const { page, context } = await visit(await linkFor('--owner', owner))
    await page.click('.device')
    const chart = page.locator('.chart .u-over')
    await chart.waitFor()
    const asked = page.waitForRequest(/buckets/)
    const box = (await chart.boundingBox())!
    await page.mouse.move(box.x + box.width * 0.4, box.y + 50)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.6, box.y + 50, { steps: 4 })
    await page.mouse.up()
    const span = (url: string): number => {
      const { searchParams } = new URL(url)
      return Number(searchParams.get('to')) - Number(searchParams.get('from'))
    }
    const dragged = span((await asked).url())
    expect(dragged).toBeGreaterThan(600)
    expect(dragged).toBeLessThan(900)
    const wider = page.waitForRequest(/buckets/)
    await page.focus('[aria-label="Zoom out"]')
    await page.keyboard.press('Enter')
    expect(span((await wider).url())).toBeGreaterThan(dragged * 1.5)
    const month = page.waitForRequest(/buckets/)
    await page.click('text=30 d')
    expect(span((await month).url())).toBe(30 * 86_400)
    await context.close()
  })
})

describe('an operator', () => {
  it('sees that InfluxDB is away and that it is back, and nothing is lost', async () => {
    const holder = holderOf(604)
    const id = await enrol(gateway, holder)
    const session = await connectDevice(gateway, holder)
    const { page, context } = await visit(await linkFor(), 'phone')
    await page.waitForSelector(`#health.good`)
    await influxd.stop()
    await session.send(warm(holder, 1, 199))
    await page.waitForSelector('#health.warn')
    await page.waitForSelector('#attention:has-text("series store is away")')
    await expectUsable(page, 'operator-degraded-phone')
    expect((await fetch(new URL('/readyz', gateway.url))).status).toBe(200)
    await influxd.start()
    await page.waitForSelector('#health.good', { timeout: 90_000 })
    await page.waitForSelector('.figure:has-text("in step")')
    const points = await until('the point', async () => {
      const query = `metric=temperature&from=${now() - 600}&to=${now() + 60}`
      const found = await gateway.api<unknown[]>(`/api/devices/${id}/points?${query}`)
      return found.length > 0 && found
    })
    expect(points).toHaveLength(1)
    await session.close()
    await context.close()
  })

  it('finds every page in the dark, on phone and desktop, and none has a fault', async () => {
    for (const size of ['phone', 'desktop'] as const) {
      const { page, context } = await visit(await linkFor(), size)
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.waitForSelector('.device')
      const pages = {
        '': '#feed',
        devices: '.grid .device',
        cells: '.map .hex',
        earnings: '#epochs',
        market: '#sold',
        log: '#checkpoint',
      }
      for (const [name, content] of Object.entries(pages)) {
        await page.goto(`${gateway.url}/#/${name}`)
        await page.waitForSelector(`nav a[href="#/${name}"][aria-current]`)
        await page.waitForSelector(content)
        await expectUsable(page, `dark-${name || 'overview'}-${size}`)
      }
      await page.goto(`${gateway.url}/#/devices`)
      await page.click('.device')
      await page.click('#prove')
      await page.waitForSelector('#links li.good')
      await expectUsable(page, `dark-device-${size}`)
      await context.close()
    }
  })

  it('looks at what one owner earned over time', async () => {
    const { page, context } = await visit(await linkFor())
    await page.click('nav >> text=Earnings')
    await page.click(`#owners a[href$="${owner}"]`)
    await page.waitForSelector(`.heading:has-text("${owner}")`)
    await page.waitForSelector('.chart[aria-label*="1 steps"]')
    await page.waitForSelector('#owners dt:only-of-type')
    await expectUsable(page, 'operator-owner')
    await context.close()
  })

  it('signs out, and the page forgets', async () => {
    const { page, context } = await visit(await linkFor())
    await page.waitForSelector('.device')
    await page.click('text=Sign out')
    await page.waitForSelector('#enter')
    expect(await page.locator('.device').count()).toBe(0)
    await page.reload()
    await page.waitForSelector('#enter')
    await context.close()
  })
})

it('no page asked another host for anything, or broke its own policy', () => {
  expect(complaints).toEqual([])
})

/**
 * The pictures in README.md and OWNER.md, from the demo as it runs: its overview, its map,
 * and the proof of a reading of which the epoch is closed.
 *
 *   npm run screenshots
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { buildPages, launchBrowser } from '../support/browser.js'
import { onFreePorts, temporaryFolder, until } from '../support/gateway.js'
import { projectRoot } from '../support/root.js'

/** Until two whole epochs of two minutes are closed, and the charts have something to show. */
const waitMs = 480_000

const folder = join(projectRoot(), 'gateway', 'web', 'pictures')
mkdirSync(folder, { recursive: true })
await buildPages()
const main = join(projectRoot(), 'dist', 'gateway', 'main.js')
const dataDir = temporaryFolder()
// Seven cells on the map.
const demo = spawn(process.execPath, [main, 'demo', '--devices', '44', '--data-dir', dataDir], {
  env: { ...process.env, ...onFreePorts(dataDir), FIELDPROOF_SERIAL__PORTS: '[]' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const gone = once(demo, 'exit')
let printed = ''
demo.stdout.on('data', (chunk) => (printed += chunk))
const link = await until('the link', () => /http:\/\/\S+#link=\S+/.exec(printed)?.[0])
const browser = await launchBrowser()
try {
  const viewport = { width: 1280, height: 700 }
  const page = await browser.newPage({ viewport, baseURL: new URL(link).origin })
  page.setDefaultTimeout(waitMs)
  await page.goto(link)
  await page.waitForSelector('#feed:has-text("epoch 3 is closed")')
  await page.waitForSelector('#feed:has-text("refused")')
  await take(page, 'overview')
  await takeMap(page)
  await takeProof(page)
} finally {
  await browser.close()
  demo.kill('SIGTERM')
  await gone
}

async function takeMap(page: Page): Promise<void> {
  await page.goto('/#/cells')
  await page.waitForSelector('aside a[href^="#/cells/"]')
  await page.setViewportSize({ width: 1280, height: 660 })
  await take(page, 'map')
}

async function takeProof(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 1260 })
  await page.goto('/#/devices')
  await page.click('.device')
  const device = page.url().split('/').at(-1)
  const messages = await page.context().request.get(`/api/devices/${device}/messages?limit=30`)
  // After two minutes: its epoch is closed.
  const { seq } = ((await messages.json()) as { seq: number }[]).at(-1)!
  await page.fill('#proof input', String(seq))
  await page.click('#prove')
  await page.waitForSelector('#links li[data-link=reward].good')
  await take(page, 'proof')
}

/** A picture, made smaller where ImageMagick is at hand: 200 colours are enough for a page. */
async function take(page: Page, name: string): Promise<void> {
  // Charts and sparks come in after their page.
  await page.waitForTimeout(2_000)
  const path = join(folder, `${name}.png`)
  await page.screenshot({ path })
  spawnSync('convert', [path, '+dither', '-colors', '200', `png8:${path}`])
}

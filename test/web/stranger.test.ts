/**
 * The path of a stranger: `npm start`, the link that it prints, and clicks alone, until a browser that
 * has never been here shows the proof of a reading, checked by itself.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildPages, launchBrowser } from '../support/browser.js'
import { temporaryFolder, until } from '../support/gateway.js'
import { projectRoot } from '../support/root.js'
import { expectUsable } from '../support/visits.js'

const clicksMax = 5

let browser: Browser
let demo: ReturnType<typeof spawn>
let gone: Promise<unknown>
let printed = ''

beforeAll(async () => {
  await buildPages()
  browser = await launchBrowser()
  const root = projectRoot()
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  // What `npm start` runs; npm itself would only stand between us and its signals.
  const [command, ...args] = (scripts.start as string).split(' ')
  demo = spawn(command!, args, {
    cwd: root,
    env: { ...process.env, FIELDPROOF_DATA_DIR: temporaryFolder(), FIELDPROOF_SERIAL__PORTS: '[]' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  gone = once(demo, 'exit')
  demo.stdout!.on('data', (chunk) => {
    printed += chunk
  })
})

afterAll(async () => {
  await browser?.close()
  demo?.kill('SIGTERM')
  await gone
})

it('from npm start to a proof that the browser has checked, with clicks alone', async () => {
  const link = await until('the link', () => /http:\/\/\S+#link=\S+/.exec(printed)?.[0])
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(30_000)
  let clicks = 0
  const click = async (target: string): Promise<void> => {
    await page.click(target)
    clicks += 1
  }
  // A terminal opens its link with a click as well.
  clicks += 1
  await page.goto(link)
  await page.waitForSelector('.device .number')
  await click('.device')
  await click('#prove')
  await page.waitForSelector('#links li[data-link=log].good')
  expect(await page.textContent('#verdict')).toBe('Every step holds')
  expect(clicks).toBeLessThanOrEqual(clicksMax)
  await expectUsable(page, 'stranger-proof')
})

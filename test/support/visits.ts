/** Visits to a gateway's pages in a real browser, at the sizes that people have. */
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { axeViolations } from './browser.js'

export const sizes = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1280, height: 900 },
} as const

export interface Visitor {
  page: Page
  context: BrowserContext
}

export interface Visits {
  /** What any page complained about, and what was asked of another host. */
  readonly complaints: readonly string[]
  visit(address: string, size?: keyof typeof sizes): Promise<Visitor>
}

/** `home()`: the gateway's address. */
export function createVisits(browser: () => Browser, home: () => string): Visits {
  const complaints: string[] = []
  const isOwn = (url: string): boolean => url.replace(/^ws/, 'http').startsWith(home())
  return {
    complaints,
    async visit(address, size = 'desktop') {
      const context = await browser().newContext({ viewport: sizes[size] })
      const page = await context.newPage()
      page.setDefaultTimeout(30_000)
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('console', (message) => {
        // What is refused, or away, on purpose is told on the console as well.
        if (!/status of (401|503)/.test(message.text())) complaints.push(message.text())
      })
      page.on('request', (request) => {
        if (!isOwn(request.url())) complaints.push(request.url())
      })
      page.on('websocket', (socket) => {
        if (!isOwn(socket.url())) complaints.push(socket.url())
      })
      await page.goto(address)
      return { page, context }
    },
  }
}

/** SCREENSHOTS=<folder> keeps what a person should look at. */
async function look(page: Page, name: string): Promise<void> {
  const shot = process.env.SCREENSHOTS
  if (shot) await page.screenshot({ path: join(shot, `${name}.png`), fullPage: true })
}

/** No finding of axe-core, and nothing wider than the screen. */
export async function expectUsable(page: Page, name: string): Promise<void> {
  await look(page, name)
  expect(await axeViolations(page), name).toEqual([])
  const spill = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
  expect(await page.evaluate(spill), `${name} is wider than its screen`).toBeLessThanOrEqual(0)
}

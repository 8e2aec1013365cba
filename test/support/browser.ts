/** A real browser (Debian's Chromium) for the tests of the pages. */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { projectRoot } from './root.js'

/** Builds what the pages need from core, as `npm run build` does after the compiler. */
export async function buildPages(): Promise<void> {
  await build({ root: projectRoot(), configFile: join(projectRoot(), 'vite.config.ts') })
}

export function launchBrowser(): Promise<Browser> {
  const path = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'chromium'))
    .find((one) => existsSync(one))
  if (path === undefined) throw new Error('install chromium: the pages are tested in it')
  // Its sandbox needs rights that containers and root do not give; the pages are our own.
  return chromium.launch({ executablePath: path, args: ['--no-sandbox'] })
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Rules of axe-core that a page breaks, each with the elements that do. */
export async function axeViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const run = 'axe.run().then(({ violations }) => violations)'
  const violations = (await page.evaluate(run)) as { id: string; nodes: { html: string }[] }[]
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** A real browser (Debian's Chromium) for the tests of the pages. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { projectRoot } from './root.js'

/** Where the pages are built. */
export function builtPages(): string {
  return join(projectRoot(), 'dist', 'pages')
}

/** Builds the pages, as `npm run build` does after the compiler, where a source of theirs is newer. */
export async function buildPages(): Promise<void> {
  const root = projectRoot()
  const sources = [join(root, 'gateway', 'web'), join(root, 'gateway', 'core')]
  const builtMs = newestMs([builtPages()])
  if (builtMs > newestMs(sources)) return
  await build({ root: join(root, 'gateway', 'web'), configFile: join(root, 'vite.config.ts') })
}

/** When a file below these folders was last written, ms since 1970; 0 where there is none. */
function newestMs(folders: readonly string[]): number {
  let newest = 0
  for (const folder of folders.filter((one) => existsSync(one)))
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile())
        newest = Math.max(newest, statSync(join(entry.parentPath, entry.name)).mtimeMs)
  return newest
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

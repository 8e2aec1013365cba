import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { createApp } from '../../../gateway/adapters/http/app.js'
import { buildPages } from '../../support/browser.js'
import { noEpochs, statusView, testLog, testOperations } from '../../support/operations.js'
import { projectRoot } from '../../support/root.js'

const webFolder = join(projectRoot(), 'gateway', 'web')
const builtFolder = join(projectRoot(), 'dist', 'gateway', 'web')
await buildPages()
const { app } = createApp({
  operations: testOperations([]),
  log: testLog(),
  epochs: noEpochs,
  health: { ready: () => true, degraded: () => [] },
  clock: { now: () => 0, monotonic: () => 0 },
  token: 't',
  webFolders: [webFolder, builtFolder],
  report: (message) => expect.fail(message),
})
const texts = readdirSync(webFolder).map(
  (name) => [name, readFileSync(join(webFolder, name), 'utf8')] as const,
)

test('every file that the pages name is served', async () => {
  const pages = [await app.request('/'), await app.request('/verify')]
  const text = (await Promise.all(pages.map((page) => page.text()))).join()
  const named = [...text.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map((match) => match[1]!)
  const imported = texts.flatMap(([, text]) =>
    [...text.matchAll(/from '\.(\/[a-zA-Z]+\.js)'/g)].map((match) => match[1]!),
  )
  expect(imported.length).toBeGreaterThan(5)
  for (const path of new Set([...named, ...imported]))
    expect((await app.request(path)).status, path).toBe(200)
})

test('nothing is asked of another host, and nothing needs a weaker policy', () => {
  for (const [name, text] of texts) {
    const addresses = (text.match(/https?:\/\/[^"'\s]+/g) ?? []).filter(
      (address) => address !== 'http://www.w3.org/2000/svg',
    )
    expect(addresses, name).toEqual([])
    expect(text, name).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/)
    expect(text, name).not.toMatch(/<script(?![^>]*\ssrc=)|\sstyle="|\son[a-z]+="/)
  }
})

test('the public view reads its figures from the metrics', async () => {
  const { parseMetrics } = (await import(pathToFileURL(join(webFolder, 'api.js')).href)) as {
    parseMetrics(text: string): Map<string, number>
  }
  const samples = parseMetrics(await (await app.request('/metrics')).text())
  const used = readFileSync(join(webFolder, 'app.js'), 'utf8').matchAll(/ of\('([a-z_]+)'\)/g)
  const names = [...used].map((match) => `fieldproof_${match[1]}`)
  expect(names.length).toBeGreaterThan(3)
  for (const name of names) expect(samples.has(name), name).toBe(true)
  expect(samples.get('fieldproof_readings_accepted_total')).toBe(statusView().counters.accepted)
})

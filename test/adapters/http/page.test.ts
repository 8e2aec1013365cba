import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createApp } from '../../../gateway/adapters/http/app.js'
import { buildPages, builtPages } from '../../support/browser.js'
import { faceParts, noEpochs, testLog, testOperations } from '../../support/operations.js'
import { projectRoot } from '../../support/root.js'

const sources = join(projectRoot(), 'gateway', 'web')
await buildPages()
const clock = { now: () => 0, monotonic: () => 0 }
const { app } = createApp({
  ...faceParts(clock),
  operations: testOperations([]),
  log: testLog(),
  epochs: noEpochs,
  health: { ready: () => true, degraded: () => [] },
  clock,
  token: 't',
  webFolder: builtPages(),
  report: (message) => expect.fail(message),
})
const ours = textsBelow(sources, /\.(tsx?|css|html)$/)
const built = textsBelow(builtPages(), /\.(js|css|html)$/)

function textsBelow(folder: string, pattern: RegExp): [string, string][] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => pattern.test(name))
    .map((name) => [name, readFileSync(join(folder, name), 'utf8')])
}

/** Files that a page loads at once: those it names, and what these import in turn, but not later. */
async function loadedWith(path: string): Promise<Map<string, string>> {
  const found = new Map([[path, await (await app.request(path)).text()]])
  for (const [at, text] of found) {
    const named = [
      ...text.matchAll(/(?:src|href)="(\/[^"]+\.(?:js|css|svg))"/g),
      ...(at.endsWith('.js') ? text.matchAll(/(?:from|import) ?"\.\/([^"]+)"/g) : []),
    ].map(([, name]) => (name!.startsWith('/') ? name! : `/assets/${name}`))
    for (const name of named) {
      if (found.has(name)) continue
      const response = await app.request(name)
      expect(response.status, name).toBe(200)
      found.set(name, await response.text())
    }
  }
  return found
}

test('every file that the pages name is served, and the first load is under 150 kB', async () => {
  for (const [path, bytesMax] of [
    ['/', 150_000],
    ['/verify', 100_000],
  ] as const) {
    const files = await loadedWith(path)
    expect(files.size, path).toBeGreaterThanOrEqual(4)
    const bytes = [...files.values()].map((text) => gzipSync(text).length)
    const sum = bytes.reduce((all, one) => all + one, 0)
    expect(sum, path).toBeLessThan(bytesMax)
    expect(sum, path).toBeGreaterThan(5_000)
  }
})

test('files are sent compressed where that is understood, and kept for ever where named by hash', async () => {
  const [, name] = [...(await loadedWith('/')).keys()].filter((path) => path.endsWith('.js'))
  const path = name ?? [...(await loadedWith('/')).keys()].find((each) => each.endsWith('.js'))!
  const packed = await app.request(path, { headers: { 'Accept-Encoding': 'br, gzip' } })
  expect(packed.headers.get('content-encoding')).toBe('gzip')
  expect(packed.headers.get('cache-control')).toContain('immutable')
  const plain = await app.request(path, { headers: { 'Accept-Encoding': 'gzip;q=0' } })
  expect(plain.headers.get('content-encoding')).toBeNull()
  const length = (await plain.arrayBuffer()).byteLength
  expect((await packed.arrayBuffer()).byteLength).toBeLessThan(length)
  expect((await app.request('/')).headers.get('cache-control')).toBe('no-cache')
})

test('nothing is asked of another host, and nothing needs a weaker policy', () => {
  expect(ours.length).toBeGreaterThan(20)
  for (const [name, text] of ours) {
    expect(text.match(/https?:\/\/[^"'\s]+/g) ?? [], name).toEqual([])
    expect(text, name).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/)
  }
  for (const [name, text] of built.filter(([name]) => name.endsWith('.html'))) {
    expect(text, name).not.toMatch(/<script(?![^>]*\ssrc=)|\sstyle="|\son[a-z]+="|<style/)
    expect(text.match(/https?:\/\/[^"'\s]+/g) ?? [], name).toEqual([])
  }
  for (const [name, text] of built.filter(([name]) => name.endsWith('.css')))
    expect(text, name).not.toMatch(/url\((?!#)|@import/)
  for (const [name, text] of built.filter(([name]) => name.endsWith('.js')))
    expect(text, name).not.toMatch(/\beval\(|new Function\(/)
})

test('the public view reads its figures from the metrics', async () => {
  const metrics = await (await app.request('/metrics')).text()
  const live = readFileSync(join(sources, 'data', 'live.ts'), 'utf8')
  const used = [...live.matchAll(/ of\('([a-z_]+)'\)/g)].map(([, name]) => `fieldproof_${name}`)
  expect(used.length).toBeGreaterThan(3)
  for (const name of used) expect(metrics, name).toMatch(new RegExp(`^${name} `, 'm'))
})

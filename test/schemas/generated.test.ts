import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { generated } from '../../schemas/generate.js'
import { projectRoot } from '../support/root.js'

const root = projectRoot()

it('finds every generated copy fresh', () => {
  const files = generated()
  expect(files.length).toBeGreaterThan(12)
  const stale = files.filter(({ path, text }) => {
    const file = join(root, path)
    return !existsSync(file) || readFileSync(file, 'utf8') !== text
  })
  expect(stale.map(({ path }) => path)).toEqual([])
})

it('finds every link of the pages', () => {
  const pages = ['README', 'keys', 'reading', 'metrics', 'judgement', 'enrolment', 'downlinks']
  const more = [
    'serial',
    'mqtt',
    'log',
    'proof',
    'epoch',
    'contribution',
    'rewards',
    'chain',
    'quality',
    'audit',
    'receipts',
    'aggregates',
    'range-proofs',
    'privacy',
    'wallet',
  ]
  for (const page of [...pages, ...more, 'witness']) {
    const text = readFileSync(join(root, `schemas/${page}.md`), 'utf8')
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1]!)
    for (const link of links.filter((target) => !target.startsWith('http')))
      expect([page, link, existsSync(join(root, 'schemas', link))]).toEqual([page, link, true])
  }
})

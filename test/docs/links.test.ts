/** What the pages name is there: files, headings, commands and their flags, variables, reasons. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { everyCommand, faultsOf } from '../support/everyCommand.js'
import { allPages, type Page, pageOf } from '../support/pages.js'
import { projectRoot } from '../support/root.js'

const root = projectRoot()
const pages = allPages()
const byPath = new Map(pages.map((page) => [page.path, page]))

function textOf(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Links of a page that lead nowhere. */
function deadLinks({ path, links, anchors }: Page): string[] {
  return links.flatMap((link) => {
    if (/^[a-z]+:/.test(link)) return []
    const [file = '', anchor] = link.split('#')
    const target = normalize(join(dirname(path), file))
    if (file !== '' && !existsSync(join(root, target))) return [`${path}: ${link}`]
    if (anchor === undefined) return []
    const there = file === '' ? anchors : byPath.get(target)?.anchors
    return there?.has(anchor) ? [] : [`${path}: ${link}`]
  })
}

describe('links', () => {
  it('lead to files and headings that are there', () => {
    expect(pages.length).toBeGreaterThan(35)
    expect(pages.flatMap(({ links }) => links).length).toBeGreaterThan(200)
    expect(pages.flatMap(deadLinks)).toEqual([])
  })

  it('are found out where they are dead', () => {
    const text = [
      '# A heading, `of` 2 words',
      '[a](#a-heading-of-2-words) [b](#none) [c](README.md) ![d](none.png) `[e](none)`',
      '```\n[f](none)\n```',
      '[g](schemas/README.md#vectors) [h](schemas/README.md#none) [i](https://example.org/none)',
    ].join('\n\n')
    expect(deadLinks(pageOf('page.md', text))).toEqual([
      'page.md: #none',
      'page.md: none.png',
      'page.md: schemas/README.md#none',
    ])
  })

  it('lead from README to the page for each of its readers', () => {
    const readers = ['gateway/web/OWNER', 'gateway/OPERATOR', 'gateway/pipeline/answer/BUYER']
    for (const page of [...readers, 'devices/README']) {
      expect(byPath.get('README.md')?.links).toContain(`${page}.md`)
      expect(byPath.get(`${page}.md`)?.anchors).toContain('troubleshooting-by-symptom')
    }
  })
})

describe('commands', async () => {
  const all = await everyCommand()
  const named = pages.flatMap(({ path, code }) =>
    code.flatMap((line) =>
      [...line.matchAll(/(?<![\w/:.-])fieldproof +([a-z][^|&#;>)`]*)/g)].map(([, words = '']) => ({
        path,
        words,
      })),
    ),
  )

  it('exist, and so do their flags', () => {
    expect(named.length).toBeGreaterThan(120)
    const wrong = named.flatMap(({ path, words }) =>
      faultsOf(words, all).map((fault) => `${path}: ${fault} in "${words}"`),
    )
    expect(wrong).toEqual([])
  })

  it('are found out where they do not', () => {
    expect(faultsOf('strat', all)).toEqual(['strat is no command'])
    expect(faultsOf('devices aprove x', all)).toEqual(['devices has no aprove'])
    expect(faultsOf('devices approve x --cel 87', all)).toEqual(['approve has no --cel'])
    expect(faultsOf('devices approve x --cell 87 -d data', all)).toEqual([])
  })

  it('have the flags that are named alone', () => {
    const flags = new Set([...all.values()].flatMap((one) => one.options.map(({ long }) => long)))
    const wrong = pages.flatMap(({ path, code }) =>
      code.flatMap((span) => {
        const flag = /^(--[a-z][a-z-]+)/.exec(span)?.[1]
        return flag === undefined || flags.has(flag) ? [] : [`${path}: ${flag}`]
      }),
    )
    expect(wrong).toEqual([])
  })
})

it('names variables that the configuration has', () => {
  const known = [...textOf('schemas/config.md').matchAll(/\| `(FIELDPROOF_\w+)` \|$/gm)]
  const variables = new Set(known.map(([, name]) => name))
  expect(variables.size).toBeGreaterThan(50)
  const isKnown = (name: string): boolean =>
    /^FIELDPROOF_(CONFIG|TOKEN|)$/.test(name) ||
    variables.has(name.replace(/_FILE$/, '')) ||
    variables.has(name) ||
    [...variables].some((one) => one?.startsWith(`${name}__`))
  const wrong = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\bFIELDPROOF_\w*/g)]
      .filter(([name]) => !isKnown(name))
      .map(([name]) => `${path}: ${name}`),
  )
  expect(wrong).toEqual([])
})

it('has a row for every reason for which a message is refused', () => {
  const { reasons } = JSON.parse(textOf('schemas/reasons.json')) as {
    reasons: { code: string; retry: boolean }[]
  }
  const rows = [...textOf('devices/README.md').matchAll(/^\| `([a-z-]+)` \| (yes|no) \|/gm)]
  expect(rows.map(([, code, again]) => `${code} ${again}`).sort()).toEqual(
    reasons.map(({ code, retry }) => `${code} ${retry ? 'yes' : 'no'}`).sort(),
  )
})

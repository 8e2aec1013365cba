/** The project's pages, as a reader meets them: headings, links, code. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from './root.js'

export interface Page {
  /** Below the root. */
  path: string
  text: string
  /** Anchors of its headings. */
  anchors: ReadonlySet<string>
  /** Targets of links and pictures, as they stand there. */
  links: string[]
  /** Inline code, and the lines of blocks; a line that ends in a backslash goes on. */
  code: string[]
}

/** Folders with other people's pages, or with none. */
const skipped = new Set(['node_modules', 'dist', '.git', '.build', 'fieldproof-data', 'ed25519'])

/** Every `*.md` of the project. */
export function allPages(): Page[] {
  return pathsBelow('').map((path) => pageOf(path, readFileSync(join(projectRoot(), path), 'utf8')))
}

function pathsBelow(folder: string): string[] {
  const entries = readdirSync(join(projectRoot(), folder), { withFileTypes: true })
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : pathsBelow(path)
    return entry.name.endsWith('.md') ? [path] : []
  })
}

/** A page from its text. */
export function pageOf(path: string, text: string): Page {
  const blocks: string[] = []
  const outside = text.replace(/^ *```[^\n]*\n([\s\S]*?)^ *```$/gm, (_, block: string) => {
    blocks.push(...block.replace(/\\\n/g, ' ').split('\n'))
    return ''
  })
  const spans = [...outside.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span)
  const prose = outside.replace(/`[^`]+`/g, (span) => span.replace(/[[\]()]/g, ' '))
  return {
    path,
    text,
    anchors: anchorsOf(outside),
    links: [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target),
    code: [...blocks, ...spans],
  }
}

/** As GitHub makes them: lower case, no punctuation, hyphens for spaces, a number for a second one. */
function anchorsOf(text: string): Set<string> {
  const found = new Set<string>()
  for (const [, heading = ''] of text.matchAll(/^#{1,6} +(.+)$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
    let name = slug
    for (let i = 1; found.has(name); i++) name = `${slug}-${i}`
    found.add(name)
  }
  return found
}

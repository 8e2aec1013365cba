/** The pages' files, read once from their folders: a short list of names, no path from outside. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { Hono } from 'hono'
import type { HttpEnv } from './context.js'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

interface Page {
  body: Uint8Array<ArrayBuffer>
  type: string
  etag: string
}

/**
 * Routes `/`, `/<page>` for a page's file, and `/<file>` for every file of a known type in the
 * folders: those written by hand, and those built from core, which a build without Vite lacks.
 */
export function pageRoutes(folders: readonly string[]): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const pages = new Map(folders.flatMap((folder) => [...readPages(folder)]))
  app.get('/', (context) => send(pages.get('index.html'), context.req.header('If-None-Match')))
  for (const [name, page] of pages)
    for (const path of new Set([name, basename(name, '.html')]))
      app.get(`/${path}`, (context) => send(page, context.req.header('If-None-Match')))
  return app
}

function readPages(folder: string): Map<string, Page> {
  const pages = new Map<string, Page>()
  if (!existsSync(folder)) return pages
  for (const name of readdirSync(folder)) {
    const type = types[extname(name)]
    if (type === undefined) continue
    const body = new Uint8Array(readFileSync(join(folder, name)))
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`
    pages.set(name, { body, type, etag })
  }
  return pages
}

function send(page: Page | undefined, known: string | undefined): Response {
  if (page === undefined) return new Response('no dashboard in this build\n', { status: 404 })
  const headers = { ETag: page.etag, 'Cache-Control': 'no-cache' }
  if (known === page.etag) return new Response(null, { status: 304, headers })
  return new Response(page.body, { headers: { ...headers, 'Content-Type': page.type } })
}

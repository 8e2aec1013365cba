/**
 * The pages' files, as Vite has built them, read once from their folder: a short list of names, no
 * path from outside. What has a hash in its name never changes; all is sent compressed where the
 * browser takes it.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, extname, join, relative, sep } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type Context, Hono } from 'hono'
import type { HttpEnv } from './context.js'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}
/** Where Vite puts files whose names say what is in them. */
const hashed = `assets${sep}`

interface Page {
  body: Uint8Array<ArrayBuffer>
  packed: Uint8Array<ArrayBuffer>
  type: string
  etag: string
  cache: string
}

/** Routes `/`, `/<page>` for a page's file, and `/<file>` for every file of a known type. */
export function pageRoutes(folder: string): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const pages = readPages(folder)
  app.get('/', (context) => send(context, pages.get('index.html')))
  for (const [name, page] of pages)
    for (const path of new Set([name, basename(name) === name ? basename(name, '.html') : name]))
      app.get(`/${path}`, (context) => send(context, page))
  return app
}

function readPages(folder: string): Map<string, Page> {
  const pages = new Map<string, Page>()
  if (!existsSync(folder)) return pages
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = types[extname(entry.name)]
    if (type === undefined || !entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = relative(folder, path)
    const body = new Uint8Array(readFileSync(path))
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`
    const cache = name.startsWith(hashed) ? 'public, max-age=31536000, immutable' : 'no-cache'
    const packed = new Uint8Array(gzipSync(body, { level: 9 }))
    pages.set(name.replaceAll(sep, '/'), { body, packed, type, etag, cache })
  }
  return pages
}

function send(context: Context<HttpEnv>, page: Page | undefined): Response {
  if (page === undefined) return new Response('no dashboard in this build\n', { status: 404 })
  const { etag, type, cache } = page
  const headers = { ETag: etag, 'Cache-Control': cache, Vary: 'Accept-Encoding' }
  if (context.req.header('If-None-Match') === etag)
    return new Response(null, { status: 304, headers })
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(
    context.req.header('Accept-Encoding') ?? '',
  )
  if (!takesGzip) return new Response(page.body, { headers: { ...headers, 'Content-Type': type } })
  return new Response(page.packed, {
    headers: { ...headers, 'Content-Type': type, 'Content-Encoding': 'gzip' },
  })
}

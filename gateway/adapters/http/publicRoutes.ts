/** What anyone may read (PROTOCOL 9): the log, proofs for who holds the message, and health. */
import { Hono } from 'hono'
import { publicProofsMax } from '../../core/limits.js'
import { parseTile } from '../../core/log/tile.js'
import type { Health, Operations, PublicLog } from '../../ports/operations.js'
import { type HttpEnv, parseWhole } from './context.js'
import type { Gate } from './gate.js'
import type { MetricsText } from './metrics.js'
import { problem } from './problem.js'
import { scopeOf } from './scope.js'

export interface PublicParts {
  log: PublicLog
  health: Health
  operations: Operations
  gate: Gate
  metrics: () => Promise<MetricsText>
}

export function publicRoutes(parts: PublicParts): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  addLog(app, parts.log)
  addHealth(app, parts)
  addProofs(app, parts)
  return app
}

/** The log may be read by verifiers in any browser. */
const anyOrigin = { 'Access-Control-Allow-Origin': '*' }
/** A tile never changes once it exists, nor does a part of one: its width is in its name. */
const immutable = 'public, max-age=31536000, immutable'

function addLog(app: Hono<HttpEnv>, log: PublicLog): void {
  app.get('/gateway.json', (context) =>
    context.json(log.gateway, 200, { 'Cache-Control': 'no-cache', ...anyOrigin }),
  )
  app.get('/checkpoint', (context) => {
    const text = log.checkpoint()
    if (text === undefined) throw problem(404, 'No checkpoint has been signed yet; try again soon.')
    return context.body(text, 200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-cache',
      ...anyOrigin,
    })
  })
  app.get('/tile/*', async (context) => {
    const name = parseTile(context.req.path.slice(1))
    if (name === undefined)
      throw problem(400, 'Expected /tile/<level>/<index>[.p/<width>] as in C2SP tlog-tiles.')
    const tile = await log.tile(name.level, name.index, name.width)
    if (tile === undefined) throw problem(404, 'The tree does not hold this tile yet.')
    return context.body(new Uint8Array(tile), 200, {
      'Content-Type': 'application/octet-stream',
      'Cache-Control': immutable,
      ...anyOrigin,
    })
  })
}

function addHealth(app: Hono<HttpEnv>, { health, metrics }: PublicParts): void {
  const fresh = { 'Cache-Control': 'no-store' }
  app.get('/healthz', (context) => context.json({ ok: true }, 200, fresh))
  app.get('/readyz', (context) => {
    const ready = health.ready()
    return context.json({ ready, degraded: health.degraded() }, ready ? 200 : 503, fresh)
  })
  app.get('/metrics', async (context) => {
    const { contentType, body } = await metrics()
    return context.body(body, 200, { 'Content-Type': contentType, ...fresh })
  })
}

/**
 * A proof is for who holds the message, for the operator, or for the device's owner. Whether a device or a sequence exists
 * is nobody else's business: all that fails for them is the same 404.
 */
function addProofs(app: Hono<HttpEnv>, { operations, gate }: PublicParts): void {
  let underway = 0
  const serve = async (device: string, seq: number, message?: string): Promise<object> => {
    const result = await operations.proof(device, seq, message)
    if (result.ok) return result.value
    const detail = 'No accepted message fits this device, sequence and hash.'
    throw problem(404, message === undefined ? `${detail} (${result.detail})` : detail)
  }
  app.get('/proofs/:device/:seq', async (context) => {
    const { device, seq: seqText } = context.req.param()
    const seq = parseWhole(seqText)
    const message = context.req.query('m')
    if (seq === undefined) throw problem(400, 'Expected a sequence number.')
    const fresh = { 'Cache-Control': 'no-store' }
    const viewer = gate.viewer(context)
    if (viewer !== undefined && (await scopeOf(operations, viewer).device(device)) !== undefined)
      return context.json(await serve(device, seq), 200, fresh)
    if (message === undefined)
      throw problem(401, 'Send the operator’s token, or m=<hex SHA-256 of the message>.', {
        'WWW-Authenticate': 'Bearer realm="fieldproof"',
      })
    if (!/^[0-9a-f]{64}$/.test(message))
      throw problem(400, 'Expected m to be the SHA-256 of the message in 64 lower-case hex digits.')
    if (underway >= publicProofsMax)
      throw problem(503, 'Too many proofs at once; try again soon.', { 'Retry-After': '2' })
    underway += 1
    try {
      return context.json(await serve(device, seq, message), 200, { ...fresh, ...anyOrigin })
    } finally {
      underway -= 1
    }
  })
}

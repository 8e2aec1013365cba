/**
 * The API below `/api` (PROTOCOL 9): everything here stands behind a token or a session. Owners read
 * what is their own; what changes something, or is the machine's, is the operator's alone.
 */
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { timeout } from 'hono/timeout'
import * as z from 'zod'
import { parseAddress } from '../../core/device/address.js'
import { isRegistrableCell } from '../../core/device/cell.js'
import {
  cellResolutionMax,
  deviceEpochsMax,
  httpAnswerMsMax,
  httpBodyBytesMax,
  httpRowsMax,
  intervalSecMax,
  intervalSecMin,
  labelResolutionMin,
  seqMax,
  seriesTimeMax,
} from '../../core/limits.js'
import { metrics } from '../../core/metric.js'
import type { Result } from '../../core/verdict.js'
import type { Dashboard } from '../../ports/dashboard.js'
import type { Approval, ConsentChange, DeviceView, Operations } from '../../ports/operations.js'
import type { OwnerTokens } from '../../ports/owners.js'
import { readBody } from './body.js'
import { buyerRoutes } from './buyerRoutes.js'
import { type HttpEnv, wholeNumber } from './context.js'
import { dashboardRoutes } from './dashboardRoutes.js'
import type { EventHub } from './eventHub.js'
import type { Gate } from './gate.js'
import type { LoginLinks } from './loginLinks.js'
import { ownerRoutes } from './ownerRoutes.js'
import { problem, statusOfReason } from './problem.js'
import { type Scope, scopeOf } from './scope.js'

const consent = z.strictObject({
  soldMetrics: z
    .union([z.literal('all'), z.array(z.string().max(32)).max(metrics.length)])
    .optional(),
  soldResolution: z.number().int().min(labelResolutionMin).max(cellResolutionMax).optional(),
  signature: z
    .string()
    .regex(/^0x[0-9a-fA-F]{130}$/, 'expected 0x and 65 bytes in hex')
    .optional(),
  notAfter: z.number().int().nonnegative().optional(),
})

const approval = consent.extend({
  owner: z.string().refine((text) => parseAddress(text) !== undefined, {
    message: 'expected 0x and 40 hex digits, in one case or with a right checksum',
  }),
  cell: z
    .string()
    .refine(isRegistrableCell, { message: 'expected an H3 cell of resolution 7 or coarser' }),
  placement: z.enum(['outdoor', 'indoor']).optional(),
  intervalSec: z.number().int().min(intervalSecMin).max(intervalSecMax).optional(),
  simulated: z.boolean().optional(),
})

const change = z.strictObject({ state: z.enum(['active', 'suspended', 'revoked']) })

export interface OperatorParts {
  operations: Operations
  dashboard: Dashboard
  owners: OwnerTokens
  links: LoginLinks
  hub: EventHub
  gate: Gate
}

export function operatorRoutes(parts: OperatorParts): Hono<HttpEnv> {
  const { operations, gate } = parts
  const app = new Hono<HttpEnv>()
  app.use(gate.guard)
  app.use(async (context, next) => {
    await next()
    context.header('Cache-Control', 'no-store')
  })
  addEvents(app, parts)
  app.use(
    timeout(httpAnswerMsMax, () =>
      problem(503, 'The gateway is busy and gave no answer in time; try again.'),
    ),
  )
  app.post('/epochs/close', gate.operatorOnly, async (context) =>
    context.json(unwrap(await operations.closeEpoch())),
  )
  const scope = (context: Context<HttpEnv>): Scope => scopeOf(operations, gate.known(context))
  app.get('/status', async (context) => context.json(await scope(context).status()))
  addDevices(app, parts, scope)
  addChanges(app, parts)
  addData(app, parts, scope)
  app.route('/', dashboardRoutes(parts.dashboard, gate))
  // Everything below is the operator's.
  app.use(gate.operatorOnly)
  app.use(small)
  app.route('/', ownerRoutes(parts.owners, parts.links))
  app.route('/buyers', buyerRoutes(operations.buyers))
  return app
}

function addEvents(app: Hono<HttpEnv>, { operations, hub, gate }: OperatorParts): void {
  app.get('/events', (context) => {
    const stream = hub.open(scopeOf(operations, gate.known(context)).hears)
    if (stream === undefined)
      throw problem(503, 'Too many live views are open; close one.', { 'Retry-After': '10' })
    return context.body(stream, 200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    })
  })
}

const small = bodyLimit({
  maxSize: httpBodyBytesMax,
  onError: () => {
    throw problem(413, `A request has at most ${httpBodyBytesMax} bytes.`)
  },
})

type ScopeOf = (context: Context<HttpEnv>) => Scope

function addDevices(app: Hono<HttpEnv>, { dashboard }: OperatorParts, scope: ScopeOf): void {
  app.get('/devices', async (context) => context.json(await scope(context).devices()))
  app.get('/devices/:id', async (context) =>
    context.json(await known(scope(context), context.req.param('id'))),
  )
  app.get('/devices/:id/earnings', async (context) => {
    const { device } = await known(scope(context), context.req.param('id'))
    const limit = wholeNumber(context, 'limit', 14, 1, deviceEpochsMax)
    return context.json(await dashboard.deviceEarnings(device, limit))
  })
}

function addChanges(app: Hono<HttpEnv>, { operations, gate }: OperatorParts): void {
  const { operatorOnly } = gate
  app.post('/devices/:id/approve', operatorOnly, small, async (context) => {
    const wanted = await readBody(context, approval)
    return context.json(unwrap(await operations.approve(context.req.param('id'), present(wanted))))
  })
  app.post('/devices/:id/consent', operatorOnly, small, async (context) => {
    const wanted = presentConsent(await readBody(context, consent))
    return context.json(unwrap(await operations.consent(context.req.param('id'), wanted)))
  })
  app.post('/devices/:id/state', operatorOnly, small, async (context) => {
    const { state } = await readBody(context, change)
    return context.json(unwrap(await operations.setState(context.req.param('id'), state)))
  })
}

function addData(app: Hono<HttpEnv>, { operations }: OperatorParts, scope: ScopeOf): void {
  app.get('/devices/:id/messages', async (context) => {
    const { device } = await known(scope(context), context.req.param('id'))
    const from = wholeNumber(context, 'from', 0, 0, seqMax)
    const to = wholeNumber(context, 'to', seqMax, 0, seqMax)
    const limit = wholeNumber(context, 'limit', 100, 1, httpRowsMax)
    return context.json(await operations.messages(device, from, to, limit))
  })
  app.get('/devices/:id/points', async (context) => {
    const { device } = await known(scope(context), context.req.param('id'))
    const { metric, from, to } = range(context)
    const limit = wholeNumber(context, 'limit', 1000, 1, httpRowsMax)
    return context.json(await operations.points(device, metric, from, to, limit))
  })
  app.get('/devices/:id/buckets', async (context) => {
    const { device } = await known(scope(context), context.req.param('id'))
    const { metric, from, to } = range(context)
    const step = wholeNumber(context, 'step', undefined, 1, 366 * 86_400)
    if ((to - from) / step > httpRowsMax)
      throw problem(400, `Expected at most ${httpRowsMax} steps; take a longer step.`)
    return context.json(await operations.buckets(device, metric, from, to, step))
  })
}

function range(context: Context<HttpEnv>): { metric: string; from: number; to: number } {
  const metric = context.req.query('metric')
  if (metric === undefined || !/^[a-z0-9_]{1,32}$/.test(metric))
    throw problem(400, 'Expected metric to be the name of a metric, such as temperature.')
  const from = wholeNumber(context, 'from', undefined, 0, seqMax)
  const to = wholeNumber(context, 'to', undefined, 0, seqMax)
  if (to < from) throw problem(400, 'Expected from to be at most to; both are Unix seconds.')
  // Whoever asks for all there is names a far end; no store has a time beyond this one.
  return { metric, from: Math.min(from, seriesTimeMax), to: Math.min(to, seriesTimeMax) }
}

async function known(scope: Scope, id: string): Promise<DeviceView> {
  const device = await scope.device(id)
  if (device === undefined) throw problem(404, 'No device has this id; see /api/devices.')
  return device
}

function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw problem(statusOfReason(result.reason), `${result.reason}: ${result.detail}`)
}

/** Zod marks optional keys as possibly `undefined`; the port has them absent. */
function present(wanted: z.output<typeof approval>): Approval {
  const { owner, cell, placement, intervalSec, simulated } = wanted
  return {
    owner,
    cell,
    ...(placement !== undefined && { placement }),
    ...(intervalSec !== undefined && { intervalSec }),
    ...(simulated !== undefined && { simulated }),
    ...presentConsent(wanted),
  }
}

function presentConsent(wanted: z.output<typeof consent>): ConsentChange {
  const { soldMetrics, soldResolution, signature, notAfter } = wanted
  return {
    ...(soldMetrics !== undefined && { soldMetrics }),
    ...(soldResolution !== undefined && { soldResolution }),
    ...(signature !== undefined && { signature }),
    ...(notAfter !== undefined && { notAfter }),
  }
}

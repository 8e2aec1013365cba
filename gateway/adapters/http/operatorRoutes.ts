/** The operator's API below `/api` (PROTOCOL 9): everything here stands behind the token. */
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { timeout } from 'hono/timeout'
import * as z from 'zod'
import { parseAddress } from '../../core/device/address.js'
import { isRegistrableCell } from '../../core/device/cell.js'
import {
  httpAnswerMsMax,
  httpBodyBytesMax,
  httpRowsMax,
  intervalSecMax,
  intervalSecMin,
  seqMax,
  seriesTimeMax,
} from '../../core/limits.js'
import type { Result } from '../../core/verdict.js'
import type { Approval, DeviceView, Operations } from '../../ports/operations.js'
import { type HttpEnv, wholeNumber } from './context.js'
import type { EventHub } from './eventHub.js'
import type { OperatorGate } from './operatorGate.js'
import { problem, statusOfReason } from './problem.js'

const approval = z.strictObject({
  owner: z.string().refine((text) => parseAddress(text) !== undefined, {
    message: 'expected 0x and 40 hex digits, in one case or with a right checksum',
  }),
  cell: z
    .string()
    .refine(isRegistrableCell, { message: 'expected an H3 cell of resolution 7 or coarser' }),
  placement: z.enum(['outdoor', 'indoor']).optional(),
  intervalSec: z.number().int().min(intervalSecMin).max(intervalSecMax).optional(),
  simulated: z.boolean().optional(),
  signature: z
    .string()
    .regex(/^0x[0-9a-fA-F]{130}$/, 'expected 0x and 65 bytes in hex')
    .optional(),
  notAfter: z.number().int().nonnegative().optional(),
})

const change = z.strictObject({ state: z.enum(['active', 'suspended', 'revoked']) })

export function operatorRoutes(
  operations: Operations,
  hub: EventHub,
  gate: OperatorGate,
): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.use(gate.guard)
  app.use(async (context, next) => {
    await next()
    context.header('Cache-Control', 'no-store')
  })
  addEvents(app, hub)
  app.use(
    timeout(httpAnswerMsMax, () =>
      problem(503, 'The gateway is busy and gave no answer in time; try again.'),
    ),
  )
  app.post('/epochs/close', async (context) => context.json(unwrap(await operations.closeEpoch())))
  app.get('/status', async (context) => context.json(await operations.status()))
  addDevices(app, operations)
  addData(app, operations)
  return app
}

function addEvents(app: Hono<HttpEnv>, hub: EventHub): void {
  app.get('/events', (context) => {
    const stream = hub.open()
    if (stream === undefined)
      throw problem(503, 'Too many live views are open; close one.', { 'Retry-After': '10' })
    return context.body(stream, 200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    })
  })
}

function addDevices(app: Hono<HttpEnv>, operations: Operations): void {
  const small = bodyLimit({
    maxSize: httpBodyBytesMax,
    onError: () => {
      throw problem(413, `A request has at most ${httpBodyBytesMax} bytes.`)
    },
  })
  app.get('/devices', async (context) => context.json(await operations.devices()))
  app.get('/devices/:id', async (context) =>
    context.json(await known(operations, context.req.param('id'))),
  )
  app.post('/devices/:id/approve', small, async (context) => {
    const wanted = await readBody(context, approval)
    return context.json(unwrap(await operations.approve(context.req.param('id'), present(wanted))))
  })
  app.post('/devices/:id/state', small, async (context) => {
    const { state } = await readBody(context, change)
    return context.json(unwrap(await operations.setState(context.req.param('id'), state)))
  })
}

function addData(app: Hono<HttpEnv>, operations: Operations): void {
  app.get('/devices/:id/messages', async (context) => {
    const { device } = await known(operations, context.req.param('id'))
    const from = wholeNumber(context, 'from', 0, 0, seqMax)
    const to = wholeNumber(context, 'to', seqMax, 0, seqMax)
    const limit = wholeNumber(context, 'limit', 100, 1, httpRowsMax)
    return context.json(await operations.messages(device, from, to, limit))
  })
  app.get('/devices/:id/points', async (context) => {
    const { device } = await known(operations, context.req.param('id'))
    const { metric, from, to } = range(context)
    const limit = wholeNumber(context, 'limit', 1000, 1, httpRowsMax)
    return context.json(await operations.points(device, metric, from, to, limit))
  })
  app.get('/devices/:id/buckets', async (context) => {
    const { device } = await known(operations, context.req.param('id'))
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

async function known(operations: Operations, id: string): Promise<DeviceView> {
  const device = await operations.device(id)
  if (device === undefined) throw problem(404, 'No device has this id; see /api/devices.')
  return device
}

function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw problem(statusOfReason(result.reason), `${result.reason}: ${result.detail}`)
}

async function readBody<T>(context: Context<HttpEnv>, schema: z.ZodType<T>): Promise<T> {
  const json: unknown = await context.req.json().catch((error: unknown) => {
    if (error instanceof SyntaxError) throw problem(400, 'Expected a JSON object as body.')
    throw error
  })
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw problem(400, `${issue.path.join('.') || 'body'}: ${issue.message}`)
}

/** Zod marks optional keys as possibly `undefined`; the port has them absent. */
function present(wanted: z.output<typeof approval>): Approval {
  const { owner, cell, placement, intervalSec, simulated, signature, notAfter } = wanted
  return {
    owner,
    cell,
    ...(placement !== undefined && { placement }),
    ...(intervalSec !== undefined && { intervalSec }),
    ...(simulated !== undefined && { simulated }),
    ...(signature !== undefined && { signature }),
    ...(notAfter !== undefined && { notAfter }),
  }
}

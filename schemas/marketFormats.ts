/** The JSON of buyers (PROTOCOL 5 and 8) as zod schemas; jsonFormats.ts has all the others. */
import * as z from 'zod'
import { labelResolutionMin } from '../gateway/core/limits.js'
import { metrics } from '../gateway/core/metric.js'
import { windowSteps } from '../gateway/core/privacy/steps.js'
import { formatDuration } from '../gateway/core/time.js'
import { type AnyFormat, b64u, count, deviceId, hash, key } from './formatParts.js'

const metric = z.enum(metrics.filter((row) => row.class !== 'none').map((row) => row.name))
const cell = z
  .string()
  .regex(new RegExp(`^8[${labelResolutionMin}-7][0-9a-f]{13}$`))
  .describe('label of a node: H3 index of resolution 3 to 7')
const cells = z.array(cell).min(1).max(64)
const step = z.enum(windowSteps.map(formatDuration)).describe('length of the windows, ISO 8601')
const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  .describe('UTC, whole seconds')
const id = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)
const rowKey = z.string().describe('metric|cell|step|t')
const cursor = z.string().describe('page.next of the page before')

const place = z.strictObject({ metric, cells, step: step.optional() })
const range = z.strictObject({ metric, cells, from: instant, to: instant, step })
const day = place.extend({
  day: z
    .string()
    .regex(/^\d{4}-\d\d-\d\d$/)
    .describe('UTC'),
})
const epochNumber = z.strictObject({ n: count.min(1) })

const head = { v: z.literal(1), id }
const maxCost = count.optional().describe('credits it may cost at most; absent: the balance')
const page = z
  .strictObject({
    limit: z.int().min(1).max(500).optional(),
    cursor: cursor.nullable().optional(),
  })
  .optional()

function rangeRequest(op: 'query' | 'quote' | 'proof'): z.ZodObject {
  const proof = z.boolean().optional()
  return z.strictObject({ ...head, op: z.literal(op), q: range, page, proof, maxCost })
}

export const buyerRequest = z
  .union([
    z.strictObject({ ...head, op: z.enum(['catalog', 'account']) }),
    rangeRequest('query'),
    rangeRequest('quote'),
    rangeRequest('proof'),
    z.strictObject({ ...head, op: z.enum(['latest', 'subscribe']), q: place, maxCost }),
    z.strictObject({ ...head, op: z.literal('unsubscribe'), q: place.optional() }),
    z.strictObject({
      ...head,
      op: z.literal('epoch'),
      q: epochNumber.optional(),
      n: count.min(1).optional(),
    }),
    z.strictObject({
      ...head,
      op: z.literal('export'),
      q: day,
      format: z.enum(['csv', 'ndjson']),
      maxCost,
    }),
  ])
  .describe('What a buyer asks, on b/<buyer>/req')

const catalogItem = z.strictObject({
  metric,
  unit: z.string(),
  class: z.enum(['environment', 'personal']),
  step,
  price: count.describe('credits for a row; a withheld one is free'),
  cells: z.array(cell),
})
const gateway = z.strictObject({ id: deviceId, key })

export const catalog = z
  .strictObject({ v: z.literal(1), gateway, items: z.array(catalogItem) })
  .describe('What can be bought, retained on pub/catalog')

const neighbour = z.strictObject({ key: rowKey, vh: hash }).nullable()
const rangeElement = z
  .strictObject({
    cell,
    epoch: count.min(1),
    count,
    first: count,
    size: count,
    before: neighbour,
    after: neighbour,
    path: z.array(hash),
    record: b64u.describe('COSE ep'),
  })
  .describe('schemas/range-proofs.md')

const problem = z
  .looseObject({
    type: z.string().regex(/^urn:fp:problem:[a-z-]+$/),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    cost: count.optional().describe('credits, with insufficient-credits'),
    retryAfter: z.number().optional().describe('seconds, with rate-limited'),
  })
  .describe('RFC 9457')

const account = z.strictObject({
  name: z.string(),
  metrics: z.array(z.string()).describe('names, or all'),
  cells: z.array(cell).optional().describe('absent: anywhere'),
  wallet: z.string().optional().describe('EIP-55'),
  subscriptions: z.array(z.string()).describe('live topics below the root'),
})
const meter = z.strictObject({ cost: count, balance: count.describe('credits') })
const limits = z.strictObject({ perSecond: z.number(), burst: count, remaining: count })
const around = { meter, limits }
const sold = { ...around, licence: z.string(), attribution: z.string() }

/** The answers of each operation; `aggregate` and `epoch` are formats of their own. */
export function buyerAnswerOf(aggregate: AnyFormat, epoch: AnyFormat): z.ZodType {
  const items = z.array(aggregate).describe('by cell, then time')
  const answered = { ...head, ok: z.literal(true), gateway }
  const pageMember = z.strictObject({ after: rowKey.nullable(), next: cursor.nullable() })
  const proof = z.union([z.literal('pending'), z.array(rangeElement)])
  return z
    .union([
      z.strictObject({ ...answered, items: z.array(catalogItem), ...sold }),
      z.strictObject({
        ...answered,
        q: range,
        items,
        page: pageMember,
        proof: proof.optional(),
        ...sold,
      }),
      z.strictObject({ ...answered, q: range, page: pageMember, proof, ...sold }),
      z.strictObject({
        ...answered,
        q: range,
        quote: z.strictObject({ rows: count, cost: count }),
        ...sold,
      }),
      z.strictObject({ ...answered, q: place, items, ...sold }),
      z.strictObject({
        ...answered,
        q: place.optional(),
        topics: z.array(z.string()).describe('below the root'),
        ...sold,
      }),
      z.strictObject({ ...answered, q: epochNumber, epoch, ...sold }),
      z.strictObject({ ...answered, account, ...sold }),
      z.strictObject({
        ...answered,
        seq: count.min(1),
        of: count.min(1),
        sha256: hash.describe('of the bytes of data'),
        data: b64u.describe('at most 48 kB'),
        ...sold,
      }),
      z.strictObject({
        v: z.literal(1),
        id: id.nullable().describe('null where the request had none that is good'),
        ok: z.literal(false),
        problem,
        meter: meter.optional(),
        limits: limits.optional(),
      }),
    ])
    .describe('What a buyer is answered, on b/<buyer>/res/<id>')
}

const account20 = z.string().regex(/^0x[0-9a-fA-F]{40}$/)

export const walletChallenge = z
  .union([
    z.strictObject({
      v: z.literal(1),
      template: z.string().describe('EIP-4361; <address> stands for the account'),
      expires: instant,
    }),
    z.strictObject({
      v: z.literal(1),
      ok: z.literal(true),
      buyer: z.string(),
      token: z.string().regex(/^fps_[0-9a-f]{64}$/),
      expires: instant,
    }),
    z.strictObject({ v: z.literal(1), ok: z.literal(false), problem }),
  ])
  .describe('Challenge to a guest, and what its signature came to, on auth/<client id>')

export const walletSignature = z
  .strictObject({
    v: z.literal(1),
    address: account20.describe('EIP-55'),
    signature: z
      .string()
      .regex(/^0x[0-9a-fA-F]{130}$/)
      .describe('r, s, v'),
  })
  .describe('EIP-191 signature of the challenge, on auth/<client id>/sig')

/** Parts of answers that stand in several of them. */
export const answerParts = {
  catalogItem,
  rangeElement,
  problem,
  meter,
  limits,
  place,
  range,
} as const

/** Buyers, for the operator (PROTOCOL 10): below `/api/buyers`, behind the token. */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import * as z from 'zod'
import { creditsMax, httpBodyBytesMax } from '../../core/limits.js'
import { type Judged, problemTypes } from '../../core/query/problem.js'
import type { BuyerOperations } from '../../ports/market.js'
import { readBody } from './body.js'
import type { HttpEnv } from './context.js'
import { problem } from './problem.js'

const credits = z.number().int().nonnegative().max(creditsMax)
const texts = z.array(z.string().max(64)).max(64)
const added = z.strictObject({
  name: z.string(),
  credits,
  metrics: texts,
  cells: texts.optional(),
  wallet: z.string().optional(),
})
const credited = z.strictObject({ credits })

export function buyerRoutes(operations: BuyerOperations): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.use(
    bodyLimit({
      maxSize: httpBodyBytesMax,
      onError: () => {
        throw problem(413, `A request has at most ${httpBodyBytesMax} bytes.`)
      },
    }),
  )
  app.get('/', (context) => context.json(operations.buyers()))
  app.post('/', async (context) => {
    const { name, credits, metrics, cells, wallet } = await readBody(context, added)
    return context.json(
      unwrap(await operations.addBuyer(name, { metrics, cells, wallet }, credits)),
    )
  })
  app.post('/:name/credit', async (context) => {
    const { credits } = await readBody(context, credited)
    return context.json(unwrap(await operations.creditBuyer(context.req.param('name'), credits)))
  })
  app.post('/:name/remove', async (context) =>
    context.json(unwrap(await operations.removeBuyer(context.req.param('name')))),
  )
  return app
}

function unwrap<T>(result: Judged<T>): T {
  if (result.ok) return result.value
  const { type, detail } = result.problem
  throw problem(problemTypes[type].status, detail)
}

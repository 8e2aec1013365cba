import type { Context } from 'hono'
import type * as z from 'zod'
import type { HttpEnv } from './context.js'
import { problem } from './problem.js'

/** The JSON body in its form. Throws a problem (400) that names the first member that is wrong. */
export async function readBody<T>(context: Context<HttpEnv>, schema: z.ZodType<T>): Promise<T> {
  const json: unknown = await context.req.json().catch((error: unknown) => {
    if (error instanceof SyntaxError) throw problem(400, 'Expected a JSON object as body.')
    throw error
  })
  const result = schema.safeParse(json)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  throw problem(400, `${issue.path.join('.') || 'body'}: ${issue.message}`)
}

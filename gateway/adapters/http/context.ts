import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { problem } from './problem.js'

/** What a handler can reach besides the request: the socket, for the peer's address. */
export interface HttpEnv {
  Bindings: HttpBindings
}

/**
 * A whole number of the query, `fallback` where absent. Throws a problem (400) where it is none or
 * out of [least, most].
 */
export function wholeNumber(
  context: Context<HttpEnv>,
  name: string,
  fallback: number | undefined,
  least: number,
  most: number,
): number {
  const text = context.req.query(name)
  if (text === undefined && fallback !== undefined) return fallback
  const value = parseWhole(text ?? '')
  if (value === undefined || value < least || value > most)
    throw problem(400, `Expected ${name} to be a whole number from ${least} to ${most}.`)
  return value
}

/** A decimal number without sign or leading zeros, at most 2^53-1; `undefined` for other texts. */
export function parseWhole(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

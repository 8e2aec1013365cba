/**
 * Who is the operator: the bearer of the token in `operator.token` (PROTOCOL 9). The token has 256
 * bits, so that it cannot be guessed; failures are slowed per address all the same, which keeps the
 * log readable. A right token always passes: nobody can lock the operator out from behind the same
 * proxy.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { loginAddressesMax, loginFailuresMax, loginWindowMs } from '../../core/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { HttpEnv } from './context.js'
import { problem } from './problem.js'

export interface OperatorGate {
  /** Whether the request carries the token. Counts nothing. */
  isOperator(context: Context<HttpEnv>): boolean
  /** Lets the operator through; anyone else is answered 401, or 429 after too many tries. */
  readonly guard: MiddlewareHandler<HttpEnv>
}

interface Failures {
  count: number
  sinceMs: number
}

export function operatorGate(token: string, clock: Clock): OperatorGate {
  const expected = digest(token)
  const failures = new Map<string, Failures>()

  const isOperator = (context: Context<HttpEnv>): boolean => {
    const given = /^Bearer ([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(
      context.req.header('Authorization') ?? '',
    )
    return given !== null && timingSafeEqual(digest(given[1]!), expected)
  }

  const guard: MiddlewareHandler<HttpEnv> = async (context, next) => {
    if (isOperator(context)) return next()
    const waitMs = recordFailure(failures, addressOf(context), clock.monotonic())
    if (waitMs > 0)
      throw problem(429, 'Too many requests with a wrong token; try again later.', {
        'Retry-After': String(Math.ceil(waitMs / 1000)),
      })
    throw problem(
      401,
      'Send "Authorization: Bearer <token>"; the token is in operator.token in the data directory.',
      { 'WWW-Authenticate': 'Bearer realm="fieldproof"' },
    )
  }
  return { isOperator, guard }
}

/** Equal lengths for the comparison, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function addressOf(context: Context<HttpEnv>): string {
  return context.env.incoming.socket.remoteAddress ?? ''
}

/** Notes one failure; says how long the address has to wait, 0 while it may still try. */
function recordFailure(all: Map<string, Failures>, address: string, nowMs: number): number {
  const known = all.get(address)
  if (known !== undefined && nowMs - known.sinceMs < loginWindowMs) {
    known.count += 1
    return known.count > loginFailuresMax ? loginWindowMs - (nowMs - known.sinceMs) : 0
  }
  all.delete(address)
  if (all.size >= loginAddressesMax) all.delete(all.keys().next().value!)
  all.set(address, { count: 1, sinceMs: nowMs })
  return 0
}

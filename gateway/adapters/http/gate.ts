/**
 * Who may see what (PROTOCOL 9): the bearer of the operator's token, of an owner's token, or a
 * browser with a session. Tokens have 256 bits, so that they cannot be guessed; failures are slowed
 * per address all the same. What is right always passes: nobody can lock anybody out from behind
 * the same proxy.
 *
 * Only a page of this very origin may change something with a cookie: a session is sent by the
 * browser, whoever made it ask.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { getCookie } from 'hono/cookie'
import type { Clock } from '../../ports/clock.js'
import type { OwnerTokens } from '../../ports/owners.js'
import type { HttpEnv } from './context.js'
import { LoginFailures } from './failures.js'
import { problem } from './problem.js'
import { createSessions, type Sessions } from './sessions.js'
import { ownerIn, type Viewer } from './viewer.js'

export interface Gate {
  readonly sessions: Sessions
  /** Of the cookie: two gateways on one host must not end each other's sessions. */
  readonly cookieName: string
  /** Who asks; `undefined` for anybody. Counts nothing. */
  viewer(context: Context<HttpEnv>): Viewer | undefined
  /** Whose token this is. */
  holder(token: string): Viewer | undefined
  /** Who asks, where the guard has let them through. */
  known(context: Context<HttpEnv>): Viewer
  /** Counts a failed login; throws a problem: 401, or 429 after too many tries. */
  refuse(context: Context<HttpEnv>, detail: string): never
  /** Lets operators and owners through. */
  readonly guard: MiddlewareHandler<HttpEnv>
  /** Lets operators alone through; stands behind the guard. */
  readonly operatorOnly: MiddlewareHandler<HttpEnv>
}

export interface GateParts {
  /** The operator's token. */
  token: string
  gatewayId: string
  owners: OwnerTokens
  clock: Clock
}

const signIn =
  'Send "Authorization: Bearer <token>"; the operator’s is in operator.token in the data directory.'

export function createGate({ token, gatewayId, owners, clock }: GateParts): Gate {
  const expected = digest(token)
  const failures = new LoginFailures()
  const cookieName = `fieldproof-${gatewayId}`
  const sessions = createSessions({
    token,
    now: () => clock.now(),
    sessionsFromMs: (owner) => owners.sessionsFromMs(owner),
  })

  function holder(given: string): Viewer | undefined {
    if (timingSafeEqual(digest(given), expected)) return { role: 'operator' }
    const owner = owners.ownerOf(given)
    return owner === undefined ? undefined : { role: 'owner', owner }
  }

  function viewer(context: Context<HttpEnv>): Viewer | undefined {
    const header = context.req.header('Authorization')
    // A page that sends a token means it: a cookie beside it is not looked at.
    if (header !== undefined) {
      const given = /^Bearer ([A-Za-z0-9._~+/-]{1,512}=*)$/i.exec(header)
      return given === null ? undefined : holder(given[1]!)
    }
    return sessions.read(getCookie(context, cookieName) ?? '')?.viewer
  }

  function refuse(context: Context<HttpEnv>, detail: string): never {
    const address = context.env.incoming.socket.remoteAddress ?? ''
    const waitMs = failures.record(address, clock.monotonic())
    if (waitMs > 0)
      throw problem(429, 'Too many requests with a wrong token; try again later.', {
        'Retry-After': String(Math.ceil(waitMs / 1000)),
      })
    throw problem(401, detail, { 'WWW-Authenticate': 'Bearer realm="fieldproof"' })
  }

  const known = (context: Context<HttpEnv>): Viewer => viewer(context) ?? refuse(context, signIn)

  return {
    sessions,
    cookieName,
    viewer,
    holder,
    known,
    refuse,
    guard: async (context, next) => {
      known(context)
      requireOwnPage(context)
      return next()
    },
    operatorOnly: async (context, next) => {
      if (ownerIn(known(context)) !== undefined)
        throw problem(403, 'This is for the operator; an owner may read what is its own.')
      return next()
    },
  }
}

/**
 * Throws a problem (403) where a page of another origin asks for a change with the browser's cookie.
 * A program that sends a token is no page, and no page can send one without asking first.
 */
export function requireOwnPage(context: Context<HttpEnv>): void {
  const { method } = context.req
  if (method === 'GET' || method === 'HEAD') return
  if (context.req.header('Authorization') !== undefined) return
  const site = context.req.header('Sec-Fetch-Site')
  const isOwn = site === undefined ? isOwnOrigin(context) : site === 'same-origin'
  if (!isOwn) throw problem(403, 'Only a page of this gateway may ask for this.')
}

/** Browsers tell the fetch's site only where the connection is secure or local, the origin always. */
function isOwnOrigin(context: Context<HttpEnv>): boolean {
  const origin = context.req.header('Origin')
  return origin !== undefined && origin.replace(/^https?:\/\//, '') === context.req.header('Host')
}

/** Equal lengths for the comparison, whatever was sent. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

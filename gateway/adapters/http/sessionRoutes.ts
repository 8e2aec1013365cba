/** Signing a browser in and out: below `/api/session`, open to anybody. */
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as z from 'zod'
import { parseAddress } from '../../core/device/address.js'
import { httpBodyBytesMax, sessionMsMax, sessionRenewMs } from '../../core/limits.js'
import type { Clock } from '../../ports/clock.js'
import { readBody } from './body.js'
import type { HttpEnv } from './context.js'
import { type Gate, requireOwnPage } from './gate.js'
import type { LoginLinks } from './loginLinks.js'
import { problem } from './problem.js'
import type { Viewer } from './viewer.js'
import type { WalletLogins } from './walletLogins.js'

const text = z.string().min(1).max(512)
const login = z.union([
  z.strictObject({ link: text }),
  z.strictObject({ token: text }),
  z.strictObject({ text: z.string().max(2_048), signature: z.string().max(132) }),
])
const whose = z.strictObject({
  address: z.string().refine((given) => parseAddress(given) !== undefined, {
    message: 'expected 0x and 40 hex digits, in one case or with a right checksum',
  }),
})

type Login = z.output<typeof login>

const refusals = {
  link: 'This link was used before, or is too old: "fieldproof link" makes a new one.',
  token: 'This is no token of this gateway.',
  wallet: 'This wallet did not sign the text, or signed it too late; try again.',
}

function kindOf(given: Login): keyof typeof refusals {
  if ('link' in given) return 'link'
  return 'token' in given ? 'token' : 'wallet'
}

export interface SessionRouteParts {
  gate: Gate
  links: LoginLinks
  wallets: WalletLogins
  clock: Clock
}

export function sessionRoutes(parts: SessionRouteParts): Hono<HttpEnv> {
  const { gate, links, wallets, clock } = parts
  const app = new Hono<HttpEnv>()
  const begin = (context: Context<HttpEnv>, viewer: Viewer): Response => {
    setCookie(context, gate.cookieName, gate.sessions.begin(viewer), {
      path: '/',
      httpOnly: true,
      sameSite: 'Strict',
      maxAge: sessionMsMax / 1000,
      // Over plain HTTP on a LAN a browser would drop a cookie that is marked so.
      secure: context.req.header('X-Forwarded-Proto') === 'https',
    })
    return context.json(viewer)
  }
  const viewerOf = async (given: Login): Promise<Viewer | undefined> => {
    if ('link' in given) return links.redeem(given.link)
    if ('token' in given) return gate.holder(given.token)
    return wallets.redeem(given.text, given.signature)
  }
  app.use(async (context, next) => {
    await next()
    context.header('Cache-Control', 'no-store')
  })
  app.get('/', (context) => {
    const cookie = getCookie(context, gate.cookieName) ?? ''
    const session = gate.sessions.read(cookie)
    if (session === undefined) return context.json(gate.viewer(context) ?? { role: 'public' })
    // A page that is looked at every day never has to sign in again.
    if (clock.now() - session.sinceMs > sessionRenewMs) return begin(context, session.viewer)
    return context.json(session.viewer)
  })
  const small = bodyLimit({
    maxSize: httpBodyBytesMax,
    onError: () => {
      throw problem(413, `A request has at most ${httpBodyBytesMax} bytes.`)
    },
  })
  app.post('/challenge', small, async (context) => {
    requireOwnPage(context)
    const { address } = await readBody(context, whose)
    return context.json({ text: wallets.challenge(parseAddress(address)!) })
  })
  app.post('/', small, async (context) => {
    requireOwnPage(context)
    const given = await readBody(context, login)
    const viewer = await viewerOf(given)
    if (viewer !== undefined) return begin(context, viewer)
    return gate.refuse(context, refusals[kindOf(given)])
  })
  app.delete('/', (context) => {
    requireOwnPage(context)
    gate.sessions.end(getCookie(context, gate.cookieName) ?? '')
    deleteCookie(context, gate.cookieName, { path: '/' })
    return context.json({ role: 'public' })
  })
  return app
}

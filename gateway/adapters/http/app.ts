/** The HTTP face without its socket: every route, its headers and its errors. */
import { Hono } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import { messageOf } from '../../core/failure.js'
import type { Clock } from '../../ports/clock.js'
import type { Dashboard } from '../../ports/dashboard.js'
import type { Health, Operations, PublicLog } from '../../ports/operations.js'
import type { OwnerTokens } from '../../ports/owners.js'
import type { Settlements } from '../../ports/settlements.js'
import type { HttpEnv } from './context.js'
import { outlineRoutes } from './dashboardRoutes.js'
import { epochRoutes } from './epochRoutes.js'
import { type EventHub, eventHub } from './eventHub.js'
import { createGate } from './gate.js'
import type { LoginLinks } from './loginLinks.js'
import { metricsSource } from './metrics.js'
import { operatorRoutes } from './operatorRoutes.js'
import { pageRoutes } from './pages.js'
import { problemResponse, responseOf } from './problem.js'
import { publicRoutes } from './publicRoutes.js'
import { sessionRoutes } from './sessionRoutes.js'
import type { WalletLogins } from './walletLogins.js'

export interface AppParts {
  operations: Operations
  dashboard: Dashboard
  owners: OwnerTokens
  links: LoginLinks
  wallets: WalletLogins
  log: PublicLog
  epochs: Settlements
  health: Health
  clock: Clock
  /** The operator's token. */
  token: string
  /** Where the pages were built. */
  webFolder: string
  /** Told of every bug that a request ran into; the client only learns that there was one. */
  report(message: string): void
}

export function createApp(parts: AppParts): { app: Hono<HttpEnv>; hub: EventHub } {
  const { operations, clock } = parts
  const app = new Hono<HttpEnv>()
  const hub = eventHub(operations)
  const { token, owners, links, dashboard } = parts
  const gate = createGate({ token, gatewayId: parts.log.gateway.id, owners, clock })
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      referrerPolicy: 'no-referrer',
      xFrameOptions: 'DENY',
      // Tiles and checkpoint are for everyone; plain HTTP on a LAN must not be turned into HTTPS.
      crossOriginResourcePolicy: false,
      strictTransportSecurity: false,
    }),
  )
  app.route('/api/session', sessionRoutes({ gate, links, wallets: parts.wallets, clock }))
  app.route('/api', operatorRoutes({ operations, dashboard, owners, links, hub, gate }))
  const metrics = metricsSource(operations, clock)
  app.route('/', publicRoutes({ log: parts.log, health: parts.health, operations, gate, metrics }))
  app.route('/', epochRoutes(parts.epochs))
  app.route('/', outlineRoutes(dashboard))
  app.route('/', pageRoutes(parts.webFolder))
  app.notFound(() => problemResponse(404, 'Nothing is here; the API is described in schemas/.'))
  app.onError((error) => {
    const answer = responseOf(error)
    if (answer !== undefined) return answer
    parts.report(error.stack ?? messageOf(error))
    return problemResponse(500, 'The gateway met a defect; its log says more.')
  })
  return { app, hub }
}

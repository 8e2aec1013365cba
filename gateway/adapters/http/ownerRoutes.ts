/** Owners' tokens and links that sign in, for the operator: below `/api`, behind the token. */
import { Hono } from 'hono'
import * as z from 'zod'
import { parseAddress } from '../../core/device/address.js'
import type { OwnerTokens } from '../../ports/owners.js'
import { readBody } from './body.js'
import type { HttpEnv } from './context.js'
import type { LoginLinks } from './loginLinks.js'
import { problem } from './problem.js'

const address = z.string().refine((text) => parseAddress(text) !== undefined, {
  message: 'expected 0x and 40 hex digits, in one case or with a right checksum',
})
const whose = z.strictObject({ owner: address })
const perhapsWhose = z.strictObject({ owner: address.optional() })

export function ownerRoutes(owners: OwnerTokens, links: LoginLinks): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.get('/owners', (context) => context.json(owners.list()))
  app.post('/owners/token', async (context) => {
    const owner = parseAddress((await readBody(context, whose)).owner)!
    return context.json({ owner, token: await owners.issue(owner) })
  })
  app.post('/owners/revoke', async (context) => {
    const owner = parseAddress((await readBody(context, whose)).owner)!
    if (!(await owners.revoke(owner))) throw problem(404, 'This owner has no token.')
    return context.json({ owner })
  })
  app.post('/links', async (context) => {
    const { owner } = await readBody(context, perhapsWhose)
    const viewer =
      owner === undefined
        ? ({ role: 'operator' } as const)
        : ({ role: 'owner', owner: parseAddress(owner)! } as const)
    return context.json({ path: links.make(viewer) })
  })
  return app
}

/**
 * Links that sign a browser in: each works once, and not for long. The code stands behind the `#` of
 * the address, so that no server log, proxy or preview of the link ever sees or spends it.
 */
import { randomBytes } from 'node:crypto'
import { loginLinkMsMax, loginLinksMax } from '../../core/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { Viewer } from './viewer.js'

export interface LoginLinks {
  /** What to put behind the gateway's address: `/#link=..`. */
  make(viewer: Viewer): string
  /** Who the code is for; it is spent. */
  redeem(code: string): Viewer | undefined
}

export function createLoginLinks(clock: Pick<Clock, 'monotonic'>): LoginLinks {
  const open = new Map<string, { viewer: Viewer; untilMs: number }>()
  return {
    make(viewer) {
      const code = randomBytes(18).toString('base64url')
      open.set(code, { viewer, untilMs: clock.monotonic() + loginLinkMsMax })
      if (open.size > loginLinksMax) open.delete(open.keys().next().value!)
      return `/#link=${code}`
    },
    redeem(code) {
      const found = open.get(code)
      open.delete(code)
      return found !== undefined && clock.monotonic() <= found.untilMs ? found.viewer : undefined
    },
  }
}

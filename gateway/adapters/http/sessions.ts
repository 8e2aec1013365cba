/**
 * Sessions of browsers: a cookie that says who, since when, and carries an HMAC under a key made from
 * the operator's token. Nothing is stored, so a tablet on the wall stays signed in over a restart,
 * and a new operator token ends every session. Those that were left by hand are remembered here.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { sessionMsMax, sessionsLeftMax } from '../../core/limits.js'
import type { Viewer } from './viewer.js'

export interface Sessions {
  /** The text of a new cookie. */
  begin(viewer: Viewer): string
  /** Who shows this cookie, and since when (ms since 1970); `undefined` where it is worth nothing. */
  read(cookie: string): { viewer: Viewer; sinceMs: number } | undefined
  /** From now on the cookie is worth nothing. */
  end(cookie: string): void
}

export interface SessionParts {
  /** The operator's token. */
  token: string
  now(): number
  /** Sessions of an owner that began before have ended. */
  sessionsFromMs(owner: string): number
}

export function createSessions({ token, now, sessionsFromMs }: SessionParts): Sessions {
  const key = createHmac('sha256', token).update('fieldproof session 1').digest()
  const left = new Set<string>()
  const seal = (text: string): string => createHmac('sha256', key).update(text).digest('base64url')

  return {
    begin(viewer) {
      const who = viewer.role === 'operator' ? 'operator' : viewer.owner
      const text = `${who}.${now().toString(36)}.${randomBytes(12).toString('base64url')}`
      return `${text}.${seal(text)}`
    },
    read(cookie) {
      const parts =
        /^((operator|0x[0-9a-fA-F]{40})\.([0-9a-z]{1,10})\.[\w-]{16})\.([\w-]{43})$/.exec(cookie)
      if (parts === null || left.has(cookie)) return undefined
      const [, text, who, since, given] = parts as unknown as [
        string,
        string,
        string,
        string,
        string,
      ]
      if (!timingSafeEqual(Buffer.from(given), Buffer.from(seal(text)))) return undefined
      const sinceMs = Number.parseInt(since, 36)
      if (now() - sinceMs > sessionMsMax) return undefined
      if (who === 'operator') return { viewer: { role: 'operator' }, sinceMs }
      if (sinceMs < sessionsFromMs(who)) return undefined
      return { viewer: { role: 'owner', owner: who }, sinceMs }
    },
    end(cookie) {
      left.add(cookie)
      if (left.size > sessionsLeftMax) left.delete(left.keys().next().value!)
    },
  }
}

import { readJson } from '../../core/json.js'
import { presenceBytesMax, presenceDevicesMax } from '../../core/limits.js'
import type { Presence } from '../../ports/link.js'

/** What a device says on `st` (PROTOCOL 5): `{"on":1,"bc":7,"fw":"1.0.3"}`, Will `{"on":0,"bc":7}`. */
export interface Said {
  online: boolean
  bootCount: number
  firmware: string | undefined
}

/** Reads an `st` payload; `undefined` where it is none. Unknown members are ignored. */
export function parsePresence(payload: Uint8Array): Said | undefined {
  if (payload.length > presenceBytesMax) return undefined
  const value = readJson(payload)
  if (typeof value !== 'object' || value === null) return undefined
  const { on, bc, fw } = value as Record<string, unknown>
  if ((on !== 0 && on !== 1) || !Number.isSafeInteger(bc) || (bc as number) < 0) return undefined
  if (fw !== undefined && (typeof fw !== 'string' || !/^[A-Za-z0-9._+-]{1,32}$/.test(fw)))
    return undefined
  return { online: on === 1, bootCount: bc as number, firmware: fw }
}

/**
 * Who is there. A death with an older boot count is ignored: a broker may deliver the Will of a
 * session after the birth of the one that displaced it. Reports changes only.
 */
export class PresenceTable {
  readonly #report: (presence: Presence) => void
  readonly #known = new Map<string, Said>()

  constructor(report: (presence: Presence) => void) {
    this.#report = report
  }

  /** A message on `st`; false where it could not be read. */
  said(device: string, payload: Uint8Array): boolean {
    const said = parsePresence(payload)
    if (said === undefined) return false
    const known = this.#known.get(device)
    if (!said.online && known !== undefined && said.bootCount < known.bootCount) return true
    this.#set(device, { ...said, firmware: said.firmware ?? known?.firmware })
    return true
  }

  /** A session began or ended at our own broker, whatever the device said of itself. */
  connection(device: string, online: boolean): void {
    const known = this.#known.get(device)
    if (known === undefined && !online) return
    this.#set(device, {
      online,
      bootCount: known?.bootCount ?? 0,
      firmware: known?.firmware,
    })
  }

  #set(device: string, next: Said): void {
    const known = this.#known.get(device)
    if (known === undefined && this.#known.size >= presenceDevicesMax) return
    const same =
      known?.online === next.online &&
      known.bootCount === next.bootCount &&
      known.firmware === next.firmware
    if (same) return
    this.#known.set(device, next)
    this.#report({ device, ...next })
  }
}

/** Who buys: names, tokens, and what each may ask for (PROTOCOL 5, 8, 10). */
import { toB64u, toHex, utf8 } from '../bytes.js'
import { sha256 } from '../crypto.js'
import { cellParent, cellResolution } from '../device/cell.js'
import { allMetrics } from '../topic.js'

/** What the operator granted. */
export interface BuyerGrant {
  /** Names of metrics, or `all` alone. */
  readonly metrics: readonly string[]
  /** Cells inside which rows may be asked for; `undefined`: anywhere. */
  readonly cells: readonly string[] | undefined
  /** Account that may log in with its signature, EIP-55; `undefined`: the token alone. */
  readonly wallet: string | undefined
}

const nameForm = /^[a-z0-9-]{1,32}$/
const deviceForm = /^[a-z2-7]{13}$/

/** Whether a text may name a buyer: 1 to 32 of a-z, 0-9 and -, and not of the form of a deviceId. */
export function isBuyerName(text: string): boolean {
  return nameForm.test(text) && !deviceForm.test(text)
}

/**
 * Whether an MQTT client id is the buyer's: its name, or the name, `/` and up to 32 of A-Z, a-z, 0-9, `_`
 * and `-`, so that one program can listen while another asks. No other buyer's id begins like that.
 */
export function isClientOf(name: string, clientId: string): boolean {
  if (clientId === name) return true
  return (
    isBuyerName(name) && clientId.startsWith(`${name}/`) && suffix.test(clientId.slice(name.length))
  )
}

const suffix = /^\/[A-Za-z0-9_-]{1,32}$/

/** Bytes of chance in a token: nobody guesses it, so a plain hash of it may lie on disk. */
export const tokenBytes = 32

/** The token of so many random bytes: `fp_` and 43 characters. */
export function formatToken(random: Uint8Array): string {
  return `fp_${toB64u(random)}`
}

/** What is kept of a token: its SHA-256 in hex. */
export function hashToken(token: string): string {
  return toHex(sha256(utf8(token)))
}

/** Why a grant does not hold a request; `undefined` where it does. */
export function grantFault(
  grant: BuyerGrant,
  metric: string,
  cells: readonly string[],
): string | undefined {
  const { metrics } = grant
  if (!metrics.includes(allMetrics) && !metrics.includes(metric))
    return `You were granted ${metrics.join(', ')}, not ${metric}.`
  const outside = cells.find((cell) => !holdsCell(grant, cell))
  return outside === undefined ? undefined : `The cell ${outside} is in none that you were granted.`
}

function holdsCell({ cells }: BuyerGrant, cell: string): boolean {
  if (cells === undefined) return true
  const resolution = cellResolution(cell)!
  return cells.some((granted) => {
    const outer = cellResolution(granted)
    return outer !== undefined && outer <= resolution && cellParent(cell, outer) === granted
  })
}

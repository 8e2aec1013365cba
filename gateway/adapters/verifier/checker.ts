/**
 * Form, signature and profile of readings, in the thread that calls. The order is that of PROTOCOL
 * 2.2: all of the form first, then the signature, then the profile.
 */
import { hash } from 'node:crypto'
import { parseSign1, signedForm } from '../../core/cose/sign1.js'
import { parsePack, type Value } from '../../core/senml/pack.js'
import { parseReadingHeader } from '../../core/senml/reading.js'
import { accept, type Reason, type Result } from '../../core/verdict.js'
import type { Backend, KeyVerifier } from './backend.js'

/** What one reading says, before it is packed for the way back. */
export interface Finding {
  /** 8 bytes, a view of the message. */
  kid: Uint8Array
  seq: number
  known: boolean
  signature: boolean
  profile: { reason: Reason; detail: string } | undefined
  timeMin: number
  timeMax: number
}

export interface Checker {
  /** `undefined` takes the key away. */
  setKey(kid: Uint8Array, key: Uint8Array | undefined): void
  /** `malformed`, or what the message says. */
  check(message: Uint8Array): Result<Finding>
}

/** A checker of one network, with a key table of its own. */
export function createChecker(network: string, backend: Backend): Checker {
  const keys = new Map<string, KeyVerifier>()
  const signedBytes = signedForm('rd', network)
  return {
    setKey(kid, key) {
      if (key === undefined) keys.delete(nameOf(kid))
      else keys.set(nameOf(kid), backend.verifierOf(key))
    },
    check(message) {
      const sign1 = parseSign1(message)
      if (!sign1.ok) return sign1
      const { protectedBytes, payload, signature } = sign1.value
      const header = parseReadingHeader(protectedBytes)
      if (!header.ok) return header
      const pack = parsePack(payload)
      if (!pack.ok && pack.reason === 'malformed') return pack
      const { kid, seq } = header.value
      const verify = keys.get(nameOf(kid))
      const signed = verify && signedBytes(protectedBytes, payload)
      return accept({
        kid,
        seq,
        known: verify !== undefined,
        signature: signed !== undefined && verify!(signature, signed),
        profile: pack.ok ? undefined : { reason: pack.reason, detail: pack.detail },
        ...spanOf(pack.ok ? pack.value : []),
      })
    },
  }
}

/** SHA-256, 32 bytes. */
export function sha256Of(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

/** A kid as a short map key: one character per byte. */
function nameOf(kid: Uint8Array): string {
  return String.fromCharCode(kid[0]!, kid[1]!, kid[2]!, kid[3]!, kid[4]!, kid[5]!, kid[6]!, kid[7]!)
}

function spanOf(values: readonly Value[]): { timeMin: number; timeMax: number } {
  let timeMin = Number.NaN
  let timeMax = Number.NaN
  for (const { time } of values) {
    // Written so that the first comparison, with NaN, is true.
    if (!(time >= timeMin)) timeMin = time
    if (!(time <= timeMax)) timeMax = time
  }
  return { timeMin, timeMax }
}

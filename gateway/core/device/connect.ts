/** The connect token `co` (PROTOCOL 2.3): the MQTT password of a device, base64url of COSE bytes. */
import { fromB64u, toB64u } from '../bytes.js'
import type { CborMap, CborValue } from '../cbor/codec.js'
import { connectTokenSecMax, messageBytesMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { checkCnf, cnfClaim, encodeCnf, networkClaim, parseCnf } from './cnf.js'
import {
  integerClaim,
  type KeyHolder,
  type OpenedClaims,
  openClaims,
  sealClaims,
  type VerifySignature,
} from './message.js'

export const connectTyp = 'fp-connect+cwt'

const expClaim = 4

export interface ConnectToken {
  opened: OpenedClaims
  /** 8 bytes. */
  kid: Uint8Array
  /** 32 bytes. */
  key: Uint8Array
  /** Unix seconds; absent where the device has no clock. */
  exp: number | undefined
}

/** The password of a device. `exp`: Unix seconds, at most 1 h ahead. */
export function encodeConnectToken(holder: KeyHolder, network: string, exp?: number): string {
  const claims: CborMap = new Map<CborValue, CborValue>([
    [networkClaim, network],
    [cnfClaim, encodeCnf(holder.publicKey)],
  ])
  if (exp !== undefined) claims.set(expClaim, exp)
  return toB64u(sealClaims('co', claims, holder, network, connectTyp))
}

/** Form only, of the password as text. */
export function parseConnectToken(password: string): Result<ConnectToken> {
  if (password.length > 2 * messageBytesMax) return refuse('malformed', 'password is too long')
  const bytes = fromB64u(password)
  if (bytes === undefined) return refuse('malformed', 'password is not base64url')
  const opened = openClaims(bytes, [networkClaim, cnfClaim], [expClaim], connectTyp)
  if (!opened.ok) return opened
  const { claims, header } = opened.value
  const key = parseCnf(claims)
  if (!key.ok) return key
  const exp = integerClaim(claims, expClaim, 0, Number.MAX_SAFE_INTEGER)
  if (claims.has(expClaim) && exp === undefined)
    return refuse('malformed', 'exp is not a time in Unix seconds')
  return accept({ opened: opened.value, kid: header.kid.slice(), key: key.value, exp })
}

/**
 * Signature, kid, network and expiry. `registered`: the key registered under this kid, where there
 * is one; it must equal the key in the token. `nowSec`: Unix seconds.
 */
export function verifyConnectToken(
  token: ConnectToken,
  network: string,
  nowSec: number,
  verify: VerifySignature,
  registered?: Uint8Array,
): Result<undefined> {
  if (token.exp !== undefined && token.exp <= nowSec)
    return refuse('bad-time', 'the connect token has expired')
  if (token.exp !== undefined && token.exp > nowSec + connectTokenSecMax)
    return refuse('bad-time', 'the connect token expires more than an hour ahead')
  return checkCnf(token.opened, token.key, 'co', network, verify, registered)
}

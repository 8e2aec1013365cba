/** What `en` and `co` share: a key that vouches for itself inside claim 8 (PROTOCOL 2.3, RFC 8747). */
import { equal } from '../bytes.js'
import type { CborMap, CborValue } from '../cbor/codec.js'
import { coseKey, parseCoseKey } from '../cose/header.js'
import type { Kind } from '../cose/sign1.js'
import { accept, type Result, refuse } from '../verdict.js'
import { kidOf } from './key.js'
import { isSignedBy, type OpenedClaims, type VerifySignature } from './message.js'

export const networkClaim = 3
export const cnfClaim = 8

/** `{1: COSE_Key}` of a 32-byte public key. */
export function encodeCnf(publicKey: Uint8Array): CborMap {
  return new Map<CborValue, CborValue>([[1, coseKey(publicKey)]])
}

/** The key in a cnf claim: a copy of its 32 bytes. */
export function parseCnf(claims: CborMap): Result<Uint8Array> {
  const cnf = claims.get(cnfClaim)
  if (!(cnf instanceof Map) || cnf.size !== 1)
    return refuse('malformed', 'cnf is not {1: COSE_Key}')
  const key = parseCoseKey(cnf.get(1))
  return key.ok ? accept(key.value.slice()) : key
}

/**
 * Whether the message is signed by the key inside it, and the kid is that key's. For a kid that is
 * registered, `registered` is its key: the key inside must be the same byte for byte, because two
 * keys can be made to share a kid.
 */
export function checkCnf(
  opened: OpenedClaims,
  key: Uint8Array,
  kind: Kind,
  network: string,
  verify: VerifySignature,
  registered?: Uint8Array,
): Result<undefined> {
  if (registered !== undefined && !equal(registered, key))
    return refuse('bad-signature', 'another key is registered under this kid')
  if (!isSignedBy(opened, kind, network, key, verify))
    return refuse('bad-signature', 'the key in cnf did not sign this for this network')
  if (!equal(opened.header.kid, kidOf(key)))
    return refuse('malformed', 'kid is not the thumbprint of the key in cnf')
  if (opened.claims.get(networkClaim) !== network)
    return refuse('malformed', 'claim 3 names another network')
  return accept(undefined)
}

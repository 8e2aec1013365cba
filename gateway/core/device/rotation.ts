/** Key rotation `ro` and self-revocation `rv` (PROTOCOL 2.3). */
import { equal, uintBytes, uintOf } from '../bytes.js'
import { type CborMap, type CborValue, encode } from '../cbor/codec.js'
import { isEnrollableKey } from '../crypto.js'
import { accept, type Result, refuse } from '../verdict.js'
import { cnfClaim, encodeCnf, parseCnf } from './cnf.js'
import { isDeviceId, kidOf } from './key.js'
import {
  integerClaim,
  isSignedBy,
  type KeyHolder,
  type Opened,
  type OpenedClaims,
  openClaims,
  openMessage,
  readClaims,
  sealClaims,
  sealPayload,
  type VerifySignature,
} from './message.js'

const deviceClaim = 2
const iatClaim = 6
const seqClaim = 7

/** What `ro` and `rv` say: which device, when (Unix seconds, as the device sees it), which sequence. */
export interface StatementFields {
  device: string
  iat: number
  seq: number
}

export interface Rotation extends StatementFields {
  /** Signed by the new key over the bytes of `inner`. */
  outer: Opened
  /** Signed by the old key. */
  inner: OpenedClaims
  /** 8 bytes each. */
  oldKid: Uint8Array
  newKid: Uint8Array
  /** 32 bytes. */
  newKey: Uint8Array
}

export interface SelfRevocation extends StatementFields {
  opened: OpenedClaims
  /** 8 bytes. */
  kid: Uint8Array
}

/** The COSE bytes of an `ro`. */
export function encodeRotation(
  fields: StatementFields,
  oldHolder: KeyHolder,
  newHolder: KeyHolder,
  network: string,
): Uint8Array {
  const claims = statementClaims(fields).set(cnfClaim, encodeCnf(newHolder.publicKey))
  const inner = sealPayload('ro', encode(claims), oldHolder, network)
  return sealPayload('ro', inner, newHolder, network)
}

/** The COSE bytes of an `rv`. */
export function encodeSelfRevocation(
  fields: StatementFields,
  holder: KeyHolder,
  network: string,
): Uint8Array {
  return sealClaims('rv', statementClaims(fields), holder, network)
}

/** Claim 7 is encoded as the sequence of a reading (2.1): big-endian, minimal, a byte string. */
function statementClaims(fields: StatementFields): CborMap {
  return new Map<CborValue, CborValue>([
    [deviceClaim, fields.device],
    [iatClaim, fields.iat],
    [seqClaim, uintBytes(fields.seq)],
  ])
}

/** Form only; neither signature is tried. */
export function parseRotation(bytes: Uint8Array): Result<Rotation> {
  const outer = openMessage(bytes)
  if (!outer.ok) return outer
  const innerMessage = openMessage(outer.value.payload)
  if (!innerMessage.ok) return innerMessage
  const claims = readClaims(
    innerMessage.value.payload,
    [deviceClaim, iatClaim, seqClaim, cnfClaim],
    [],
  )
  if (!claims.ok) return claims
  const statement = parseStatement(claims.value)
  if (!statement.ok) return statement
  const newKey = parseCnf(claims.value)
  if (!newKey.ok) return newKey
  return accept({
    ...statement.value,
    outer: outer.value,
    inner: { ...innerMessage.value, claims: claims.value },
    oldKid: innerMessage.value.header.kid.slice(),
    newKid: outer.value.header.kid.slice(),
    newKey: newKey.value,
  })
}

/** Form only; the signature is not tried. */
export function parseSelfRevocation(bytes: Uint8Array): Result<SelfRevocation> {
  const opened = openClaims(bytes, [deviceClaim, iatClaim, seqClaim], [])
  if (!opened.ok) return opened
  const statement = parseStatement(opened.value.claims)
  if (!statement.ok) return statement
  return accept({
    ...statement.value,
    opened: opened.value,
    kid: opened.value.header.kid.slice(),
  })
}

function parseStatement(claims: CborMap): Result<StatementFields> {
  const device = claims.get(deviceClaim)
  const iat = integerClaim(claims, iatClaim, 0, Number.MAX_SAFE_INTEGER)
  const seqBytes = claims.get(seqClaim)
  const seq = seqBytes instanceof Uint8Array ? uintOf(seqBytes) : undefined
  if (typeof device !== 'string' || !isDeviceId(device))
    return refuse('malformed', 'claim 2 is not a device id')
  if (iat === undefined) return refuse('malformed', 'claim 6 is not a time in Unix seconds')
  if (seq === undefined) return refuse('malformed', 'claim 7 is not a sequence number')
  return accept({ device, iat, seq })
}

/**
 * Both signatures, the new kid, and that the new key may be enrolled at all. `oldKey`: what is
 * registered under the inner kid. Whether the device may rotate now is the registry's to say.
 */
export function verifyRotation(
  rotation: Rotation,
  oldKey: Uint8Array,
  network: string,
  verify: VerifySignature,
): Result<undefined> {
  if (!isSignedBy(rotation.inner, 'ro', network, oldKey, verify))
    return refuse('bad-signature', 'the old key did not sign this rotation')
  if (!isSignedBy(rotation.outer, 'ro', network, rotation.newKey, verify))
    return refuse('bad-signature', 'the new key did not sign this rotation')
  if (!equal(rotation.newKid, kidOf(rotation.newKey)))
    return refuse('malformed', 'the outer kid is not the thumbprint of the new key')
  return isEnrollableKey(rotation.newKey)
    ? accept(undefined)
    : refuse('bad-signature', 'the new key is not a canonical point of prime order')
}

/** The signature of an `rv` under the key that is registered for its kid. */
export function verifySelfRevocation(
  revocation: SelfRevocation,
  key: Uint8Array,
  network: string,
  verify: VerifySignature,
): Result<undefined> {
  return isSignedBy(revocation.opened, 'rv', network, key, verify)
    ? accept(undefined)
    : refuse('bad-signature', 'the registered key did not sign this revocation')
}

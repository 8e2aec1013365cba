/**
 * What every signed message but a reading has in common (PROTOCOL 2): a protected header with the
 * signer's kid, a map of claims, and a signature that binds kind and network.
 */
import { type CborMap, type CborValue, decode, encode } from '../cbor/codec.js'
import { encodeHeader, type Header, parseHeader } from '../cose/header.js'
import { assembleSign1, type Kind, parseSign1, type Sign1, toBeSigned } from '../cose/sign1.js'
import { messageBytesMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { kidOf } from './key.js'

/** Whoever holds an Ed25519 key: a device in the simulator, the gateway itself. */
export interface KeyHolder {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** RFC 8032 signature, 64 bytes, over exactly `message`. */
  sign(message: Uint8Array): Uint8Array
}

/** Ed25519 under the one criterion of PROTOCOL 1. */
export type VerifySignature = (
  signature: Uint8Array,
  message: Uint8Array,
  key: Uint8Array,
) => boolean

/** A message of the right shape; nothing is known of its signature yet. */
export interface Opened extends Sign1 {
  header: Header
}

/** A message whose payload is a map of claims. */
export interface OpenedClaims extends Opened {
  claims: CborMap
}

/** Signs claims as a message of a kind; alg -8, kid of the holder. */
export function sealClaims(
  kind: Kind,
  claims: CborMap,
  holder: KeyHolder,
  network: string,
  typ?: string,
): Uint8Array {
  return sealPayload(kind, encode(claims), holder, network, typ)
}

/** Signs payload bytes as they are. */
export function sealPayload(
  kind: Kind,
  payload: Uint8Array,
  holder: KeyHolder,
  network: string,
  typ?: string,
): Uint8Array {
  const header: Header = { alg: -8, kid: kidOf(holder.publicKey) }
  const protectedBytes = encodeHeader(typ === undefined ? header : { ...header, typ })
  const signature = holder.sign(toBeSigned(kind, network, protectedBytes, payload))
  return assembleSign1(protectedBytes, payload, signature)
}

/** Size, COSE_Sign1 and header; `typ` is what parameter 16 must be, absent where it must be absent. */
export function openMessage(bytes: Uint8Array, typ?: string): Result<Opened> {
  if (bytes.length > messageBytesMax) return refuse('malformed', 'message is too long')
  const sign1 = parseSign1(bytes)
  if (!sign1.ok) return sign1
  const header = parseHeader(sign1.value.protectedBytes, typ)
  if (!header.ok) return header
  return accept({ ...sign1.value, header: header.value })
}

/** As `openMessage`, with the payload a map that has all of `required` and nothing beyond `optional`. */
export function openClaims(
  bytes: Uint8Array,
  required: readonly number[],
  optional: readonly number[],
  typ?: string,
): Result<OpenedClaims> {
  const opened = openMessage(bytes, typ)
  if (!opened.ok) return opened
  const claims = readClaims(opened.value.payload, required, optional)
  return claims.ok ? accept({ ...opened.value, claims: claims.value }) : claims
}

/** A map of integer keys: all of `required`, any of `optional`, no other. */
export function readClaims(
  payload: Uint8Array,
  required: readonly number[],
  optional: readonly number[],
): Result<CborMap> {
  const decoded = decode(payload)
  if (!decoded.ok) return decoded
  if (!(decoded.value instanceof Map)) return refuse('malformed', 'payload is not a map')
  const claims: CborMap = decoded.value
  for (const key of required)
    if (!claims.has(key)) return refuse('malformed', `claim ${key} is missing`)
  for (const key of claims.keys()) {
    const isKnown = typeof key === 'number' && (required.includes(key) || optional.includes(key))
    if (!isKnown) return refuse('malformed', 'payload has a claim that this kind does not have')
  }
  return accept(claims)
}

/** Whether a message of this kind and network was signed by this key. */
export function isSignedBy(
  message: Sign1,
  kind: Kind,
  network: string,
  key: Uint8Array,
  verify: VerifySignature,
): boolean {
  const signed = toBeSigned(kind, network, message.protectedBytes, message.payload)
  return verify(message.signature, signed, key)
}

/** The claim where it is text of 1 to `charsMax` characters, none of them a control character. */
export function textClaim(claims: CborMap, key: number, charsMax: number): string | undefined {
  return plainText(claims.get(key), charsMax)
}

/** A text that fits on one line and cannot move a terminal's cursor. */
export function plainText(value: CborValue | undefined, charsMax: number): string | undefined {
  if (typeof value !== 'string' || value.length === 0 || value.length > charsMax) return undefined
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(value) ? undefined : value
}

/** The claim where it is a byte string of that many bytes; a copy, so that it outlives the message. */
export function bytesClaim(
  claims: CborMap,
  key: number,
  bytesMin: number,
  bytesMax: number,
): Uint8Array | undefined {
  const value = claims.get(key)
  if (!(value instanceof Uint8Array)) return undefined
  return value.length >= bytesMin && value.length <= bytesMax ? value.slice() : undefined
}

/** The claim where it is an integer in [min, max]. */
export function integerClaim(
  claims: CborMap,
  key: number,
  min: number,
  max: number,
): number | undefined {
  const value = claims.get(key)
  return typeof value === 'number' && value >= min && value <= max ? value : undefined
}

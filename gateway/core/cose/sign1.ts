/**
 * COSE_Sign1 (RFC 9052 section 4.2) as PROTOCOL 2 narrows it: tag 18, empty unprotected map,
 * protected map not empty, 64-byte Ed25519 signature.
 */
import { concat, utf8 } from '../bytes.js'
import { decode, Tagged } from '../cbor/codec.js'
import { messageBytesMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'

/** What a message is; signed with it through `external_aad`. */
export type Kind = 'rd' | 'en' | 'co' | 'ro' | 'rv' | 'tm' | 'cm' | 'rc' | 'ep' | 'ap'

/** The parts of a message; views of its bytes where it was parsed. */
export interface Sign1 {
  /** The encoded protected header. */
  protectedBytes: Uint8Array
  payload: Uint8Array
  /** 64 bytes. */
  signature: Uint8Array
}

const arrayOf4 = 0x84
const tag18ArrayOf4 = Uint8Array.of(0xd2, arrayOf4)
const emptyMap = Uint8Array.of(0xa0)
/** `["Signature1", ...` of RFC 9052 section 4.4. */
const signature1 = concat(Uint8Array.of(arrayOf4, 0x6a), utf8('Signature1'))

/**
 * Takes a message of at most `messageBytesMax` bytes apart. `malformed` unless it has this exact
 * form; header and payload are not yet read.
 */
export function parseSign1(bytes: Uint8Array): Result<Sign1> {
  if (bytes.length > messageBytesMax)
    return refuse('malformed', `longer than ${messageBytesMax} bytes`)
  const message = decode(bytes)
  if (!message.ok) return message
  const { value } = message
  if (!(value instanceof Tagged) || value.tag !== 18) return refuse('malformed', 'not tag 18')
  if (!Array.isArray(value.value) || value.value.length !== 4)
    return refuse('malformed', 'not an array of 4')
  const [protectedBytes, unprotected, payload, signature] = value.value
  if (!(protectedBytes instanceof Uint8Array) || protectedBytes.length === 0)
    return refuse('malformed', 'the protected header is not a filled byte string')
  if (!(unprotected instanceof Map) || unprotected.size !== 0)
    return refuse('malformed', 'the unprotected header is not an empty map')
  if (!(payload instanceof Uint8Array)) return refuse('malformed', 'the payload is not bytes')
  if (!(signature instanceof Uint8Array) || signature.length !== 64)
    return refuse('malformed', 'the signature is not 64 bytes')
  return accept({ protectedBytes, payload, signature })
}

/**
 * What is signed: `["Signature1", protected, external_aad, payload]` (RFC 9052 section 4.4) with
 * `external_aad` = `FP1:<kind>:<network>`.
 */
export function toBeSigned(
  kind: Kind,
  network: string,
  protectedBytes: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const aad = utf8(`FP1:${kind}:${network}`)
  return concat(
    signature1,
    bytesHead(protectedBytes.length),
    protectedBytes,
    bytesHead(aad.length),
    aad,
    bytesHead(payload.length),
    payload,
  )
}

/** The message of its parts. The parts are written as they are given. */
export function assembleSign1(
  protectedBytes: Uint8Array,
  payload: Uint8Array,
  signature: Uint8Array,
): Uint8Array {
  return concat(
    tag18ArrayOf4,
    bytesHead(protectedBytes.length),
    protectedBytes,
    emptyMap,
    bytesHead(payload.length),
    payload,
    bytesHead(signature.length),
    signature,
  )
}

/** Head of a byte string below 64 KiB in its shortest form (RFC 8949 section 3). */
function bytesHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 | length)
  if (length < 256) return Uint8Array.of(0x58, length)
  return Uint8Array.of(0x59, length >> 8, length & 0xff)
}

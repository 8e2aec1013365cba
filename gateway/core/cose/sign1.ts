/**
 * COSE_Sign1 (RFC 9052 section 4.2) as PROTOCOL 2 narrows it: tag 18, empty unprotected map,
 * protected map not empty, 64-byte Ed25519 signature.
 */
import { concat, utf8 } from '../bytes.js'
import { walk } from '../cbor/walk.js'
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
  const fault = walk(bytes)
  if (fault !== undefined) return refuse('malformed', fault)
  // What has been walked is well-formed, and in deterministic encoding each part has one spelling.
  if (bytes[0] !== tag18ArrayOf4[0]) return refuse('malformed', 'not tag 18')
  if (bytes[1] !== arrayOf4) return refuse('malformed', 'not an array of 4')
  const protectedBytes = byteStringAt(bytes, 2)
  if (protectedBytes === undefined || protectedBytes.length === 0)
    return refuse('malformed', 'the protected header is not a filled byte string')
  const unprotected = endOf(bytes, protectedBytes)
  if (bytes[unprotected] !== emptyMap[0])
    return refuse('malformed', 'the unprotected header is not an empty map')
  const payload = byteStringAt(bytes, unprotected + 1)
  if (payload === undefined) return refuse('malformed', 'the payload is not bytes')
  const signature = byteStringAt(bytes, endOf(bytes, payload))
  if (signature?.length !== 64) return refuse('malformed', 'the signature is not 64 bytes')
  return accept({ protectedBytes, payload, signature })
}

/** The byte string that begins at `at` in a walked message, a view; `undefined` for another item. */
function byteStringAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  const head = bytes[at]!
  if (head >= 0x40 && head < 0x58) return bytes.subarray(at + 1, at + 1 + head - 0x40)
  if (head === 0x58) return bytes.subarray(at + 2, at + 2 + bytes[at + 1]!)
  if (head !== 0x59) return undefined
  return bytes.subarray(at + 3, at + 3 + ((bytes[at + 1]! << 8) | bytes[at + 2]!))
}

/** Where a view of a message ends in it. */
function endOf(bytes: Uint8Array, view: Uint8Array): number {
  return view.byteOffset - bytes.byteOffset + view.length
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
  return signedForm(kind, network)(protectedBytes, payload)
}

/** `toBeSigned` for many messages of one kind and network. */
export function signedForm(
  kind: Kind,
  network: string,
): (protectedBytes: Uint8Array, payload: Uint8Array) => Uint8Array {
  const text = utf8(`FP1:${kind}:${network}`)
  const aad = concat(bytesHead(text.length), text)
  return (protectedBytes, payload) =>
    concat(
      signature1,
      bytesHead(protectedBytes.length),
      protectedBytes,
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

/**
 * A reading (`rd`, PROTOCOL 2.1): its protected header and its SenML-CBOR pack (RFC 8428). Form is
 * judged as `malformed`, meaning as `out-of-profile`: the gateway tries the signature in between.
 */
import { uintBytes, uintOf } from '../bytes.js'
import { type CborValue, decode, encode } from '../cbor/codec.js'
import { type Algorithm, isAlgorithm, isKeyId } from '../cose/header.js'
import { parseSign1, type Sign1 } from '../cose/sign1.js'
import { accept, type Result, refuse } from '../verdict.js'
import { parsePack, type Value } from './pack.js'

/** Who sent a reading, and which one it is. */
export interface ReadingHeader {
  alg: Algorithm
  /** 8 bytes. */
  kid: Uint8Array
  /** Counter of the device, 0 to 2^53 - 1. */
  seq: number
}

const headerAlg = 1
const headerContentType = 3
const headerKid = 4
const headerCwtClaims = 15
const claimCti = 7
/** CoAP content format senml+cbor (RFC 8428 section 12.3.1). */
const senmlCbor = 112

const noKid = new Uint8Array(8)

/** `{1: alg, 3: 112, 4: kid, 15: {7: seq}}`. */
export function encodeReadingHeader(header: ReadingHeader): Uint8Array {
  const claims = new Map<CborValue, CborValue>([[claimCti, uintBytes(header.seq)]])
  return encode(
    new Map<CborValue, CborValue>([
      [headerAlg, header.alg],
      [headerContentType, senmlCbor],
      [headerKid, header.kid],
      [headerCwtClaims, claims],
    ]),
  )
}

/** Reads exactly that header, otherwise `malformed`. The kid is a view. */
export function parseReadingHeader(protectedBytes: Uint8Array): Result<ReadingHeader> {
  const header = readHeader(protectedBytes)
  return header === undefined ? refuse('malformed', faultOf(protectedBytes)) : accept(header)
}

/** The header up to the head of its sequence; 0 where algorithm and kid stand. */
const pattern = Uint8Array.of(0xa4, 1, 0, 3, 0x18, senmlCbor, 4, 0x48, ...noKid, 0x0f, 0xa1, 7)
const algAt = 2
const kidAt = 8
const seqHeadAt = pattern.length

/** Deterministic encoding leaves this header one spelling, so its bytes are compared with it. */
function readHeader(bytes: Uint8Array): ReadingHeader | undefined {
  for (let at = 0; at < seqHeadAt; at++) {
    const isFree = at === algAt || (at >= kidAt && at < kidAt + 8)
    if (!isFree && bytes[at] !== pattern[at]) return undefined
  }
  // A negative integer -1 - n in one byte is 20 + n (RFC 8949 section 3.1).
  const alg = 0x1f - bytes[algAt]!
  const cti = bytes.subarray(seqHeadAt + 1)
  if (!isAlgorithm(alg) || bytes[seqHeadAt] !== 0x40 + cti.length) return undefined
  const seq = uintOf(cti)
  return seq === undefined ? undefined : { alg, kid: bytes.subarray(kidAt, kidAt + 8), seq }
}

/** What is wrong with a header, for people. */
function faultOf(protectedBytes: Uint8Array): string {
  const header = decode(protectedBytes)
  if (!header.ok) return header.detail
  const { value } = header
  if (!(value instanceof Map) || value.size !== 4)
    return 'the protected header does not have the 4 keys of a reading'
  if (!isAlgorithm(value.get(headerAlg))) return 'the algorithm is neither -8 nor -19'
  if (value.get(headerContentType) !== senmlCbor) return 'the content type is not 112'
  if (!isKeyId(value.get(headerKid))) return 'the key id is not 8 bytes'
  return 'the claims are not one sequence number of 1 to 7 shortest bytes'
}

/**
 * Everything that a reading says by itself; signature, device and time are the caller's. `malformed`
 * comes before `out-of-profile`.
 */
export function decodeReading(
  message: Uint8Array,
): Result<{ header: ReadingHeader; sign1: Sign1; values: Value[] }> {
  const sign1 = parseSign1(message)
  if (!sign1.ok) return sign1
  const header = parseReadingHeader(sign1.value.protectedBytes)
  if (!header.ok) return header
  const values = parsePack(sign1.value.payload)
  if (!values.ok) return values
  return accept({ header: header.value, sign1: sign1.value, values: values.value })
}

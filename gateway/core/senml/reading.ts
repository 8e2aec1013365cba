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

/** Reads exactly that header, otherwise `malformed`. */
export function parseReadingHeader(protectedBytes: Uint8Array): Result<ReadingHeader> {
  const header = decode(protectedBytes)
  if (!header.ok) return header
  const { value } = header
  if (!(value instanceof Map) || value.size !== 4)
    return refuse('malformed', 'the protected header does not have the 4 keys of a reading')
  const alg = value.get(headerAlg)
  const kid = value.get(headerKid)
  if (!isAlgorithm(alg)) return refuse('malformed', 'the algorithm is neither -8 nor -19')
  if (value.get(headerContentType) !== senmlCbor)
    return refuse('malformed', 'the content type is not 112')
  if (!isKeyId(kid)) return refuse('malformed', 'the key id is not 8 bytes')
  const seq = sequenceOf(value.get(headerCwtClaims))
  if (seq === undefined)
    return refuse('malformed', 'the claims are not one sequence number of 1 to 7 shortest bytes')
  return accept({ alg, kid, seq })
}

function sequenceOf(claims: CborValue | undefined): number | undefined {
  if (!(claims instanceof Map) || claims.size !== 1) return undefined
  const cti = claims.get(claimCti)
  return cti instanceof Uint8Array ? uintOf(cti) : undefined
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

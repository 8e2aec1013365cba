/** Protected headers of every kind but `rd`, and the COSE_Key of an Ed25519 key (PROTOCOL 2). */
import { type CborMap, type CborValue, decode, encode } from '../cbor/codec.js'
import { accept, type Result, refuse } from '../verdict.js'

/** -8 is EdDSA (RFC 9053), -19 is Ed25519 (RFC 9864); both mean Ed25519 here. */
export type Algorithm = -8 | -19

export interface Header {
  alg: Algorithm
  /** Key id of the signer, 8 bytes. */
  kid: Uint8Array
  /** Header parameter 16 (RFC 9596): `en` and `co` only. */
  typ?: string
}

const headerAlg = 1
const headerKid = 4
const headerTyp = 16
const keyIdBytes = 8

/** Whether a decoded header value is an algorithm that PROTOCOL 2 accepts. */
export function isAlgorithm(value: CborValue | undefined): value is Algorithm {
  return value === -8 || value === -19
}

/** Whether a decoded header value has the form of a key id. */
export function isKeyId(value: CborValue | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length === keyIdBytes
}

/** `{1: alg, 4: kid}`, plus 16 where there is a `typ`. */
export function encodeHeader(header: Header): Uint8Array {
  const map: CborMap = new Map<CborValue, CborValue>([
    [headerAlg, header.alg],
    [headerKid, header.kid],
  ])
  if (header.typ !== undefined) map.set(headerTyp, header.typ)
  return encode(map)
}

/**
 * Reads a protected header of exactly these keys, with exactly this `typ` (none where it is not
 * given). Otherwise `malformed`.
 */
export function parseHeader(bytes: Uint8Array, typ?: string): Result<Header> {
  const header = decode(bytes)
  if (!header.ok) return header
  const { value } = header
  if (!(value instanceof Map) || value.size !== (typ === undefined ? 2 : 3))
    return refuse('malformed', 'the protected header does not have the keys of its kind')
  const alg = value.get(headerAlg)
  const kid = value.get(headerKid)
  if (!isAlgorithm(alg)) return refuse('malformed', 'the algorithm is neither -8 nor -19')
  if (!isKeyId(kid)) return refuse('malformed', 'the key id is not 8 bytes')
  if (typ === undefined) return accept({ alg, kid })
  if (value.get(headerTyp) !== typ) return refuse('malformed', `the type is not ${typ}`)
  return accept({ alg, kid, typ })
}

/** `{1: 1 (OKP), -1: 6 (Ed25519), -2: key}` (RFC 9053 section 7.2) as a value, key of 32 bytes. */
export function coseKey(publicKey: Uint8Array): CborMap {
  return new Map<CborValue, CborValue>([
    [1, 1],
    [-1, 6],
    [-2, publicKey],
  ])
}

/** `coseKey`, encoded: also what the RFC 9679 thumbprint is taken over. */
export function encodeCoseKey(publicKey: Uint8Array): Uint8Array {
  return encode(coseKey(publicKey))
}

/** The 32 key bytes of exactly such a map, otherwise `malformed`. The point is not checked. */
export function parseCoseKey(value: CborValue | undefined): Result<Uint8Array> {
  if (!(value instanceof Map) || value.size !== 3 || value.get(1) !== 1 || value.get(-1) !== 6)
    return refuse('malformed', 'the key is not an OKP Ed25519 key')
  const key = value.get(-2)
  if (!(key instanceof Uint8Array) || key.length !== 32)
    return refuse('malformed', 'the key is not 32 bytes')
  return accept(key)
}

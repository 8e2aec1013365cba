/** Readings for the vectors, honest unless a part says otherwise; signed with the keys of RFC 8032. */
import { concat, fromHex, uintBytes, utf8 } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign } from '../../gateway/core/crypto.js'
import { kidOf } from '../../gateway/core/device/key.js'
import { array, bstr, hex, int, map, tag, tstr } from './raw.js'

/** Secret keys of RFC 8032 section 7.1, tests 1 and 2. */
export const seed1 = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')!
export const seed2 = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')!
export const key1 = ed25519PublicKey(seed1)
export const kid1 = kidOf(key1)
export const kid2 = kidOf(ed25519PublicKey(seed2))

export const vectorNetwork = 'testnet'
/** Base time of the vectors, and the time at which they are judged, Unix seconds. */
export const vectorTime = 1_762_000_000
export const vectorNow = vectorTime + 60

/** Header values in their order; `undefined` leaves the pair out. */
export interface HeaderParts {
  alg?: Uint8Array | undefined
  contentType?: Uint8Array | undefined
  kid?: Uint8Array | undefined
  claims?: Uint8Array | undefined
}

/** An encoded header of seq 70000, with these values instead. */
export function header(parts: HeaderParts = {}): Uint8Array {
  const all: Required<HeaderParts> = {
    alg: int(-8),
    contentType: int(112),
    kid: bstr(kid1),
    claims: claims(70_000),
    ...parts,
  }
  const labelled: [number, Uint8Array | undefined][] = [
    [1, all.alg],
    [3, all.contentType],
    [4, all.kid],
    [15, all.claims],
  ]
  return map(...labelled.flatMap(([label, item]) => (item ? [int(label), item] : [])))
}

export function claims(seq: number): Uint8Array {
  return map(int(7), bstr(uintBytes(seq)))
}

/** One record from label and value pairs, in the order given. */
export function record(...pairs: [label: number, value: Uint8Array][]): Uint8Array {
  return map(...pairs.flatMap(([label, value]) => [int(label), value]))
}

/** A first record of 21.5 Cel, with this instead of its value. */
export function withValue(value: Uint8Array): Uint8Array {
  return array(record([0, tstr('t')], [1, tstr('Cel')], [2, value], [-3, int(vectorTime)]))
}

export interface MessageParts {
  protectedBytes?: Uint8Array
  payload?: Uint8Array
  /** Encoded unprotected header. */
  unprotected?: Uint8Array
  /** What is signed as external_aad. */
  aad?: string
  seed?: Uint8Array
  /** Takes the honest signature, returns what the message carries. */
  resign?: (signature: Uint8Array) => Uint8Array
}

/** The four items of COSE_Sign1, encoded. */
export function items(parts: MessageParts = {}): [Uint8Array, Uint8Array, Uint8Array, Uint8Array] {
  const protectedBytes = parts.protectedBytes ?? header()
  const payload = parts.payload ?? withValue(hex('c4822018d7'))
  const aad = utf8(parts.aad ?? `FP1:rd:${vectorNetwork}`)
  const signed = array(tstr('Signature1'), bstr(protectedBytes), bstr(aad), bstr(payload))
  const honest = ed25519Sign(signed, parts.seed ?? seed1)
  const signature = parts.resign?.(honest) ?? honest
  return [bstr(protectedBytes), parts.unprotected ?? hex('a0'), bstr(payload), bstr(signature)]
}

/** A whole message. */
export function message(parts: MessageParts = {}): Uint8Array {
  return tag(18, array(...items(parts)))
}

/** A message whose four items are written by hand, after tag 18 and the head of an array of 4. */
export function messageOf(...parts: Uint8Array[]): Uint8Array {
  return concat(hex('d2 84'), ...parts)
}

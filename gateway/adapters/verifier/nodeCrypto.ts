/**
 * node:crypto under libsodium's criterion. OpenSSL computes S B - k A and compares the encoding with
 * R, so it is cofactorless, and an R that is not canonical never equals what it computed; it checks
 * S < L as well. What it does not refuse is done here on the bytes: keys that are not canonical, and
 * keys and R of small order.
 */
import { createPublicKey, verify } from 'node:crypto'
import type { Backend } from './backend.js'

/** SubjectPublicKeyInfo of an Ed25519 key up to its 32 bytes (RFC 8410). */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')

/** L, the order of the base point, 32 bytes little-endian. */
const groupOrder = Buffer.from(
  'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010',
  'hex',
)
/** p = 2^255 - 19, 32 bytes little-endian. */
const fieldPrime = Buffer.from(
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'hex',
)
/** y of the eight points of small order: 0, 1, -1 and two of order 8. x only sets the top bit. */
const smallOrderYs = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((hex) => Buffer.from(hex, 'hex'))

export const nodeCrypto: Backend = {
  name: 'node',
  verifierOf(key) {
    if (key.length !== 32 || !isCanonical(key) || isSmallOrder(key)) return () => false
    const object = createPublicKey({
      key: Buffer.concat([spkiHead, key]),
      format: 'der',
      type: 'spki',
    })
    return (signature, message) =>
      signature.length === 64 &&
      isBelow(signature, 32, groupOrder) &&
      !isSmallOrder(signature) &&
      verify(null, message, object, signature)
  },
}

/** Whether y of an encoded point is below p; its top bit is the sign of x. */
function isCanonical(point: Uint8Array): boolean {
  const y = point.slice(0, 32)
  y[31]! &= 0x7f
  return isBelow(y, 0, fieldPrime)
}

/** Whether the 32 bytes at `from`, little-endian, are below `bound`. */
function isBelow(bytes: Uint8Array, from: number, bound: Uint8Array): boolean {
  for (let at = 31; at >= 0; at--) {
    const difference = bytes[from + at]! - bound[at]!
    if (difference !== 0) return difference < 0
  }
  return false
}

/** Whether the first 32 bytes encode a point of small order; most are told apart by one byte. */
function isSmallOrder(bytes: Uint8Array): boolean {
  return smallOrderYs.some((y) => {
    for (let at = 0; at < 31; at++) if (bytes[at] !== y[at]) return false
    return (bytes[31]! & 0x7f) === y[31]
  })
}

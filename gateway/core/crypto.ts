/**
 * The one file of core that knows a crypto library. Ed25519 as in PROTOCOL 1: cofactorless, S < L,
 * canonical encodings, no small-order key or R (libsodium's criterion).
 */
import { getPublicKey, hashes, Point, sign, verify } from '@noble/ed25519'
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2.js'
import { concat } from './bytes.js'

hashes.sha512 = sha512

/** SHA-256, 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return nobleSha256(parts.length === 1 ? parts[0]! : concat(...parts))
}

/** Public key, 32 bytes, of a 32-byte RFC 8032 seed. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  return getPublicKey(seed)
}

/** RFC 8032 signature, 64 bytes. Slow (about 1 ms): for simulators and tools, not for a gateway. */
export function ed25519Sign(message: Uint8Array, seed: Uint8Array): Uint8Array {
  return sign(message, seed)
}

/**
 * Whether a 32-byte key may be enrolled: canonical encoding of a point of prime order. Multiplies
 * by the group order (a few ms), so it is asked once per key.
 */
export function isEnrollableKey(key: Uint8Array): boolean {
  const point = pointOf(key)
  return point !== undefined && !point.isSmallOrder() && point.isTorsionFree()
}

/** Pure JavaScript verification under the one criterion, for browsers and as a second opinion. */
export function ed25519Verify(
  signature: Uint8Array,
  message: Uint8Array,
  key: Uint8Array,
): boolean {
  if (signature.length !== 64 || !hasGoodEncodings(signature, key)) return false
  return verify(signature, message, key, { zip215: false })
}

/** Canonical, and not of small order: R and key of a signature before the equation is tried. */
export function hasGoodEncodings(signature: Uint8Array, key: Uint8Array): boolean {
  const r = pointOf(signature.subarray(0, 32))
  const a = pointOf(key)
  return r !== undefined && a !== undefined && !r.isSmallOrder() && !a.isSmallOrder()
}

function pointOf(encoding: Uint8Array): Point | undefined {
  if (encoding.length !== 32) return undefined
  try {
    return Point.fromBytes(encoding, false)
  } catch {
    return undefined
  }
}

/**
 * The one file of core that knows a crypto library. Ed25519 as in PROTOCOL 1: cofactorless, S < L,
 * canonical encodings, no small-order key or R (libsodium's criterion).
 */
import { getPublicKey, hashes, Point, sign } from '@noble/ed25519'
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { concat, equal } from './bytes.js'

hashes.sha512 = sha512

/** Order of the base point (RFC 8032 section 5.1). */
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n

/** SHA-256, 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return nobleSha256(parts.length === 1 ? parts[0]! : concat(...parts))
}

/** Keccak-256 as Ethereum has it (not SHA3-256), 32 bytes. */
export function keccak256(...parts: readonly Uint8Array[]): Uint8Array {
  return keccak_256(parts.length === 1 ? parts[0]! : concat(...parts))
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

/**
 * Pure JavaScript verification under the one criterion, for browsers and as a second opinion; a few
 * ms. Not the library's own `verify`: that one multiplies by the cofactor, so it takes signatures
 * that libsodium refuses. Here S B - k A must encode to exactly the bytes of R.
 */
export function ed25519Verify(
  signature: Uint8Array,
  message: Uint8Array,
  key: Uint8Array,
): boolean {
  if (signature.length !== 64) return false
  const r = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  if (s >= groupOrder) return false
  const a = pointOf(key)
  const rPoint = pointOf(r)
  if (a === undefined || a.isSmallOrder()) return false
  if (rPoint === undefined || rPoint.isSmallOrder()) return false
  const k = littleEndian(sha512(concat(r, key, message))) % groupOrder
  const expected = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k))
  return equal(expected.toBytes(), r)
}

/**
 * Address, 20 bytes, of whoever made a 65-byte Ethereum signature (r, s, v with v in 0, 1, 27, 28)
 * over a 32-byte digest. `undefined` where nobody can have. High s is refused (EIP-2): every
 * signature then has one form. The library is loaded at the first call, for few gateways need it.
 */
export async function recoverAddress(
  digest: Uint8Array,
  signature: Uint8Array,
): Promise<Uint8Array | undefined> {
  const v = signature[64]
  if (digest.length !== 32 || signature.length !== 65 || v === undefined) return undefined
  const recovery = v >= 27 ? v - 27 : v
  if (recovery > 1) return undefined
  const { secp256k1 } = await import('@noble/curves/secp256k1.js')
  try {
    const parsed = secp256k1.Signature.fromBytes(signature.subarray(0, 64), 'compact')
    if (parsed.hasHighS()) return undefined
    const point = parsed.addRecoveryBit(recovery).recoverPublicKey(digest)
    return keccak_256(point.toBytes(false).subarray(1)).subarray(12)
  } catch {
    return undefined
  }
}

/** The point of a canonical 32-byte encoding, else `undefined` (RFC 8032 section 5.1.3). */
function pointOf(encoding: Uint8Array): Point | undefined {
  if (encoding.length !== 32) return undefined
  try {
    return Point.fromBytes(encoding, false)
  } catch {
    return undefined
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at]!)
  return value
}

/** Names made from keys (PROTOCOL 1). */
import { concat, toBase32 } from '../bytes.js'
import { sha256 } from '../crypto.js'

/** A COSE_Key {1: 1, -1: 6, -2: bytes(32)} up to the key bytes (RFC 9679 section 4). */
const thumbprintHead = Uint8Array.of(0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20)

/** Bytes of a kid. */
export const kidBytes = 8

/** RFC 9679 COSE Key Thumbprint, 32 bytes, of a 32-byte Ed25519 public key. */
export function thumbprint(publicKey: Uint8Array): Uint8Array {
  return sha256(concat(thumbprintHead, publicKey))
}

/** First 8 bytes of the thumbprint. Selects a key and is none: two keys can share it. */
export function kidOf(publicKey: Uint8Array): Uint8Array {
  return thumbprint(publicKey).slice(0, kidBytes)
}

/** 13 characters of base32: the name of a device by its first key, and of a gateway by its key. */
export function deviceIdOf(publicKey: Uint8Array): string {
  return toBase32(kidOf(publicKey))
}

/** The device id that a kid, 8 bytes, gives where it is the device's first. */
export function deviceIdOfKid(kid: Uint8Array): string {
  return toBase32(kid)
}

/** Whether a text is base32 of exactly 8 bytes: 13 digits, the last bit zero. */
export function isDeviceId(text: string): boolean {
  return /^[a-z2-7]{12}[acegikmoqsuwy246]$/.test(text)
}

/**
 * Keys of virtual devices: made from a seed, so that a run can be repeated. They guard nothing.
 *
 * Two signers make the same bytes (RFC 8032 is deterministic). `noble` is the independent one and the
 * default; OpenSSL's through `node:crypto` takes a tenth of the time, for loads above about a
 * thousand messages per second.
 */
import { createPrivateKey, createPublicKey, sign as nodeSign } from 'node:crypto'
import { concat, fromHex, utf8 } from '../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign, sha256 } from '../gateway/core/crypto.js'
import { deviceIdOf, kidOf } from '../gateway/core/device/key.js'
import type { KeyHolder } from '../gateway/core/device/message.js'

export type SignerKind = 'noble' | 'node'

export interface DeviceKey extends KeyHolder {
  readonly id: string
  readonly kid: Uint8Array
}

/** PKCS #8 of an Ed25519 key up to its 32-byte seed (RFC 8410 section 7). */
const pkcs8Head = fromHex('302e020100300506032b657004220420')!

/** The key of a device: its seed is SHA-256 of the run's seed and the device's label. */
export function deviceKey(seed: string, label: string, signer: SignerKind): DeviceKey {
  const secret = sha256(utf8(`fieldproof simulator\n${seed}\n${label}`))
  const holder = signer === 'noble' ? nobleHolder(secret) : opensslHolder(secret)
  return { ...holder, id: deviceIdOf(holder.publicKey), kid: kidOf(holder.publicKey) }
}

function nobleHolder(secret: Uint8Array): KeyHolder {
  return {
    publicKey: ed25519PublicKey(secret),
    sign: (message) => ed25519Sign(message, secret),
  }
}

function opensslHolder(secret: Uint8Array): KeyHolder {
  const der = Buffer.from(concat(pkcs8Head, secret))
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    // RFC 8410 section 4: the last 32 bytes of the SubjectPublicKeyInfo are the key.
    publicKey: new Uint8Array(spki.subarray(-32)),
    sign: (message) => new Uint8Array(nodeSign(null, message, key)),
  }
}

/** The devices of the benchmark: keys made from a number, so that every process has the same ones. */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { KeyHolder } from '../../gateway/core/device/message.js'

export const benchNetwork = 'bench'

export interface BenchDevice extends KeyHolder {
  /** 13 characters. */
  id: string
}

/** PKCS #8 around an Ed25519 seed of 32 bytes (RFC 8410 section 7). */
const seedPrefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Signs with node:crypto: a hundred times as fast as the portable code that devices are tested with. */
export function deviceOf(index: number): BenchDevice {
  const seed = createHash('sha256').update(`device ${index}`).digest()
  const der = Buffer.concat([seedPrefix, seed])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(secret).export({ format: 'der', type: 'spki' })
  const publicKey = new Uint8Array(spki.subarray(-32))
  return {
    id: deviceIdOf(publicKey),
    publicKey,
    sign: (message) => new Uint8Array(sign(null, message, secret)),
  }
}

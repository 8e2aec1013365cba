import { toHex } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign } from '../../gateway/core/crypto.js'
import { kidOf } from '../../gateway/core/device/key.js'
import type { KeyHolder } from '../../gateway/core/device/message.js'

/** A key made from a number, so that a failing run can be repeated. */
export interface TestHolder extends KeyHolder {
  /** 16 hex digits. */
  readonly kid: string
}

export function holderOf(n: number): TestHolder {
  const seed = new Uint8Array(32)
  new DataView(seed.buffer).setUint32(0, n)
  seed[31] = 0x5a
  const publicKey = ed25519PublicKey(seed)
  return { publicKey, kid: toHex(kidOf(publicKey)), sign: (message) => ed25519Sign(message, seed) }
}

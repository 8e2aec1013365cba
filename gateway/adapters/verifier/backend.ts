/** Where Ed25519 verification comes from: libsodium where its addon loads, else node:crypto. */
import { nodeCrypto } from './nodeCrypto.js'
import { loadSodium } from './sodium.js'

export type BackendName = 'sodium' | 'node'

/** Verification under the one criterion of PROTOCOL 1. */
export interface Backend {
  readonly name: BackendName
  /**
   * A key made ready once, so that each verification is cheap. False where the key has not 32 bytes,
   * is not canonical or is of small order: then every signature is refused.
   */
  verifierOf(key: Uint8Array): KeyVerifier
}

/** Whether `signature` (any length) is this key's over exactly `message`. */
export type KeyVerifier = (signature: Uint8Array, message: Uint8Array) => boolean

/** The backend asked for, or the fastest that loads here. */
export function loadBackend(name?: BackendName): Backend {
  return (name === 'node' ? undefined : loadSodium()) ?? nodeCrypto
}

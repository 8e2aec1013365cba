/** What a library that verifies Ed25519 has to offer. */

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

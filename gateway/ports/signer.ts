/** The gateway's own Ed25519 key; the secret never leaves the adapter. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** RFC 8032 signature, 64 bytes, over exactly `message`. Synchronous, under 1 ms. */
  sign(message: Uint8Array): Uint8Array
}

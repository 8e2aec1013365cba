/** The one function of sodium-native that this adapter uses; the package has no types. */
declare module 'sodium-native' {
  /**
   * libsodium's crypto_sign_verify_detached. Throws where `signature` is not at least 64 bytes or
   * `key` is not 32.
   */
  export function crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    key: Uint8Array,
  ): boolean
}

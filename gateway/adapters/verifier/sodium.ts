/** libsodium through sodium-native: the criterion of PROTOCOL 1 itself. */
import { createRequire } from 'node:module'
import type { Backend } from './backend.js'

/** `undefined` where the addon has no build for this machine (32-bit ARM, musl). */
export function loadSodium(): Backend | undefined {
  let sodium: typeof import('sodium-native')
  try {
    sodium = createRequire(import.meta.url)('sodium-native')
  } catch {
    return undefined
  }
  const verify = sodium.crypto_sign_verify_detached
  return {
    name: 'sodium',
    verifierOf(key) {
      if (key.length !== 32) return () => false
      return (signature, message) => signature.length === 64 && verify(signature, message, key)
    },
  }
}

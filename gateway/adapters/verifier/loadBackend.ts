/** Where Ed25519 verification comes from: libsodium where its addon loads, else node:crypto. */
import type { Backend, BackendName } from './backend.js'
import { nodeCrypto } from './nodeCrypto.js'
import { loadSodium } from './sodium.js'

/** The backend asked for, or the fastest that loads here. */
export function loadBackend(name?: BackendName): Backend {
  return (name === 'node' ? undefined : loadSodium()) ?? nodeCrypto
}

/** The gateway's Ed25519 key: a file of the 32-byte RFC 8032 seed, mode 0600. */
import { createPrivateKey, createPublicKey, randomBytes, sign } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { Failure } from '../../core/failure.js'
import type { Signer } from '../../ports/signer.js'
import { writeFileAtomic } from './atomicFile.js'

/** RFC 8410: PKCS #8 of an Ed25519 key is this prefix and the seed. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A signer over a 32-byte seed; the seed is held by the crypto library alone. */
export function signerOf(seed: Uint8Array): Signer {
  const key = createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  })
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return {
    publicKey: new Uint8Array(Buffer.from(x ?? '', 'base64url')),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  }
}

/** Writes a new key; durable on resolve. */
export async function createKeyFile(path: string): Promise<void> {
  await writeFileAtomic(path, randomBytes(32))
}

/** Rejects with Failure('data') where the file is no key, 'permission' where others may read it. */
export async function readKeyFile(path: string): Promise<Signer> {
  if (((await stat(path)).mode & 0o077) !== 0)
    throw new Failure('permission', `others may read the key: run  chmod 600 ${path}`)
  const seed = await readFile(path)
  if (seed.length !== 32)
    throw new Failure(
      'data',
      `${path} has ${seed.length} bytes, a key has 32: put the right file back from a backup`,
    )
  return signerOf(seed)
}

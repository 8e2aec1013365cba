import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadBackend } from '../../../gateway/adapters/verifier/loadBackend.js'
import { fromHex } from '../../../gateway/core/bytes.js'
import {
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  isEnrollableKey,
} from '../../../gateway/core/crypto.js'
import { ed25519Edge } from '../../../schemas/vectors/ed25519.js'
import { projectRoot } from '../../support/root.js'

type Verify = (signature: Uint8Array, message: Uint8Array, key: Uint8Array) => boolean

const path = join(projectRoot(), 'schemas/vectors/ed25519-edge.json')
const { signatures, keys }: ReturnType<typeof ed25519Edge> = JSON.parse(readFileSync(path, 'utf8'))

function through(name: 'sodium' | 'node'): Verify {
  const backend = loadBackend(name)
  return (signature, message, key) => backend.verifierOf(key)(signature, message)
}

const verifiers: [string, Verify][] = [
  ['sodium-native', through('sodium')],
  ['node:crypto', through('node')],
  ['core/crypto', ed25519Verify],
]

describe('Ed25519 edge cases', () => {
  it('has every kind of case, and both verdicts', () => {
    expect(JSON.parse(JSON.stringify(ed25519Edge()))).toEqual({ signatures, keys })
    expect(signatures.length).toBeGreaterThan(60)
    expect(signatures.filter(({ valid }) => valid).length).toBe(12)
    expect(loadBackend().name).toBe('sodium')
  })

  it.each(verifiers)('%s gives the verdict of the protocol', (_, verify) => {
    const wrong = signatures.filter(
      (one) =>
        verify(fromHex(one.signature)!, fromHex(one.message)!, fromHex(one.key)!) !== one.valid,
    )
    expect(wrong).toEqual([])
  })

  it('tells which keys may be enrolled', () => {
    const wrong = keys.filter((one) => isEnrollableKey(fromHex(one.key)!) !== one.enrollable)
    expect(wrong).toEqual([])
    expect(isEnrollableKey(new Uint8Array(31))).toBe(false)
  })

  it.each(verifiers)('%s refuses lengths that are not Ed25519', (_, verify) => {
    const seed = new Uint8Array(32).fill(7)
    const key = ed25519PublicKey(seed)
    const message = Uint8Array.of(1, 2, 3)
    const signature = ed25519Sign(message, seed)
    expect(verify(signature, message, key)).toBe(true)
    for (const length of [0, 31, 32, 63])
      expect(verify(signature.subarray(0, length), message, key)).toBe(false)
    expect(verify(new Uint8Array([...signature, 0]), message, key)).toBe(false)
    expect(verify(signature, message, key.subarray(0, 31))).toBe(false)
    expect(verify(signature, message, new Uint8Array([...key, 0]))).toBe(false)
  })

  it('accepts honest signatures everywhere, and none that was changed', () => {
    const bytes = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(bytes, fc.uint8Array({ maxLength: 300 }), fc.nat(511), (seed, message, bit) => {
        const key = ed25519PublicKey(seed)
        const signature = ed25519Sign(message, seed)
        const changed = signature.slice()
        changed[bit >> 3]! ^= 1 << (bit & 7)
        for (const [name, verify] of verifiers) {
          expect(verify(signature, message, key), name).toBe(true)
          expect(verify(changed, message, key), name).toBe(false)
        }
      }),
      { numRuns: 40 },
    )
  })
})

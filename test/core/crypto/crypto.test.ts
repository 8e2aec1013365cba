import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../../gateway/core/bytes.js'
import {
  ed25519PublicKey,
  ed25519Sign,
  ed25519Verify,
  keccak256,
  sha256,
} from '../../../gateway/core/crypto.js'

/** RFC 8410 section 7: a PKCS #8 Ed25519 key up to its 32 bytes. */
const pkcs8Head = '302e020100300506032b657004220420'

describe('crypto', () => {
  it('hashes as everybody does', () => {
    const none = new Uint8Array(0)
    expect(toHex(sha256(none))).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
    expect(toHex(keccak256(none))).toBe(
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    )
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const expected = createHash('sha256').update(a).update(b).digest('hex')
        expect(toHex(sha256(a, b))).toBe(expected)
        expect(keccak256(a, b)).toEqual(keccak256(new Uint8Array([...a, ...b])))
      }),
    )
  })

  // RFC 8032 section 7.1, tests 1 to 3.
  it.each([
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
        '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
        '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ])('signs with seed %s as RFC 8032 does', (seed, key, message, signature) => {
    const bytes = fromHex(message)!
    expect(toHex(ed25519PublicKey(fromHex(seed)!))).toBe(key)
    expect(toHex(ed25519Sign(bytes, fromHex(seed)!))).toBe(signature)
    expect(ed25519Verify(fromHex(signature)!, bytes, fromHex(key)!)).toBe(true)
  })

  it('makes the keys and signatures of node:crypto', () => {
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(seed, fc.uint8Array({ maxLength: 200 }), (secret, message) => {
        const der = Buffer.concat([Buffer.from(pkcs8Head, 'hex'), secret])
        const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
        const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
        expect(toHex(ed25519PublicKey(secret))).toBe(spki.subarray(-32).toString('hex'))
        expect(toHex(ed25519Sign(message, secret))).toBe(sign(null, message, key).toString('hex'))
      }),
      { numRuns: 30 },
    )
  })
})

import fc from 'fast-check'
import { hashMessage } from 'viem'
import { createSiweMessage, parseSiweMessage } from 'viem/siwe'
import { expect, it } from 'vitest'
import { toHex } from '../../../gateway/core/bytes.js'
import {
  formatSignIn,
  parseSignIn,
  personalDigest,
  type SignIn,
} from '../../../gateway/core/market/siwe.js'

const signIn: SignIn = {
  domain: 'qzxo7plhddeii.testnet',
  address: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
  statement: 'Log in to the FieldProof gateway qzxo7plhddeii as buyer acme.',
  uri: 'urn:fp1:testnet:qzxo7plhddeii',
  chainId: 1,
  nonce: '00112233445566778899aabbccddeeff',
  issuedAt: 1_762_000_000,
  expiresAt: 1_762_000_300,
  requestId: '~0123456789abcdef',
}
const text = formatSignIn(signIn)

it('writes what another library writes and reads', () => {
  const { address, domain, statement, uri, chainId, nonce, requestId } = signIn
  const other = createSiweMessage({
    ...{ address: address as `0x${string}`, domain, statement, uri, chainId, nonce, requestId },
    version: '1',
    issuedAt: new Date(signIn.issuedAt * 1_000),
    expirationTime: new Date(signIn.expiresAt * 1_000),
  })
  expect(text).toBe(other.replaceAll('.000Z', 'Z'))
  expect(parseSiweMessage(text)).toMatchObject({ address, domain, uri, chainId, nonce, requestId })
  expect(`0x${toHex(personalDigest(text))}`).toBe(hashMessage(text))
  expect(`0x${toHex(personalDigest('ü'))}`).toBe(hashMessage('ü'))
})

it('reads its own form and no other', () => {
  expect(parseSignIn(text)).toEqual({ ok: true, value: signIn })
  const lines = text.split('\n')
  for (const i of lines.keys()) {
    expect(parseSignIn(lines.toSpliced(i, 1).join('\n')).ok).toBe(false)
    expect(parseSignIn(lines.toSpliced(i, 0, 'Resources:').join('\n')).ok).toBe(false)
  }
  const wrong: [string, string][] = [
    ['5aAeb', '5aaeb'],
    ['Version: 1', 'Version: 2'],
    ['Chain ID: 1', 'Chain ID: 01'],
    ['2025-11-01T12:31:40Z', '2025-11-01T12:26:40Z'],
    ['2025-11-01T12:26:40Z', '2025-11-01T25:26:40Z'],
    ['\nNonce', '\r\nNonce'],
    ['acme', 'ac\u202eme'],
  ]
  for (const [from, to] of wrong) {
    expect(text).toContain(from)
    expect([to, parseSignIn(text.replace(from, to)).ok]).toEqual([to, false])
  }
  for (const more of [`${text}\n`, ` ${text}`, `${text}\nNot Before: 2025-11-01T12:26:40Z`])
    expect(parseSignIn(more).ok).toBe(false)
})

it('takes back every text that it reads', () => {
  const edit = fc.record({ at: fc.nat(text.length - 1), with: fc.string({ maxLength: 2 }) })
  fc.assert(
    fc.property(edit, ({ at, with: other }) => {
      const changed = text.slice(0, at) + other + text.slice(at + 1)
      const read = parseSignIn(changed)
      if (read.ok) expect(formatSignIn(read.value)).toBe(changed)
    }),
    { numRuns: 500 },
  )
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  compare,
  concat,
  equal,
  fromB64u,
  fromHex,
  toB64u,
  toBase32,
  toHex,
  uintBytes,
  uintOf,
} from '../../gateway/core/bytes.js'
import { hexBytes, vectorText } from '../support/vectors.js'

const texts = JSON.parse(vectorText('texts'))

it('reads and writes every good b64u and refuses every bad one', () => {
  for (const { text, hex } of texts.b64u.good) {
    expect([text, toHex(fromB64u(text) ?? Uint8Array.of(0xbad))]).toEqual([text, hex])
    expect(toB64u(hexBytes(hex))).toBe(text)
  }
  for (const text of texts.b64u.bad) expect([text, fromB64u(text)]).toEqual([text, undefined])
})

it('takes exactly the b64u texts that Node writes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64url')
      expect(toB64u(bytes)).toBe(text)
      expect(fromB64u(text)).toEqual(bytes)
    }),
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      const bytes = fromB64u(text)
      if (bytes !== undefined) expect(toB64u(bytes)).toBe(text)
    }),
  )
})

it('writes base32', () => {
  for (const { hex, text } of texts.base32) expect(toBase32(hexBytes(hex))).toBe(text)
  // RFC 4648 section 10, in lower case and without padding.
  expect(toBase32(Buffer.from('foobar'))).toBe('mzxw6ytboi')
})

it('reads sequence bytes only in their shortest form', () => {
  for (const { hex, value } of texts.sequence.good) {
    expect(uintOf(hexBytes(hex))).toBe(value)
    expect(toHex(uintBytes(value))).toBe(hex)
  }
  for (const hex of texts.sequence.bad)
    expect([hex, uintOf(hexBytes(hex))]).toEqual([hex, undefined])
})

it('reads every sequence that it writes', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (n) => {
      expect(uintOf(uintBytes(n))).toBe(n)
    }),
  )
})

it('reads hex in either case and nothing else', () => {
  expect(fromHex('00fF')).toEqual(Uint8Array.of(0, 255))
  for (const text of ['0', 'g0', '0x00', ' 00', '00\n', '-1']) expect(fromHex(text)).toBeUndefined()
})

it('orders bytes like Buffer.compare, and joins them', () => {
  const bytes = fc.uint8Array({ maxLength: 6 })
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(Math.sign(compare(a, b))).toBe(Buffer.compare(a, b))
      expect(equal(a, b)).toBe(Buffer.compare(a, b) === 0)
      expect(concat(a, b)).toEqual(Uint8Array.from([...a, ...b]))
    }),
  )
})

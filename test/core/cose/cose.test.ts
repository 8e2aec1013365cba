import { expect, it } from 'vitest'
import { toHex } from '../../../gateway/core/bytes.js'
import { decode, encode } from '../../../gateway/core/cbor/codec.js'
import {
  encodeCoseKey,
  encodeHeader,
  parseCoseKey,
  parseHeader,
} from '../../../gateway/core/cose/header.js'
import { assembleSign1, parseSign1, toBeSigned } from '../../../gateway/core/cose/sign1.js'
import { fp1Vectors, hexBytes } from '../../support/vectors.js'

const fp1 = fp1Vectors()
const kid = hexBytes(fp1.kid)

it('takes the worked messages apart and puts them together again', () => {
  for (const vector of fp1.vectors) {
    const message = hexBytes(vector.cose_sign1)
    const parsed = parseSign1(message)
    if (!parsed.ok) throw new Error(parsed.detail)
    const { protectedBytes, payload, signature } = parsed.value
    expect(toHex(protectedBytes)).toBe(vector.protected)
    expect(toHex(payload)).toBe(vector.payload)
    expect(assembleSign1(protectedBytes, payload, signature)).toEqual(message)
    const signed = toBeSigned('rd', vector.network, protectedBytes, payload)
    expect(toHex(signed)).toBe(vector.sig_structure)
  }
})

it('writes lengths of every width as the codec does', () => {
  for (const length of [0, 1, 23, 24, 255, 256, 2000, 65_535]) {
    const payload = new Uint8Array(length)
    const protectedBytes = Uint8Array.of(0xa0)
    const array = encode([
      'Signature1',
      protectedBytes,
      new TextEncoder().encode('FP1:ap:n'),
      payload,
    ])
    expect(toHex(toBeSigned('ap', 'n', protectedBytes, payload))).toBe(toHex(array))
    const message = assembleSign1(protectedBytes, payload, new Uint8Array(64))
    expect(decode(message).ok).toBe(true)
  }
})

it('binds kind and network', () => {
  const texts = new Set<string>()
  for (const kind of ['rd', 'en', 'co', 'ro', 'rv', 'tm', 'cm', 'rc', 'ep', 'ap'] as const)
    for (const network of ['a', 'b']) texts.add(toHex(toBeSigned(kind, network, kid, kid)))
  expect(texts.size).toBe(20)
})

it('reads the headers that it writes, and only those', () => {
  const plain = encodeHeader({ alg: -8, kid })
  const typed = encodeHeader({ alg: -19, kid, typ: 'fp-enrol+cwt' })
  expect(toHex(plain)).toBe(`a2012704 48${fp1.kid}`.replace(' ', ''))
  expect(parseHeader(plain)).toEqual({ ok: true, value: { alg: -8, kid } })
  expect(parseHeader(typed, 'fp-enrol+cwt')).toEqual({
    ok: true,
    value: { alg: -19, kid, typ: 'fp-enrol+cwt' },
  })
  expect(parseHeader(typed).ok).toBe(false)
  expect(parseHeader(plain, 'fp-enrol+cwt').ok).toBe(false)
  expect(parseHeader(typed, 'fp-connect+cwt').ok).toBe(false)
  const bad = [
    '',
    'a0',
    '01',
    '80',
    'a10127',
    `a2012604 48${fp1.kid}`,
    'a20127044 7'.replace(' ', ''),
  ]
  for (const hex of bad) {
    const parsed = parseHeader(
      hexBytes(hex.replaceAll(' ', '').padEnd(2 * Math.ceil(hex.length / 2), '0')),
    )
    expect([hex, parsed.ok || parsed.reason]).toEqual([hex, 'malformed'])
  }
})

it('reads exactly one form of a key', () => {
  const key = hexBytes(fp1.pub)
  expect(toHex(encodeCoseKey(key))).toBe(fp1.cose_key)
  const read = decode(hexBytes(fp1.cose_key))
  expect(read.ok && parseCoseKey(read.value)).toEqual({ ok: true, value: key })
  const bad = [
    fp1.cose_key.replace('a30101', 'a30102'),
    fp1.cose_key.replace('2006', '2004'),
    `a2010120 06`.replace(' ', ''),
    `a401010326200621 5820${fp1.pub}`.replace(' ', ''),
    `a30101200621581f${fp1.pub.slice(2)}`,
    '80',
  ]
  for (const hex of bad) {
    const value = decode(hexBytes(hex))
    if (!value.ok) throw new Error(`${hex}: ${value.detail}`)
    expect([hex, parseCoseKey(value.value).ok]).toEqual([hex, false])
  }
  expect(parseCoseKey(undefined).ok).toBe(false)
})

/** Hostile readings, and the one reason code that each must get (PROTOCOL 2.2). */
import { concat, fromHex } from '../../gateway/core/bytes.js'
import { type Case, casesOf } from './case.js'
import { invalidEncodings } from './invalidEncodings.js'
import { invalidHeaders } from './invalidHeaders.js'
import { invalidPacks } from './invalidPacks.js'
import {
  header,
  key1,
  kid2,
  message,
  record,
  seed2,
  vectorNow,
  vectorTime,
  withValue,
} from './message.js'
import { array, bstr, hex, int, tstr } from './raw.js'

/** Order of the base point (RFC 8032 section 5.1), little-endian. */
const groupOrder = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')!
/** The neutral element, of order 1, and a point of order 8. */
const neutral = concat(hex('01'), new Uint8Array(31))
const order8 = fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')!

const unknown = casesOf('unknown-device', [
  [
    'key id of a key that is not registered',
    message({ protectedBytes: header({ kid: bstr(kid2) }), seed: seed2 }),
  ],
  ['key id of no key', message({ protectedBytes: header({ kid: bstr(new Uint8Array(8)) }) })],
  [
    'key id not registered, pack out of profile',
    message({ protectedBytes: header({ kid: bstr(kid2) }), payload: hex('80') }),
  ],
])

const signatures = casesOf('bad-signature', [
  ['signed for another network', message({ aad: 'FP1:rd:mainnet' })],
  ['signed as a connect token', message({ aad: 'FP1:co:testnet' })],
  ['signed without external_aad', message({ aad: '' })],
  ['network in upper case', message({ aad: 'FP1:rd:TESTNET' })],
  ['signed by another key', message({ seed: seed2 })],
  ['signature zero', message({ resign: () => new Uint8Array(64) })],
  ['first bit of R flipped', message({ resign: (signature) => flip(signature, 0) })],
  ['last bit of S flipped', message({ resign: (signature) => flip(signature, 63) })],
  ['R and S exchanged', message({ resign: (s) => concat(s.subarray(32), s.subarray(0, 32)) })],
  ['S plus the group order', message({ resign: addOrder })],
  ['R the neutral element, S zero', message({ resign: () => concat(neutral, new Uint8Array(32)) })],
  ['R of order 8', message({ resign: (signature) => concat(order8, signature.subarray(32)) })],
  ['R replaced by the key', message({ resign: (s) => concat(key1, s.subarray(32)) })],
  [
    'signature of another sequence',
    message({ resign: () => message({ protectedBytes: header({ alg: int(-19) }) }).slice(-64) }),
  ],
  [
    'signature of another value',
    message({ resign: () => message({ payload: withValue(int(20)) }).slice(-64) }),
  ],
  ['out of profile too', message({ payload: hex('80'), seed: seed2 })],
  ['bad time too', message({ payload: timed(0), seed: seed2 })],
])

const times = casesOf('bad-time', [
  ['base time 0: relative to now', message({ payload: timed(0) })],
  ['base time negative', message({ payload: timed(-60) })],
  ['base time 2^28 - 1', message({ payload: timed(2 ** 28 - 1) })],
  ['a second older than 7 days', message({ payload: timed(vectorNow - 604_801) })],
  ['121 s ahead', message({ payload: timed(vectorNow + 121) })],
  ['base time in ms', message({ payload: timed(vectorTime * 1000) })],
  ['base time 2^53 - 1', message({ payload: timed(Number.MAX_SAFE_INTEGER) })],
  ['base time good, second record ahead', message({ payload: timed(vectorTime, 181) })],
  ['base time good, second record too old', message({ payload: timed(vectorTime, -604_800) })],
])

/** 20 Cel at this base time, and again at an offset from it. */
function timed(baseTime: number, offset?: number): Uint8Array {
  const first = record([0, tstr('t')], [1, tstr('Cel')], [2, int(20)], [-3, int(baseTime)])
  if (offset === undefined) return array(first)
  return array(first, record([0, tstr('t')], [1, tstr('Cel')], [2, int(20)], [6, int(offset)]))
}

function flip(signature: Uint8Array, at: number): Uint8Array {
  const out = signature.slice()
  out[at]! ^= 1
  return out
}

/** The malleable twin of a signature: S + L (RFC 8032 section 8.4). */
function addOrder(signature: Uint8Array): Uint8Array {
  const out = signature.slice()
  let carry = 0
  for (let i = 0; i < 32; i++) {
    const sum = out[32 + i]! + groupOrder[i]! + carry
    out[32 + i] = sum & 0xff
    carry = sum >> 8
  }
  return out
}

/** Every hostile message, grouped by what is wrong. */
export const invalidCases: readonly Case[] = [
  ...invalidEncodings,
  ...invalidHeaders,
  ...unknown,
  ...signatures,
  ...invalidPacks,
  ...times,
]

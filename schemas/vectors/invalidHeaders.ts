/** Protected headers that are not the one of a reading: all `malformed`. */
import { concat, uintBytes } from '../../gateway/core/bytes.js'
import { type Case, casesOf } from './case.js'
import { claims, header, kid1, message } from './message.js'
import { array, bstr, head, hex, int, map, tstr } from './raw.js'

function sequence(bytes: Uint8Array): Uint8Array {
  return header({ claims: map(int(7), bstr(bytes)) })
}

const good = header()

const headers: [string, Uint8Array][] = [
  ['header an empty map', hex('a0')],
  ['header an array', array(int(1), int(-8))],
  ['header an integer', int(1)],
  ['header cut', good.subarray(0, -1)],
  ['a byte after the header', concat(good, hex('00'))],
  ['header of indefinite length', concat(hex('bf'), good.subarray(1), hex('ff'))],
  ['no algorithm', header({ alg: undefined })],
  ['algorithm ES256', header({ alg: int(-7) })],
  ['algorithm Ed448', header({ alg: int(-53) })],
  ['algorithm HMAC', header({ alg: int(5) })],
  ['algorithm as text', header({ alg: tstr('EdDSA') })],
  ['algorithm in two bytes', header({ alg: hex('38 07') })],
  ['no content type', header({ contentType: undefined })],
  ['content type senml+json', header({ contentType: int(110) })],
  ['content type as text', header({ contentType: tstr('application/senml+cbor') })],
  ['no key id', header({ kid: undefined })],
  ['key id of 7 bytes', header({ kid: bstr(kid1.subarray(1)) })],
  ['key id of 9 bytes', header({ kid: bstr(concat(kid1, hex('00'))) })],
  ['key id empty', header({ kid: bstr(new Uint8Array(0)) })],
  ['key id as text', header({ kid: tstr('qzxo7plh') })],
  ['no claims', header({ claims: undefined })],
  ['claims empty', header({ claims: map() })],
  ['claims as array', header({ claims: array(int(7), bstr(hex('00'))) })],
  ['claims with a second claim', header({ claims: map(int(6), int(1), int(7), bstr(hex('01'))) })],
  ['claims with another claim', header({ claims: map(int(8), bstr(hex('01'))) })],
  ['sequence empty', sequence(new Uint8Array(0))],
  ['sequence 1 in two bytes', sequence(hex('0001'))],
  ['sequence 2^53', sequence(hex('20000000000000'))],
  ['sequence of 8 bytes', sequence(hex('0100000000000000'))],
  ['sequence as integer', header({ claims: map(int(7), int(70_000)) })],
  ['sequence as text', header({ claims: map(int(7), tstr('1')) })],
  ['a fifth key', concat(head(5, 5), good.subarray(1), int(16), tstr('x'))],
  ['critical header', concat(hex('a5 01 27 02 81 04'), good.subarray(3))],
  [
    'keys out of order',
    map(int(3), int(112), int(1), int(-8), int(4), bstr(kid1), int(15), claims(70_000)),
  ],
  ['a key twice', concat(hex('a5 01 27 01 27'), good.subarray(3))],
  ['keys as text', map(tstr('a'), int(1), tstr('b'), int(2), tstr('c'), int(3), tstr('d'), int(4))],
  ['sequence length in two bytes', header({ claims: map(int(7), bstr(uintBytes(70_000), 1)) })],
]

export const invalidHeaders: readonly Case[] = casesOf(
  'malformed',
  headers.map(([name, protectedBytes]) => [name, message({ protectedBytes })]),
)

/** Messages that are not deterministic CBOR, or not COSE_Sign1 of the one form: all `malformed`. */
import { concat } from '../../gateway/core/bytes.js'
import { type Case, casesOf } from './case.js'
import { header, items, key1, kid1, message, messageOf, withValue } from './message.js'
import { array, bstr, head, hex, int, map, tag, tstr } from './raw.js'
import { packOfBytes } from './wholePack.js'

const honest = message()
const [protectedItem, unprotected, payloadItem, signatureItem] = items()
const payload = withValue(hex('c4822018d7'))

const ends: [string, Uint8Array][] = [
  ['no bytes', new Uint8Array(0)],
  ['last byte missing', honest.subarray(0, -1)],
  ['cut in the payload', honest.subarray(0, 40)],
  ['first byte only', honest.subarray(0, 1)],
  ['a byte after the message', concat(honest, hex('00'))],
  ['the message twice', concat(honest, honest)],
  ['2049 bytes', message({ payload: packOfBytes(2049 - (honest.length - payload.length + 2)) })],
  ['noise', hex('ff 00 ff 00 ff 00')],
  ['JSON', new TextEncoder().encode('{"t":21.5}')],
]

const bombs: [string, Uint8Array][] = [
  ['2,000 arrays inside one another', new Uint8Array(2000).fill(0x81)],
  ['2,000 maps inside one another', new Uint8Array(2000).fill(0xa1)],
  ['2,000 tags inside one another', new Uint8Array(2000).fill(0xc4)],
  ['array of 4,294,967,295 items', head(4, 0xffff_ffff)],
  ['map of 2^53 pairs', head(5, 2n ** 53n)],
  ['byte string of 2^64 - 1 bytes', head(2, 2n ** 64n - 1n)],
  ['text of 2 GiB', head(3, 2 ** 31 - 1)],
  ['payload that says 4 GiB', messageOf(protectedItem, unprotected, head(2, 2 ** 32 - 1))],
  ['payload with an array of 65,535 items', message({ payload: hex('99 ffff 00') })],
  ['payload 7 containers deep', message({ payload: hex('81 81 81 81 81 81 81 00') })],
  ['payload of 1,500 arrays inside one another', message({ payload: nested(1500) })],
]

function nested(depth: number): Uint8Array {
  return concat(new Uint8Array(depth - 1).fill(0x81), hex('80'))
}

const envelopes: [string, Uint8Array][] = [
  ['without tag', honest.subarray(1)],
  ['tag 17', concat(hex('d1'), honest.subarray(1))],
  ['tag 18 in two bytes', concat(hex('d8 12'), honest.subarray(1))],
  ['tag 18 twice', concat(hex('d2'), honest)],
  ['tag 55799 around the message', tag(55_799, honest)],
  [
    'tag 24 around the payload',
    messageOf(protectedItem, unprotected, tag(24, payloadItem), signatureItem),
  ],
  [
    'tag 64 around the payload',
    messageOf(protectedItem, unprotected, tag(64, payloadItem), signatureItem),
  ],
  ['tag 18 around an integer', tag(18, int(1))],
  ['array of 3', tag(18, array(protectedItem, unprotected, payloadItem))],
  ['array of 5', tag(18, array(protectedItem, unprotected, payloadItem, signatureItem, int(0)))],
  ['array head in two bytes', concat(hex('d2 98 04'), honest.subarray(2))],
  ['array of indefinite length', concat(hex('d2 9f'), honest.subarray(2), hex('ff'))],
  [
    'a map instead of the array',
    tag(18, map(protectedItem, unprotected, payloadItem, signatureItem)),
  ],
  [
    'payload of indefinite length',
    messageOf(protectedItem, unprotected, hex('5f'), payloadItem, hex('ff'), signatureItem),
  ],
  [
    'payload length in three bytes',
    messageOf(protectedItem, unprotected, bstr(payload, 2), signatureItem),
  ],
  ['payload nil (detached)', messageOf(protectedItem, unprotected, hex('f6'), signatureItem)],
  ['payload as text', messageOf(protectedItem, unprotected, tstr('pack'), signatureItem)],
  ['payload as array', messageOf(protectedItem, unprotected, payload, signatureItem)],
  ['protected header empty', message({ protectedBytes: new Uint8Array(0) })],
  ['protected header not wrapped', messageOf(header(), unprotected, payloadItem, signatureItem)],
  ['unprotected header with the kid', message({ unprotected: map(int(4), bstr(kid1)) })],
  [
    'unprotected header with a counter-signature',
    message({ unprotected: map(int(11), bstr(key1)) }),
  ],
  ['unprotected header of indefinite length', message({ unprotected: hex('bf ff') })],
  ['unprotected header as array', message({ unprotected: hex('80') })],
  ['unprotected header as bytes', message({ unprotected: hex('40') })],
  ['signature of 63 bytes', message({ resign: (signature) => signature.subarray(1) })],
  ['signature of 65 bytes', message({ resign: (signature) => concat(signature, hex('00')) })],
  ['signature empty', message({ resign: () => new Uint8Array(0) })],
  ['signature nil', messageOf(protectedItem, unprotected, payloadItem, hex('f6'))],
]

/** Payloads that are not deterministic CBOR of the allowed kinds; signed as they are. */
const payloads: [string, Uint8Array][] = [
  ['payload empty', new Uint8Array(0)],
  ['payload cut', payload.subarray(0, -1)],
  ['a byte after the pack', concat(payload, hex('00'))],
  ['value a half float', withValue(hex('f9 4d60'))],
  ['value a single float', withValue(hex('fa 41ac0000'))],
  ['value a double float', withValue(hex('fb 4035800000000000'))],
  ['value NaN', withValue(hex('f9 7e00'))],
  ['value nil', withValue(hex('f6'))],
  ['value true', withValue(hex('f5'))],
  ['value undefined', withValue(hex('f7'))],
  ['value a simple value', withValue(hex('f8 ff'))],
  ['value a break', withValue(hex('ff'))],
  ['value with reserved additional information', withValue(hex('1c'))],
  ['value 21 in two bytes', withValue(hex('18 15'))],
  ['value 215 in three bytes', withValue(hex('19 00d7'))],
  ['value 215 in nine bytes', withValue(hex('1b 00000000000000d7'))],
  ['value -5 in two bytes', withValue(hex('38 04'))],
  ['mantissa not in its shortest form', withValue(hex('c4 82 20 19 00d7'))],
  ['value 2^53', withValue(int(2n ** 53n))],
  ['value -2^53', withValue(int(-(2n ** 53n)))],
  ['value 2^64 - 1', withValue(int(2n ** 64n - 1n))],
  ['value a bignum', withValue(tag(2, bstr(hex('15'))))],
  ['value a negative bignum', withValue(tag(3, bstr(hex('15'))))],
  ['mantissa a bignum', withValue(hex('c4 82 20 c2 41 d7'))],
  ['value a bigfloat', withValue(tag(5, array(int(-1), int(43))))],
  ['value a date', withValue(tag(1, int(0)))],
  ['value a typed array', withValue(tag(64, bstr(hex('15'))))],
  ['value tag 4 in two bytes', withValue(hex('d8 04 82 20 18 d7'))],
  ['value tag 18', withValue(tag(18, int(21)))],
  ['base time a float', hex('81 a4 00 61 74 01 63 43656c 02 15 22 fa 4ed20bf9')],
  ['labels in the order of RFC 8428', hex('81 a4 22 1a 6905fc80 00 61 74 01 63 43656c 02 15')],
  ['label 2 before label 1', hex('81 a4 00 61 74 02 15 01 63 43656c 22 1a 6905fc80')],
  ['label 2 twice, equal', hex('81 a5 00 61 74 01 63 43656c 02 15 02 15 22 1a 6905fc80')],
  ['label 2 twice, different', hex('81 a5 00 61 74 01 63 43656c 02 15 02 16 22 1a 6905fc80')],
  ['label 0 in two bytes', hex('81 a4 18 00 61 74 01 63 43656c 02 15 22 1a 6905fc80')],
  ['record of indefinite length', hex('81 bf 00 61 74 01 63 43656c 02 15 22 1a 6905fc80 ff')],
  ['pack of indefinite length', concat(hex('9f'), payload.subarray(1), hex('ff'))],
  ['name of indefinite length', hex('81 a4 00 7f 61 74 ff 01 63 43656c 02 15 22 1a 6905fc80')],
  ['name not UTF-8', hex('81 a4 00 61 ff 01 63 43656c 02 15 22 1a 6905fc80')],
  ['name an overlong form', hex('81 a4 00 62 c1b4 01 63 43656c 02 15 22 1a 6905fc80')],
  ['name a surrogate', hex('81 a4 00 63 eda080 01 63 43656c 02 15 22 1a 6905fc80')],
  ['record with one value too few', hex('81 a4 00 61 74 01 63 43656c 02 15 22')],
]

export const invalidEncodings: readonly Case[] = casesOf('malformed', [
  ...ends,
  ...bombs,
  ...envelopes,
  ...payloads.map(([name, bytes]): [string, Uint8Array] => [name, message({ payload: bytes })]),
])

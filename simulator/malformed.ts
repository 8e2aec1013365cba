/** Messages that are not what PROTOCOL 2 calls well-formed, each in one way, all else being right. */
import { concat, uintBytes } from '../gateway/core/bytes.js'
import { encode } from '../gateway/core/cbor/codec.js'
import { assembleSign1 } from '../gateway/core/cose/sign1.js'
import { encodePack, type Value } from '../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../gateway/core/senml/reading.js'
import { sealBytes, type VirtualDevice } from './device.js'
import type { Random } from './random.js'

type Make = (device: VirtualDevice, seq: number, values: readonly Value[]) => Uint8Array

function honest(device: VirtualDevice, seq: number, values: readonly Value[]): Uint8Array {
  return device.seal(seq, values)
}

/** Signed by the device itself, so that only the form is wrong. */
function sealed(device: VirtualDevice, header: Uint8Array, payload: Uint8Array): Uint8Array {
  return sealBytes(device.key, device.profile.network, header, payload)
}

function headerOf(device: VirtualDevice, seq: number): Uint8Array {
  return encodeReadingHeader({ alg: -8, kid: device.key.kid, seq })
}

/** A protected header with this algorithm and these bytes as the sequence. */
function looseHeader(device: VirtualDevice, alg: number, cti: Uint8Array): Uint8Array {
  return encode(
    new Map<number, number | Uint8Array | Map<number, Uint8Array>>([
      [1, alg],
      [3, 112],
      [4, device.key.kid],
      [15, new Map([[7, cti]])],
    ]),
  )
}

/** Where the unprotected map stands: after tag, array head and the protected byte string. */
function unprotectedAt(device: VirtualDevice, seq: number): number {
  const { length } = headerOf(device, seq)
  return 2 + (length < 24 ? 1 : 2) + length
}

/** Every way, by what is wrong. */
export const malformations: Readonly<Record<string, Make>> = {
  truncated: (device, seq, values) => honest(device, seq, values).slice(0, -1),
  'trailing byte': (device, seq, values) => concat(honest(device, seq, values), Uint8Array.of(0)),
  'no tag': (device, seq, values) => honest(device, seq, values).slice(1),
  'filled unprotected map': (device, seq, values) => {
    const bytes = honest(device, seq, values)
    const at = unprotectedAt(device, seq)
    return concat(bytes.slice(0, at), Uint8Array.of(0xa1, 0x01, 0x27), bytes.slice(at + 1))
  },
  'short signature': (device, seq, values) =>
    assembleSign1(headerOf(device, seq), encodePack(values), new Uint8Array(63)),
  'indefinite pack': (device, seq, values) => {
    const record = encodePack(values.slice(0, 1)).slice(1)
    const pack = concat(Uint8Array.of(0x9f), record, Uint8Array.of(0xff))
    return sealed(device, headerOf(device, seq), pack)
  },
  // 81 a4 00 61 t 01 63 Cel 02 f9 4d60 22 00: 21.5 as a half-precision float.
  'float value': (device, seq) =>
    sealed(device, headerOf(device, seq), hex('81a4006174016343656c02f94d602200')),
  'key twice': (device, seq) =>
    sealed(device, headerOf(device, seq), hex('81a4006174016343656c0215021522')),
  'keys out of order': (device, seq) =>
    sealed(device, headerOf(device, seq), hex('81a4016343656c006174021522001a')),
  'long integer': (device, seq) =>
    sealed(device, headerOf(device, seq), hex('81a4006174016343656c0218152200')),
  'tag 0': (device, seq) => sealed(device, headerOf(device, seq), hex('c06161')),
  'deep nesting': (device, seq) =>
    sealed(device, headerOf(device, seq), hex('81818181818181818100')),
  'wrong algorithm': (device, seq, values) =>
    sealed(device, looseHeader(device, -7, uintBytes(seq)), encodePack(values)),
  'long sequence': (device, seq, values) =>
    sealed(
      device,
      looseHeader(device, -8, concat(Uint8Array.of(0), uintBytes(seq))),
      encodePack(values),
    ),
  'no sequence': (device, _seq, values) =>
    sealed(device, looseHeader(device, -8, new Uint8Array(0)), encodePack(values)),
}

const makes = Object.values(malformations)

/** One of them. */
export function malformedMessage(
  device: VirtualDevice,
  seq: number,
  values: readonly Value[],
  random: Random,
): Uint8Array {
  return random.pick(makes)(device, seq, values)
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g)!, (pair) => Number.parseInt(pair, 16))
}

/**
 * Values to deterministic CBOR (RFC 8949 section 4.2.1) and back. The one file that knows cbor-x,
 * and every way in which its defaults differ from PROTOCOL 2:
 *
 * - it accepts much that is not deterministic: `walk` goes first, and checks what was encoded too;
 * - it turns tag 4 into a float and 64-bit integers into BigInt: an extension and an option below;
 * - it encodes integers beyond 32 bits as floats and keeps the order of keys: `prepare` mends both;
 * - it writes into a shared Buffer and caches a DataView on what it reads: both are kept apart from
 *   the caller's bytes. Decoded byte strings are views of the caller's bytes.
 *
 * `cbor-x/decode` and `cbor-x/encode` are the entry points without the native string extractor, so
 * a browser and Node run the same code.
 */
import { addExtension, Decoder, Tag } from 'cbor-x/decode'
import { Encoder } from 'cbor-x/encode'
import { compare } from '../bytes.js'
import { assert } from '../failure.js'
import { accept, type Result, refuse } from '../verdict.js'
import { walk } from './walk.js'

/** What a FieldProof format may hold: no floats, booleans or null. Numbers are safe integers. */
export type CborValue = number | string | Uint8Array | CborValue[] | CborMap | Tagged

/** Keys are integers or text in every format; a hostile map may have others. */
export type CborMap = Map<CborValue, CborValue>

/** A tagged value: 4 (decimal fraction) or 18 (COSE_Sign1). */
export class Tagged {
  readonly tag: number
  readonly value: CborValue
  constructor(tag: number, value: CborValue) {
    this.tag = tag
    this.value = value
  }
}

const decimalFraction = 4
const coseSign1 = 18
const coseSign1Head = 0xd2

// cbor-x keeps one table of tags per process. Tag 18 is left alone there, for other libraries use it.
const extension = {
  tag: decimalFraction,
  decode: (value: CborValue) => new Tagged(decimalFraction, value),
}
addExtension(extension as Parameters<typeof addExtension>[0])

const options = { mapsAsObjects: false, useRecords: false, int64AsNumber: true }
const decoder = new Decoder(options)
const encoder = new Encoder({ ...options, variableMapSize: true, tagUint8Array: false })

/**
 * The deterministic encoding; map keys are sorted here, so their order in the Map does not matter.
 * A value that the protocol cannot carry (a float, an integer beyond 2^53 - 1, too deep) is a bug.
 */
export function encode(value: CborValue): Uint8Array {
  const bytes = new Uint8Array(encoder.encode(prepare(value)))
  const fault = walk(bytes)
  assert(fault === undefined, `encoded CBOR: ${fault}`)
  return bytes
}

/** The value of exactly one deterministic item, or `malformed` and what is wrong with the bytes. */
export function decode(bytes: Uint8Array): Result<CborValue> {
  const fault = walk(bytes)
  if (fault !== undefined) return refuse('malformed', fault)
  return accept(decodeWalked(bytes))
}

/** The value of bytes that `walk` has accepted: tag 18 can only stand first. */
function decodeWalked(bytes: Uint8Array): CborValue {
  if (bytes[0] === coseSign1Head) return new Tagged(coseSign1, decodeWalked(bytes.subarray(1)))
  return decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

/** The same value in the classes and the order that make cbor-x write it deterministically. */
function prepare(value: CborValue): unknown {
  if (typeof value === 'number') return fitsHead32(value) ? value : BigInt(value)
  if (typeof value === 'string' || value instanceof Uint8Array) return value
  if (value instanceof Tagged) return new Tag(prepare(value.value), value.tag)
  if (value instanceof Map) return sortedByKey(value)
  return value.map(prepare)
}

/** True where cbor-x writes the number as an integer, or as the float that `walk` then refuses. */
function fitsHead32(value: number): boolean {
  return !Number.isInteger(value) || (value >= -(2 ** 32) && value < 2 ** 32)
}

/** Entries in the bytewise order of their encoded keys (RFC 8949 section 4.2.1). */
function sortedByKey(map: CborMap): Map<unknown, unknown> {
  const entries = [...map].map(([key, value]) => ({ encoded: encode(key), key, value }))
  entries.sort((a, b) => compare(a.encoded, b.encoded))
  return new Map(entries.map(({ key, value }) => [prepare(key), prepare(value)]))
}

/**
 * A walk over untrusted bytes before any decoder sees them: one item of RFC 8949 in the
 * deterministic encoding of its section 4.2.1, within what PROTOCOL 2 allows. It allocates nothing
 * that grows with what the bytes claim, and looks at each byte a bounded number of times.
 *
 * Each function returns the position after what it read, or a negative fault.
 */
import { cborDepthMax } from '../limits.js'

const faults = [
  '',
  'the item ends before its length says',
  'bytes follow the item',
  'a length or integer is not in its shortest form',
  'indefinite lengths are not allowed',
  'reserved additional information',
  'floats and simple values are not allowed',
  'tags other than 4, and 18 around the whole, are not allowed',
  'an integer is beyond 2^53 - 1',
  'nested too deep',
  'text is not UTF-8',
  'text begins with a byte order mark',
  'map keys are not in ascending order',
  'a map key stands twice',
] as const

const truncated = -1
const trailing = -2
const notShortest = -3
const indefinite = -4
const reserved = -5
const simple = -6
const unknownTag = -7
const tooLarge = -8
const tooDeep = -9
const notUtf8 = -10
const byteOrderMark = -11
const unsorted = -12
const duplicate = -13

const intMax = Number.MAX_SAFE_INTEGER

/**
 * `undefined` where the bytes are exactly one deterministic item of integers within ±(2^53 - 1),
 * byte strings, UTF-8 text, arrays, maps and tag 4, at most `cborDepthMax` containers deep, with tag
 * 18 around the whole or not; otherwise what is wrong. A tag counts as a container; what it may hold
 * is for the reader of the value to judge.
 */
export function walk(bytes: Uint8Array): string | undefined {
  const end = item(bytes, 0, 0)
  if (end === bytes.length) return undefined
  return faults[end < 0 ? -end : -trailing]
}

/** One item at `at`, inside `depth` containers. */
function item(bytes: Uint8Array, at: number, depth: number): number {
  if (at >= bytes.length) return truncated
  const major = bytes[at]! >> 5
  if (major === 7) return simple
  const argument = argumentAt(bytes, at)
  if (argument < 0) return argument
  const body = at + headLength(bytes[at]!)
  switch (major) {
    case 0:
      return body
    case 1:
      // The value is -1 - argument (RFC 8949 section 3.1), so its size is one more.
      return argument === intMax ? tooLarge : body
    case 2:
      return argument > bytes.length - body ? truncated : body + argument
    case 3:
      return text(bytes, body, argument)
    default:
      if (depth === cborDepthMax) return tooDeep
      if (major === 4) return array(bytes, body, argument, depth + 1)
      if (major === 5) return map(bytes, body, argument, depth + 1)
      return argument === 4 || (argument === 18 && depth === 0)
        ? item(bytes, body, depth + 1)
        : unknownTag
  }
}

/** The argument of the head at `at` (RFC 8949 section 3): a value, a length, a count or a tag. */
function argumentAt(bytes: Uint8Array, at: number): number {
  const info = bytes[at]! & 31
  if (info < 24) return info
  if (info > 27) return info === 31 ? indefinite : reserved
  if (at + headLength(bytes[at]!) > bytes.length) return truncated
  if (info === 24) return bytes[at + 1]! < 24 ? notShortest : bytes[at + 1]!
  if (info === 25) {
    const value = (bytes[at + 1]! << 8) | bytes[at + 2]!
    return value < 256 ? notShortest : value
  }
  const high = uint32(bytes, at + 1)
  if (info === 26) return high < 65_536 ? notShortest : high
  if (high === 0) return notShortest
  // 2^53 - 1 has 21 bits set above the lower 32.
  return high > 0x1f_ffff ? tooLarge : high * 0x1_0000_0000 + uint32(bytes, at + 5)
}

/** Bytes of a head: the initial byte and its argument of 0, 1, 2, 4 or 8 bytes. */
function headLength(initial: number): number {
  const info = initial & 31
  return info < 24 ? 1 : 1 + (1 << (info - 24))
}

function uint32(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x100_0000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
}

/** Items of an array. A count that the bytes cannot hold ends at the first missing item. */
function array(bytes: Uint8Array, from: number, count: number, depth: number): number {
  let at = from
  for (let i = 0; i < count; i++) {
    at = item(bytes, at, depth)
    if (at < 0) return at
  }
  return at
}

/** Pairs of a map whose keys ascend in the bytewise order of their encodings (section 4.2.1). */
function map(bytes: Uint8Array, from: number, count: number, depth: number): number {
  let at = from
  let previous = -1
  let previousEnd = -1
  for (let i = 0; i < count; i++) {
    const keyEnd = item(bytes, at, depth)
    if (keyEnd < 0) return keyEnd
    if (previous >= 0) {
      const order = compareRanges(bytes, previous, previousEnd, at, keyEnd)
      if (order >= 0) return order === 0 ? duplicate : unsorted
    }
    previous = at
    previousEnd = keyEnd
    at = item(bytes, keyEnd, depth)
    if (at < 0) return at
  }
  return at
}

/** Order of bytes [a, aEnd) and [b, bEnd). No encoding is a prefix of another one. */
function compareRanges(
  bytes: Uint8Array,
  a: number,
  aEnd: number,
  b: number,
  bEnd: number,
): number {
  const shared = Math.min(aEnd - a, bEnd - b)
  for (let i = 0; i < shared; i++) {
    const difference = bytes[a + i]! - bytes[b + i]!
    if (difference !== 0) return difference
  }
  return aEnd - a - (bEnd - b)
}

/**
 * Well-formed UTF-8 (Unicode table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
 * A leading byte order mark is refused, as RFC 3629 section 6 advises for text that is always
 * UTF-8: decoders drop it, and two texts would then be one.
 */
function text(bytes: Uint8Array, from: number, length: number): number {
  const end = from + length
  if (length > bytes.length - from) return truncated
  let at = from
  while (at < end) {
    const lead = bytes[at]!
    if (lead < 0x80) {
      at++
      continue
    }
    const next = at + 1 < end ? bytes[at + 1]! : 0
    const more = continuationBytes(lead, next)
    if (more === 0 || at + more >= end) return notUtf8
    for (let i = 2; i <= more; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return notUtf8
    if (at === from && lead === 0xef && next === 0xbb && bytes[at + 2] === 0xbf)
      return byteOrderMark
    at += more + 1
  }
  return end
}

/** Bytes that follow this lead byte, given that the first of them is `next`; 0 where ill-formed. */
function continuationBytes(lead: number, next: number): number {
  if (lead < 0xc2 || lead > 0xf4 || (next & 0xc0) !== 0x80) return 0
  if (lead < 0xe0) return 1
  if (lead < 0xf0) {
    if (lead === 0xe0 && next < 0xa0) return 0
    return lead === 0xed && next > 0x9f ? 0 : 2
  }
  if (lead === 0xf0 && next < 0x90) return 0
  return lead === 0xf4 && next > 0x8f ? 0 : 3
}

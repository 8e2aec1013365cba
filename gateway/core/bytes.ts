/** Byte strings and their texts. Nothing here throws on input; bad text is `undefined`. */

const encoder = new TextEncoder()
const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const b64uDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const b64uValues = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++) b64uValues[b64uDigits.charCodeAt(i)] = i
const base32Digits = 'abcdefghijklmnopqrstuvwxyz234567'

/** UTF-8 of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** The parts one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Same length and bytes. Not constant time: for public values only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Bytewise lexicographic order: negative, 0 or positive. */
export function compare(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += hexPairs[byte]!
  return text
}

/** Bytes of hex in either case; `undefined` where the text is not hex of whole bytes. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined
  const out = new Uint8Array(text.length / 2)
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return out
}

/** RFC 4648 base64url, unpadded (`b64u` of the protocol). */
export function toB64u(bytes: Uint8Array): string {
  let text = ''
  let i = 0
  for (; i + 2 < bytes.length; i += 3) {
    const n = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!
    text +=
      b64uDigits[n >> 18]! +
      b64uDigits[(n >> 12) & 63]! +
      b64uDigits[(n >> 6) & 63]! +
      b64uDigits[n & 63]!
  }
  if (i + 1 === bytes.length) {
    const n = bytes[i]!
    text += b64uDigits[n >> 2]! + b64uDigits[(n & 3) << 4]!
  } else if (i + 2 === bytes.length) {
    const n = (bytes[i]! << 8) | bytes[i + 1]!
    text += b64uDigits[n >> 10]! + b64uDigits[(n >> 4) & 63]! + b64uDigits[(n & 15) << 2]!
  }
  return text
}

/** Strict b64u: no padding, no other alphabet, trailing bits zero. Otherwise `undefined`. */
export function fromB64u(text: string): Uint8Array | undefined {
  const rest = text.length % 4
  if (rest === 1) return undefined
  const out = new Uint8Array(Math.floor((text.length * 3) / 4))
  let bits = 0
  let held = 0
  let at = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const value = code < 128 ? b64uValues[code]! : -1
    if (value < 0) return undefined
    bits = ((bits << 6) | value) & 0xffff
    held += 6
    if (held >= 8) {
      held -= 8
      out[at++] = (bits >> held) & 0xff
    }
  }
  return (bits & ((1 << held) - 1)) === 0 ? out : undefined
}

/** RFC 4648 base32, lower case, unpadded. */
export function toBase32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff
    held += 8
    while (held >= 5) {
      held -= 5
      text += base32Digits[(bits >> held) & 31]!
    }
  }
  return held > 0 ? text + base32Digits[(bits << (5 - held)) & 31]! : text
}

/** Big-endian, minimal length, at least one byte (0 is `00`). `n`: integer from 0 below 2^53. */
export function uintBytes(n: number): Uint8Array {
  const out: number[] = []
  for (let rest = n; rest > 0 || out.length === 0; rest = Math.floor(rest / 256))
    out.unshift(rest % 256)
  return Uint8Array.from(out)
}

/** Value of big-endian bytes; `undefined` where empty, not minimal, or 2^53 and above. */
export function uintOf(bytes: Uint8Array): number | undefined {
  if (bytes.length === 0 || bytes.length > 7 || (bytes.length > 1 && bytes[0] === 0))
    return undefined
  let n = 0
  for (const byte of bytes) n = n * 256 + byte
  return Number.isSafeInteger(n) ? n : undefined
}

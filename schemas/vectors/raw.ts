/**
 * CBOR written exactly as it is asked for, also where that is wrong: nothing here sorts, shortens or
 * checks. For vectors only.
 */
import { concat, utf8 } from '../../gateway/core/bytes.js'

/** Bytes of an argument; 0 puts it into the initial byte. */
export type Width = 0 | 1 | 2 | 4 | 8

/** Initial byte and argument; in the shortest width unless one is given. */
export function head(major: number, argument: number | bigint, width?: Width): Uint8Array {
  const value = BigInt(argument)
  const bytes = width ?? shortest(value)
  if (bytes === 0) return Uint8Array.of((major << 5) | Number(value))
  const out = new Uint8Array(1 + bytes)
  out[0] = (major << 5) | (24 + Math.log2(bytes))
  for (let i = 0; i < bytes; i++) out[bytes - i] = Number((value >> BigInt(8 * i)) & 0xffn)
  return out
}

function shortest(value: bigint): Width {
  if (value < 24n) return 0
  if (value < 0x100n) return 1
  if (value < 0x10000n) return 2
  return value < 0x1_0000_0000n ? 4 : 8
}

export function int(value: number | bigint, width?: Width): Uint8Array {
  const n = BigInt(value)
  return n >= 0n ? head(0, n, width) : head(1, -1n - n, width)
}

export function bstr(bytes: Uint8Array, width?: Width): Uint8Array {
  return concat(head(2, bytes.length, width), bytes)
}

export function tstr(text: string | Uint8Array): Uint8Array {
  const bytes = typeof text === 'string' ? utf8(text) : text
  return concat(head(3, bytes.length), bytes)
}

export function array(...items: Uint8Array[]): Uint8Array {
  return concat(head(4, items.length), ...items)
}

/** Keys and values one after the other, in the order given. */
export function map(...items: Uint8Array[]): Uint8Array {
  return concat(head(5, items.length / 2), ...items)
}

export function tag(number: number | bigint, item: Uint8Array): Uint8Array {
  return concat(head(6, number), item)
}

/** Tag 4 `[e, m]`. */
export function fraction(e: number | bigint, m: number | bigint): Uint8Array {
  return tag(4, array(int(e), int(m)))
}

/** Bytes of hex. For literals: the text is known to be good. */
export function hex(text: string): Uint8Array {
  const digits = text.replaceAll(' ', '')
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

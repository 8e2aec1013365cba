/** Randomness from a seed: the same seed gives the same run. Never for keys that guard anything. */
import { utf8 } from '../gateway/core/bytes.js'
import { sha256 } from '../gateway/core/crypto.js'

export interface Random {
  /** Next 32 bits, 0 .. 2^32-1. */
  next(): number
  /** In [0, 1). */
  unit(): number
  /** Integer in [0, n), n at most 2^32. */
  below(n: number): number
  bytes(length: number): Uint8Array
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T
}

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), its state the first 128 bits of SHA-256 of the label.
 * Labels keep streams apart: `randomFrom(seed, 'faults')`.
 */
export function randomFrom(...label: readonly (string | number)[]): Random {
  const digest = sha256(utf8(label.join('\n')))
  const words = new DataView(digest.buffer, digest.byteOffset)
  let a = words.getUint32(0)
  let b = words.getUint32(4)
  let c = words.getUint32(8)
  let counter = words.getUint32(12) | 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  return {
    next,
    unit: () => next() / 2 ** 32,
    below: (n) => Math.floor((next() / 2 ** 32) * n),
    bytes: (length) => Uint8Array.from({ length }, () => next() & 0xff),
    pick: (list) => list[Math.floor((next() / 2 ** 32) * list.length)]!,
  }
}

/** 32 well mixed bits of some integers (the finaliser of MurmurHash3), for noise by place and time. */
export function mix(...parts: readonly number[]): number {
  let hash = 0x9e3779b9
  for (const part of parts) {
    hash = Math.imul(hash ^ (part | 0) ^ Math.floor(part / 2 ** 32), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
    hash ^= hash >>> 16
  }
  return hash >>> 0
}

/** 32 bits of a text, for `mix`. */
export function labelHash(text: string): number {
  const digest = sha256(utf8(text))
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0)
}

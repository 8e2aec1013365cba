/**
 * Keys that nobody may enrol, and signatures for them that satisfy the verification equation: what
 * refuses them is the rule about keys alone (PROTOCOL 1).
 */
import { Point } from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, fromHex, toHex } from '../../gateway/core/bytes.js'
import type { KeyHolder } from '../../gateway/core/device/message.js'

/** RFC 8032 section 5.1: order of the base point, and the prime of the field. */
const groupOrder = 2n ** 252n + 27742317777372353535851937790883648493n
const fieldPrime = 2n ** 255n - 19n

/** A point of order 8; its multiples are all points of small order. */
const eighth = Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')

export interface WeakKey extends KeyHolder {
  readonly name: string
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`)
}

function littleEndian(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0'))!.reverse()
}

/**
 * A signature under the key `scalar` B + `multiple` E, E of order 8, as `publicKey` encodes it.
 * Nonces are tried from `nonce` on until the challenge takes the part of small order away.
 */
function signWith(
  { scalar, multiple, publicKey }: { scalar: bigint; multiple: number; publicKey: Uint8Array },
  message: Uint8Array,
  nonce: bigint,
): Uint8Array {
  for (let r = nonce; ; r++) {
    const rBytes = Point.BASE.multiply(r).toBytes()
    const k = fromLittleEndian(sha512(concat(rBytes, publicKey, message))) % groupOrder
    if ((k * BigInt(multiple)) % 8n !== 0n) continue
    return concat(rBytes, littleEndian((r + k * scalar) % groupOrder))
  }
}

function weak(name: string, publicKey: Uint8Array, scalar: bigint, multiple: number): WeakKey {
  const parts = { scalar, multiple, publicKey }
  return { name, publicKey, sign: (message) => signWith(parts, message, 2n) }
}

/** Small order, not canonical, or with a part of small order. */
export const weakKeys: readonly WeakKey[] = [
  ...[1, 2, 4, 8].map((order) => {
    const multiple = (8 / order) % 8
    return weak(
      `of order ${order}`,
      eighth.multiplyUnsafe(BigInt(multiple)).toBytes(),
      0n,
      multiple,
    )
  }),
  weak('of order 1, y not canonical', littleEndian(fieldPrime + 1n), 0n, 0),
  weak('with a part of order 8', Point.BASE.multiply(5n).add(eighth).toBytes(), 5n, 1),
]

/** A second, different and equally valid signature of whoever has the seed. */
export function otherSignature(seed: Uint8Array, publicKey: Uint8Array, message: Uint8Array) {
  const digest = sha512(seed)
  digest[0]! &= 248
  digest[31]! = (digest[31]! & 127) | 64
  const scalar = fromLittleEndian(digest.slice(0, 32))
  return signWith({ scalar, multiple: 0, publicKey }, message, 12_345n)
}

/**
 * What a person compares, and how a board makes its key, at the first meeting of a board and a
 * gateway over a cable (schemas/enrolment.md).
 */
import { toBase32, utf8 } from '../bytes.js'
import { sha256 } from '../crypto.js'

const codePrefix = utf8('FP1:code')
const seedPrefix = utf8('FP1:seed')
/** 40 bits: eight digits of base32. */
const codeBytes = 5

/**
 * The code `xxxx-xxxx` of an enrolment. Keys of 32 bytes; `nonce` is what the gateway sent with
 * `$FPEQ`. Whoever sees the same code on the board and at the gateway knows that no other key stands
 * between them: a chance of 2^-40 for one try.
 */
export function enrolmentCode(
  gatewayKey: Uint8Array,
  deviceKey: Uint8Array,
  nonce: Uint8Array,
): string {
  const text = toBase32(sha256(codePrefix, gatewayKey, deviceKey, nonce).subarray(0, codeBytes))
  return `${text.slice(0, 4)}-${text.slice(4)}`
}

/**
 * The seed of a board's key, from its own entropy (32 bytes) and the host's (32 bytes): as good as
 * the better of the two. Boards do this; here it is for vectors and for who checks a board.
 */
export function provisionedSeed(board: Uint8Array, host: Uint8Array): Uint8Array {
  return sha256(seedPrefix, board, host)
}

/** Uniform whole numbers from random bytes, by rejection: no bias of a remainder. */
import { assert } from '../failure.js'

/**
 * So many fresh random bytes: from the system's CSPRNG in a gateway, seeded in a test. What is
 * drawn is secret for ever: who knows it can take the noise off a release.
 */
export type RandomBytes = (bytes: number) => Uint8Array

/**
 * Uniform in [0, below), below >= 1. Draws as many bits as below - 1 has, and again while they are
 * not less than `below`: under two draws on average. Which bytes were refused says nothing of the
 * result.
 */
export function uniformBelow(below: bigint, random: RandomBytes): bigint {
  assert(below >= 1n, 'there is a number below')
  if (below === 1n) return 0n
  const bits = (below - 1n).toString(2).length
  const length = (bits + 7) >> 3
  const mask = (1n << BigInt(bits)) - 1n
  for (;;) {
    const bytes = random(length)
    assert(bytes.length === length, 'the random source gives what it is asked for')
    let drawn = 0n
    for (const byte of bytes) drawn = (drawn << 8n) | BigInt(byte)
    drawn &= mask
    if (drawn < below) return drawn
  }
}

import type { RandomBytes } from '../../../gateway/core/privacy/uniform.js'
import { seededRandom } from '../../support/random.js'

/** Seeded bytes, made in large pieces: a sampler asks for one at a time, very often. */
export function pooledRandom(seed: number): RandomBytes {
  const random = seededRandom(seed)
  const pool = new Uint8Array(4096)
  let used = pool.length
  return (length) => {
    if (used + length > pool.length) {
      for (let i = 0; i < pool.length; i++) pool[i] = random.below(256)
      used = 0
    }
    used += length
    return pool.subarray(used - length, used)
  }
}

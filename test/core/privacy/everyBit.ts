/** The exact distribution of a sampler: every string of bits it can ask for, up to a length. */
import type { RandomBytes } from '../../../gateway/core/privacy/uniform.js'

export interface Exact {
  /** Probability over 8^draws by what came out. */
  readonly outcomes: ReadonlyMap<string, bigint>
  /** Probability over 8^draws of asking for more. */
  readonly undecided: bigint
  readonly whole: bigint
}

class OutOfBits extends Error {}

/**
 * Runs the sampler on every string of up to `draws` symbols of three bits: a symbol is one byte, so
 * numbers must be drawn below 9, whose higher bits are masked away.
 */
export function everyBit(draws: number, sample: (random: RandomBytes) => unknown): Exact {
  const outcomes = new Map<string, bigint>()
  let undecided = 0n
  const visit = (prefix: readonly number[]): void => {
    let used = 0
    const source: RandomBytes = (length) => {
      if (length !== 1) throw new Error('more than one byte was asked for')
      const symbol = prefix[used++]
      if (symbol === undefined) throw new OutOfBits()
      return Uint8Array.of(symbol)
    }
    try {
      const outcome = String(sample(source))
      const weight = 8n ** BigInt(draws - prefix.length)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0n) + weight)
    } catch (error) {
      if (!(error instanceof OutOfBits)) throw error
      if (prefix.length === draws) undecided++
      else for (let symbol = 0; symbol < 8; symbol++) visit([...prefix, symbol])
    }
  }
  visit([])
  return { outcomes, undecided, whole: 8n ** BigInt(draws) }
}

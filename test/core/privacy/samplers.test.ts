import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bernoulli } from '../../../gateway/core/privacy/bernoulli.js'
import { bernoulliExp } from '../../../gateway/core/privacy/bernoulliExp.js'
import { discreteGaussian } from '../../../gateway/core/privacy/discreteGaussian.js'
import { discreteLaplace } from '../../../gateway/core/privacy/discreteLaplace.js'
import { floorDiv, floorSqrt, roundDiv } from '../../../gateway/core/privacy/integer.js'
import { permuteAndFlip } from '../../../gateway/core/privacy/permuteAndFlip.js'
import { rational } from '../../../gateway/core/privacy/rational.js'
import { uniformBelow } from '../../../gateway/core/privacy/uniform.js'
import { everyBit } from './everyBit.js'
import { pooledRandom } from './pooledRandom.js'
import {
  chiSquare,
  chiSquareLimit,
  countsOf,
  expNegative,
  one,
  permuteAndFlipShares,
  ratio,
  sharesOf,
} from './reference.js'

const samples = 120_000

describe('over every string of bits', () => {
  it('draws each number below n equally often', () => {
    for (const below of [1n, 2n, 3n, 5n, 7n, 8n]) {
      const { outcomes, undecided, whole } = everyBit(3, (bits) => uniformBelow(below, bits))
      expect(outcomes.size).toBe(Number(below))
      expect(new Set(outcomes.values()).size).toBe(1)
      const decided = [...outcomes.values()].reduce((sum, weight) => sum + weight, 0n)
      expect(decided + undecided).toBe(whole)
    }
  })

  it('draws below numbers of two bytes without bias', () => {
    const seen = new Map<bigint, number>()
    for (let drawn = 0; drawn < 65_536; drawn++) {
      let calls = 0
      const bytes = (): Uint8Array => {
        // A refused draw asks again: that is where this string ends.
        if (calls++ > 0) throw new RangeError('refused')
        return Uint8Array.of(drawn >> 8, drawn & 255)
      }
      try {
        const value = uniformBelow(300n, bytes)
        seen.set(value, (seen.get(value) ?? 0) + 1)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
      }
    }
    // 9 of the 16 bits count: each value has the 2^7 strings of the others.
    expect([seen.size, new Set(seen.values())]).toEqual([300, new Set([128])])
  })

  it.each([
    [1n, 1n],
    [1n, 2n],
    [2n, 1n],
    [0n, 1n],
  ])('flips a coin of exp(-%i/%i)', (n, d) => {
    const exact = everyBit(6, (bits) => bernoulliExp({ n, d }, bits))
    encloses(exact, 'true', ratio(expNegative(n, d), one))
  })

  it('chooses by permute-and-flip', () => {
    const rate = rational(1n, 2n)
    const losses = [1n, 0n]
    const exact = everyBit(6, (bits) => permuteAndFlip(losses, rate, bits))
    const shares = permuteAndFlipShares(losses.map((loss) => expNegative(loss, 2n)))
    for (const i of [0, 1]) encloses(exact, String(i), shares[i]!)
  })

  function encloses(
    { outcomes, undecided, whole }: ReturnType<typeof everyBit>,
    outcome: string,
    share: number,
  ): void {
    const least = outcomes.get(outcome) ?? 0n
    expect(ratio(undecided, whole)).toBeLessThan(0.05)
    expect(ratio(least, whole)).toBeLessThanOrEqual(share + 1e-15)
    expect(ratio(least + undecided, whole)).toBeGreaterThanOrEqual(share - 1e-15)
  }
})

describe('against exact probabilities, and known-bad controls', () => {
  it('gives discrete Laplace noise, and not of a variance 1.06 times it', () => {
    const edge = 12
    const shares = sharesOf((z) => expNegative(2n * z, 5n), edge)
    const statistic = (n: bigint, d: bigint, seed: number): number => {
      const bytes = pooledRandom(seed)
      return chiSquare(
        countsOf(samples, edge, () => discreteLaplace({ n, d }, bytes)),
        shares,
      )
    }
    expect(statistic(5n, 2n, 1)).toBeLessThan(chiSquareLimit(2 * edge))
    expect(statistic(514_782n, 200_000n, 1)).toBeGreaterThan(chiSquareLimit(2 * edge))
    // Scale = sensitivity / epsilon: 1.2 times the sensitivity is 1.2 times the scale.
    expect(statistic(3n, 1n, 1)).toBeGreaterThan(chiSquareLimit(2 * edge))
  })

  it('gives discrete Gaussian noise, and not of a variance 1.06 times it', () => {
    const edge = 7
    const draws = 70_000
    const shares = sharesOf((z) => expNegative(z * z * 2n, 27n), edge)
    const statistic = (n: bigint, d: bigint, seed: number): number => {
      const bytes = pooledRandom(seed)
      return chiSquare(
        countsOf(draws, edge, () => discreteGaussian({ n, d }, bytes)),
        shares,
      )
    }
    expect(statistic(27n, 4n, 2)).toBeLessThan(chiSquareLimit(2 * edge))
    expect(statistic(27n * 53n, 200n, 2)).toBeGreaterThan(chiSquareLimit(2 * edge))
  })

  it('flips coins of p/q and exp(-x)', () => {
    const bytes = pooledRandom(3)
    for (const [draw, share] of [
      [() => bernoulli({ n: 3n, d: 7n }, bytes), 3 / 7],
      [() => bernoulliExp({ n: 3n, d: 7n }, bytes), ratio(expNegative(3n, 7n), one)],
      [() => bernoulliExp({ n: 9n, d: 4n }, bytes), ratio(expNegative(9n, 4n), one)],
    ] as const) {
      let heads = 0
      for (let i = 0; i < samples; i++) heads += draw() ? 1 : 0
      const counts = [heads, samples - heads]
      expect(chiSquare(counts, [share, 1 - share])).toBeLessThan(chiSquareLimit(1))
      expect(chiSquare(counts, [share * 1.06, 1 - share * 1.06])).toBeGreaterThan(chiSquareLimit(1))
    }
  })

  it('chooses by permute-and-flip, and not with 1.2 times the sensitivity', () => {
    const losses = [9n, 6n, 4n, 1n, 0n, 0n, 2n, 3n, 7n, 12n]
    const shares = permuteAndFlipShares(losses.map((loss) => expNegative(loss, 4n)))
    const statistic = (rate: { n: bigint; d: bigint }): number => {
      const bytes = pooledRandom(4)
      const counts = losses.map(() => 0)
      for (let i = 0; i < 60_000; i++) counts[permuteAndFlip(losses, rate, bytes)]! += 1
      return chiSquare(counts, shares)
    }
    expect(statistic(rational(1n, 4n))).toBeLessThan(chiSquareLimit(losses.length - 1))
    expect(statistic(rational(5n, 24n))).toBeGreaterThan(chiSquareLimit(losses.length - 1))
  })
})

describe('whole numbers', () => {
  it('divides and takes roots downwards', () => {
    const any = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })
    const positive = fc.bigInt({ min: 1n, max: 10n ** 20n })
    fc.assert(
      fc.property(any, positive, (a, b) => {
        const quotient = floorDiv(a, b)
        expect(quotient * b <= a && a < (quotient + 1n) * b).toBe(true)
        const [nearest, size] = [roundDiv(a, b), a < 0n ? -a : a]
        const near = nearest < 0n ? -nearest : nearest
        expect(2n * near * b - b <= 2n * size && 2n * size < 2n * near * b + b).toBe(true)
        expect(roundDiv(-a, b)).toBe(-nearest)
      }),
    )
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 40n }), (a) => {
        const root = floorSqrt(a)
        expect(root * root <= a && a < (root + 1n) ** 2n).toBe(true)
      }),
    )
  })

  it('refuses parameters that no distribution has', () => {
    const bytes = pooledRandom(5)
    expect(() => uniformBelow(0n, bytes)).toThrow('number below')
    expect(() => uniformBelow(9n, () => new Uint8Array(2))).toThrow('random source')
    expect(() => bernoulli({ n: 3n, d: 2n }, bytes)).toThrow('probability')
    expect(() => bernoulliExp({ n: -1n, d: 2n }, bytes)).toThrow('probability')
    expect(() => discreteLaplace({ n: 0n, d: 1n }, bytes)).toThrow('scale')
    expect(() => discreteGaussian({ n: 0n, d: 1n }, bytes)).toThrow('variance')
    expect(() => permuteAndFlip([1n], rational(1n), bytes)).toThrow('best candidate')
    const many = Array.from({ length: 257 }, () => 0n)
    expect(() => permuteAndFlip(many, rational(1n), bytes)).toThrow('few')
  })
})

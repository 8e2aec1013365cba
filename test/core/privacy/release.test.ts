import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { metricByName, metrics } from '../../../gateway/core/metric.js'
import {
  candidateAt,
  candidatesOf,
  nearestCandidate,
} from '../../../gateway/core/privacy/candidates.js'
import { decay } from '../../../gateway/core/privacy/decay.js'
import { boundsOf, clamp, gridDecimal, ownerValue } from '../../../gateway/core/privacy/grid.js'
import { medianHalfWidth, sumHalfWidth } from '../../../gateway/core/privacy/halfWidth.js'
import { medianLosses, medianRate, releaseMedian } from '../../../gateway/core/privacy/median.js'
import { type Rational, rational } from '../../../gateway/core/privacy/rational.js'
import { releaseSum, sumScale, sumSensitivity } from '../../../gateway/core/privacy/sum.js'
import { decimal, decimalOf, toNumber } from '../../../gateway/core/senml/decimal.js'
import { pooledRandom } from './pooledRandom.js'
import {
  chiSquare,
  chiSquareLimit,
  countsOf,
  expNegative,
  permuteAndFlipShares,
  ratio,
  sharesOf,
} from './reference.js'

const noise = metricByName('noise')!
const bounds = fc
  .tuple(fc.bigInt({ min: -5_000n, max: 5_000n }), fc.bigInt({ min: 1n, max: 3_000_000n }))
  .map(([from, width]) => ({ from, to: from + width }))

describe('the grid', () => {
  it('makes one number of an owner: mean of device means, nearest on the grid, clamped', () => {
    const values = fc.array(fc.integer({ min: -100_000, max: 200_000 }), { maxLength: 8 })
    fc.assert(
      fc.property(fc.array(values, { maxLength: 4 }), (devices) => {
        const whole = devices.map((device) => device.map((m) => decimal(m, -3)))
        const owned = ownerValue(whole, noise, boundsOf(noise))
        const means = devices
          .filter((device) => device.length > 0)
          .map((device) => device.reduce((sum, m) => sum + m, 0) / device.length)
        if (means.length === 0) return owned === undefined
        const mean = means.reduce((sum, m) => sum + m, 0) / means.length / 100
        const near = Math.max(0, Math.min(1_400, mean))
        return Math.abs(Number(owned) - near) <= 0.5 + 1e-6
      }),
    )
    const half = [[decimalOf(20.05, 2)], [decimalOf(20.05, 2), decimalOf(20.05, 2)], []]
    expect(ownerValue(half, noise, boundsOf(noise))).toBe(201n)
    expect(toNumber(gridDecimal(201n, noise))).toBe(20.1)
  })

  it('has at most 256 candidates between the bounds, and one near every value', () => {
    fc.assert(
      fc.property(bounds, fc.bigInt({ min: -10_000n, max: 4_000_000n }), (range, value) => {
        const candidates = candidatesOf(range)
        const { step, count } = candidates
        expect(count >= 2 && count <= 256).toBe(true)
        expect(candidateAt(candidates, 0) >= range.from).toBe(true)
        expect(candidateAt(candidates, count - 1) <= range.to).toBe(true)
        const inside = clamp(value, range)
        const off = candidateAt(candidates, nearestCandidate(candidates, inside)) - inside
        expect(off <= step && off >= -step).toBe(true)
      }),
    )
    const counts = metrics.map((metric) => candidatesOf(boundsOf(metric)).count)
    expect(Math.min(...counts)).toBeGreaterThan(200)
  })
})

describe('the median', () => {
  it('loses nothing at a median, and twice the rank distance elsewhere', () => {
    const indices = fc.array(fc.nat({ max: 9 }), { maxLength: 15 })
    fc.assert(
      fc.property(indices, (at) => {
        const sorted = at.toSorted((a, b) => a - b)
        const losses = medianLosses(at, { count: 10 })
        expect(losses.includes(0n)).toBe(true)
        for (const [c, loss] of losses.entries()) {
          // How many numbers must change sides until c is between the lower and the upper median.
          const below = sorted.filter((index) => index < c).length
          const above = sorted.filter((index) => index > c).length
          expect(Number(loss)).toBe(Math.max(0, 2 * below - at.length, 2 * above - at.length))
        }
        const middle = sorted[sorted.length >> 1]
        if (middle !== undefined) expect(losses[middle]).toBe(0n)
      }),
    )
  })

  it('is moved by one owner by no more than 2, whatever that owner does', () => {
    const index = fc.option(fc.nat({ max: 9 }), { nil: undefined })
    let most = 0n
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 12 }), index, index, (at, a, b) => {
        const day = (own: number | undefined): bigint[] =>
          medianLosses(own === undefined ? at : [...at, own], { count: 10 })
        const other = day(b)
        for (const [c, loss] of day(a).entries()) {
          const move = loss > other[c]! ? loss - other[c]! : other[c]! - loss
          if (move > most) most = move
        }
        return most <= 2n
      }),
    )
    expect(most).toBe(2n)
  })

  it('is private between all neighbours of a small roster, and not with half the sensitivity', () => {
    const epsilon = rational(1n, 2n)
    const whole = worstRatio(3, 4, medianRate(epsilon))
    expect(whole).toBeLessThanOrEqual(0.5 + 1e-9)
    expect(whole).toBeGreaterThan(0.3)
    expect(worstRatio(3, 4, medianRate(rational(1n)))).toBeGreaterThan(0.5)
  })

  it('comes with its exact probabilities, and not with those of 1.2 times the sensitivity', () => {
    const range = { from: 0n, to: 11n }
    const values = [2n, 2n, 3n, 5n, 5n, 6n, 7n, 9n, 40n, -3n]
    const shares = sharesOfMedian(
      values.map((value) => Number(clamp(value, range))),
      12,
      medianRate(rational(1n)),
    )
    const statistic = (epsilon: Rational): number => {
      const random = pooledRandom(11)
      const counts = shares.map(() => 0)
      for (let i = 0; i < 40_000; i++) {
        counts[Number(releaseMedian({ values, bounds: range, epsilon }, random))]! += 1
      }
      return chiSquare(counts, shares)
    }
    expect(statistic(rational(1n))).toBeLessThan(chiSquareLimit(11))
    expect(statistic(rational(5n, 6n))).toBeGreaterThan(chiSquareLimit(11))
  })

  it('comes out of an empty window, any candidate alike', () => {
    const random = pooledRandom(12)
    const counts = Array.from({ length: 8 }, () => 0)
    const release = { values: [], bounds: { from: 0n, to: 7n }, epsilon: rational(1n) }
    for (let i = 0; i < 8_000; i++) counts[Number(releaseMedian(release, random))]! += 1
    const alike = counts.map(() => 1 / 8)
    expect(chiSquare(counts, alike)).toBeLessThan(chiSquareLimit(7))
  })

  /** Natural logarithm of the largest ratio between neighbours, over all days of a roster. */
  function worstRatio(owners: number, count: number, rate: Rational): number {
    const days = 5 ** owners
    const known = new Map<string, number[]>()
    const sharesOn = (day: number): number[] => {
      const indices: number[] = []
      for (let i = 0, rest = day; i < owners; i++, rest = Math.floor(rest / 5))
        // The value after the last candidate stands for an owner who said nothing.
        if (rest % 5 < count) indices.push(rest % 5)
      const key = indices.toSorted().join()
      const shares = known.get(key) ?? sharesOfMedian(indices, count, rate)
      known.set(key, shares)
      return shares
    }
    let worst = 0
    for (let day = 0; day < days; day++) {
      const mine = sharesOn(day)
      for (let owner = 0; owner < owners; owner++) {
        const digit = Math.floor(day / 5 ** owner) % 5
        for (let other = 0; other < 5; other++) {
          const theirs = sharesOn(day + (other - digit) * 5 ** owner)
          for (const [c, share] of mine.entries())
            worst = Math.max(worst, Math.log(share / theirs[c]!))
        }
      }
    }
    return worst
  }

  function sharesOfMedian(indices: number[], count: number, rate: Rational): number[] {
    const losses = Array.from({ length: count }, (_, c) => {
      const below = indices.filter((index) => index < c).length
      const above = indices.filter((index) => index > c).length
      return BigInt(Math.max(0, 2 * below - indices.length, 2 * above - indices.length))
    })
    return permuteAndFlipShares(losses.map((loss) => expNegative(loss * rate.n, rate.d)))
  }
})

describe('the sum', () => {
  it('is moved by one owner by no more than its sensitivity, which is reached', () => {
    for (const range of [
      { from: 0n, to: 40_000n },
      { from: -400n, to: 850n },
      { from: 30n, to: 50n },
      { from: -50n, to: -30n },
    ]) {
      const moves: bigint[] = []
      const ends = [0n, range.from, range.to]
      for (const a of ends) for (const b of ends) moves.push(a - b)
      const most = moves.reduce((high, move) => (move > high ? move : high))
      expect(sumSensitivity(range)).toBe(most)
    }
    expect(sumScale({ from: 0n, to: 40n }, rational(1n, 4n))).toEqual({ n: 160n, d: 1n })
  })

  it('adds noise of its exact probabilities, and not of 1.2 times the sensitivity', () => {
    const values = [2n, 4n, 99n, -7n]
    const shares = sharesOf((z) => expNegative(2n * z, 5n), 10)
    const statistic = (epsilon: Rational): number => {
      const random = pooledRandom(13)
      const release = { values, bounds: { from: 0n, to: 5n }, epsilon }
      const counts = countsOf(60_000, 10, () => releaseSum(release, random) - 11n)
      return chiSquare(counts, shares)
    }
    expect(statistic(rational(2n))).toBeLessThan(chiSquareLimit(20))
    expect(statistic(rational(5n, 3n))).toBeGreaterThan(chiSquareLimit(20))
  })
})

describe('half widths', () => {
  it('has a decay equal to the reference', () => {
    for (const [n, d] of [
      [0n, 1n],
      [1n, 3n],
      [7n, 2n],
      [9n, 1n],
      [1n, 40_000n],
    ] as const) {
      const off = ratio(decay({ n, d }), 1n << 128n) / ratio(expNegative(n, d), 1n << 160n) - 1
      expect(Math.abs(off)).toBeLessThan(1e-12)
    }
    expect(decay({ n: 100n, d: 1n })).toBe(0n)
  })

  it('is the least that holds 19 of 20 sums', () => {
    for (const [to, n, d] of [
      [1n, 2n, 1n],
      [1_400n, 1n, 1n],
      [40_000n, 1n, 96n],
    ] as const) {
      const epsilon = rational(n, d)
      const h = sumHalfWidth({ from: 0n, to }, epsilon)
      const rate = Number(n) / Number(d) / Number(to)
      const beyond = (width: bigint): number =>
        (2 * Math.exp(-rate * (Number(width) + 1))) / (1 + Math.exp(-rate))
      expect(beyond(h)).toBeLessThanOrEqual(0.05)
      expect(beyond(h - 1n)).toBeGreaterThan(0.05)
    }
  })

  it.each([
    [25, 1n],
    [100, 4n],
    [300, 24n],
  ])('holds 19 of 20 medians of %i evenly spread owners', (owners, d) => {
    const range = boundsOf(noise)
    const epsilon = rational(1n, d)
    const half = medianHalfWidth(range, epsilon, owners)
    const values = Array.from({ length: owners }, (_, i) =>
      BigInt(Math.round(((i + 0.5) * 1_400) / owners)),
    )
    const random = pooledRandom(owners)
    let inside = 0
    for (let i = 0; i < 600; i++) {
      const off = releaseMedian({ values, bounds: range, epsilon }, random) - 700n
      if (off <= half && off >= -half) inside++
    }
    // 570 expected at least; 540 is more than 5 standard deviations below.
    expect(inside).toBeGreaterThan(540)
    // Not so wide that it says nothing, and narrower with more to spend.
    expect(half).toBeLessThan(700n)
    expect(medianHalfWidth(range, rational(4n, d), owners)).toBeLessThan(half)
  })
})

/**
 * Probabilities worked out a second time, without the samplers: whole numbers over 2^160, series
 * for exp, and the closed forms of the papers.
 */
export const one = 1n << 160n

/** exp(-n / d) over 2^160, from the series of exp(n / d) in exact fractions of 2^160. */
export function expNegative(n: bigint, d: bigint): bigint {
  let term = one << 160n
  let sum = 0n
  for (let k = 1n; term > 0n; k++) {
    sum += term
    term = (term * n) / (d * k)
  }
  return (one * one * one) / sum
}

/** Shares of a weight that falls with |z|: bins -edge..edge, the tails in the outer ones. */
export function sharesOf(weight: (z: bigint) => bigint, edge: number): number[] {
  const weights: bigint[] = []
  for (let z = 0n; ; z++) {
    const w = weight(z)
    if (w === 0n) break
    weights.push(w)
  }
  const total = weights.reduce((sum, w) => sum + 2n * w, -weights[0]!)
  const tail = weights.slice(edge).reduce((sum, w) => sum + w, 0n)
  const side = [...weights.slice(1, edge), tail]
  return [...side.toReversed(), weights[0]!, ...side].map((w) => ratio(w, total))
}

/**
 * Shares of permute-and-flip whose coins are `coins` (over 2^160): candidate i, visited at a time
 * u uniform in [0, 1], is taken when its coin says so and no earlier one's did:
 * coin_i times the integral over u of the product over j != i of (1 - u coin_j).
 */
export function permuteAndFlipShares(coins: readonly bigint[]): number[] {
  return coins.map((coin, i) => {
    let polynomial = [one]
    for (const [j, other] of coins.entries()) {
      if (j === i) continue
      const next = [...polynomial, 0n]
      for (const [k, c] of polynomial.entries()) next[k + 1]! -= (c * other) / one
      polynomial = next
    }
    const integral = polynomial.reduce((sum, c, k) => sum + c / BigInt(k + 1), 0n)
    return ratio(coin * integral, one * one)
  })
}

export function ratio(n: bigint, d: bigint): number {
  return Number((n << 60n) / d) / 2 ** 60
}

/** Pearson's statistic over bins that all expect at least 5; fewer than that is a bad test. */
export function chiSquare(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  return counts.reduce((sum, count, i) => {
    const expected = total * shares[i]!
    if (expected < 5) throw new Error(`bin ${i} expects ${expected}`)
    return sum + (count - expected) ** 2 / expected
  }, 0)
}

/** What chi-square with `df` degrees exceeds once in a million runs (Wilson and Hilferty 1931). */
export function chiSquareLimit(df: number): number {
  const z = 4.753424
  return df * (1 - 2 / (9 * df) + z * Math.sqrt(2 / (9 * df))) ** 3
}

/** Counts of `samples` draws in bins -edge..edge, the tails in the outer ones. */
export function countsOf(samples: number, edge: number, draw: () => bigint): number[] {
  const counts = Array.from({ length: 2 * edge + 1 }, () => 0)
  for (let i = 0; i < samples; i++) {
    const z = Number(draw())
    counts[Math.max(-edge, Math.min(edge, z)) + edge]! += 1
  }
  return counts
}

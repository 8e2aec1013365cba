/** Exact bounds on a probability from counts (Clopper, Pearson 1934), for audits. */

/** The p below which `hits` of `runs` or more come with probability at most `alpha`. */
export function lowerBound(hits: number, runs: number, alpha: number): number {
  return hits === 0 ? 0 : bisect((p) => upperTail(hits, runs, p) < alpha)
}

/** The p above which `hits` of `runs` or fewer come with probability at most `alpha`. */
export function upperBound(hits: number, runs: number, alpha: number): number {
  return 1 - lowerBound(runs - hits, runs, alpha)
}

/** The largest p in [0, 1] for which it holds, where it holds up to there. */
function bisect(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return low
}

/** P(X >= hits) of a binomial X. */
function upperTail(hits: number, runs: number, p: number): number {
  let sum = 0
  for (let i = hits; i <= runs; i++) {
    const term = Math.exp(logChoose(runs, i) + i * Math.log(p) + (runs - i) * Math.log1p(-p))
    sum += term
    if (i > runs * p && term < sum * 1e-15) break
  }
  return sum
}

const logFactorials: number[] = [0]

function logChoose(n: number, k: number): number {
  for (let i = logFactorials.length; i <= n; i++)
    logFactorials.push(logFactorials[i - 1]! + Math.log(i))
  return logFactorials[n]! - logFactorials[k]! - logFactorials[n - k]!
}

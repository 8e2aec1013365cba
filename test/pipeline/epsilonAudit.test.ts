/**
 * Is a row's epsilon what it says? For pairs of days that differ in one owner, the audit counts how
 * often an event happens on each, and bounds ln(P / P') from below (Clopper-Pearson, one false alarm
 * in a thousand). The bound must stay below the epsilon that is claimed, and exceed it where the noise
 * is too little. Events and days are the worst that are known for each mechanism; AUDIT_RUNS draws
 * more of each.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { metricByName } from '../../gateway/core/metric.js'
import { candidateAt, candidatesOf } from '../../gateway/core/privacy/candidates.js'
import { boundsOf } from '../../gateway/core/privacy/grid.js'
import type { DifferentiallyPrivateRow } from '../../gateway/core/privacy/row.js'
import { pooledRandom } from '../core/privacy/pooledRandom.js'
import { lowerBound, upperBound } from '../support/clopperPearson.js'
import { auditedDay, type Day, owners } from './epsilonAudit.js'

const claimed = 1
/** Chance that one of the two bounds of a ratio is wrong. */
const alpha = 5e-4
const more = Number(process.env.AUDIT_RUNS ?? 0)
/** A ratio of 1.2 to 1 takes more draws to see than one of 2 to 1. */
const sumRuns = more || 6_000
const medianRuns = more || 2_500

interface Counted {
  readonly hits: number
  readonly runs: number
  /** What the rows said besides: everything but estimate and salt. */
  readonly rest: Set<string>
}

interface Audit {
  readonly metric: 'noise' | 'co2'
  readonly isHit: (row: DifferentiallyPrivateRow) => boolean
}

async function count(
  { metric, isHit }: Audit,
  day: Day,
  runs: number,
  seed: number,
  epsilon = '1',
): Promise<Counted> {
  const draw = await auditedDay(metric, day, epsilon, pooledRandom(seed))
  const rest = new Set<string>()
  let hits = 0
  for (let i = 0; i < runs; i++) {
    const row = await draw()
    if (isHit(row)) hits++
    rest.add(JSON.stringify({ ...row, salt: '', ...('sum' in row ? { sum: 0 } : { median: 0 }) }))
  }
  return { hits, runs, rest }
}

/** ln(P / P') at least, but for one case in a thousand. */
function bound(likely: Counted, unlikely: Counted): number {
  const p = lowerBound(likely.hits, likely.runs, alpha)
  return Math.log(p / upperBound(unlikely.hits, unlikely.runs, alpha))
}

function restOf(...counted: Counted[]): string[] {
  return [...new Set(counted.flatMap(({ rest }) => [...rest]))]
}

describe(`the epsilon of a sum, audited over ${sumRuns} draws of each day`, () => {
  const others = Array.from({ length: owners - 1 }, () => 600)
  const top = 40_000 + others.reduce((sum, value) => sum + value, 0)
  // At least the true sum of the day on which the victim said the most there is.
  const audit: Audit = { metric: 'co2', isHit: (row) => 'sum' in row && row.sum >= top }
  const days = { high: [40_000, ...others], low: [0, ...others], absent: [undefined, ...others] }
  let high: Counted

  beforeAll(async () => {
    high = await count(audit, days.high, sumRuns, 1)
  })

  it('is not exceeded, whether the victim is replaced or absent, and nearly reached', async () => {
    for (const [i, day] of [days.low, days.absent].entries()) {
      const found = bound(high, await count(audit, day, sumRuns, 2 + i))
      expect(found).toBeLessThan(claimed)
      expect(found).toBeGreaterThan(0.7)
    }
  })

  it('is seen to be exceeded with the noise of 1.2 times less sensitivity', async () => {
    const bad = await Promise.all(
      [days.high, days.low].map((day, i) => count(audit, day, sumRuns, 4 + i, '6/5')),
    )
    expect(bound(bad[0]!, bad[1]!)).toBeGreaterThan(claimed)
  })

  it('is all that the row says of anybody', async () => {
    const others = [days.low, days.absent, []].map((day) => count(audit, day, 20, 6))
    expect(restOf(high, ...(await Promise.all(others)))).toHaveLength(1)
  })
})

describe(`the epsilon of a median, audited over ${medianRuns} draws of each day`, () => {
  const candidates = candidatesOf(boundsOf(metricByName('noise')!))
  const at = (share: number): number =>
    Math.round(Number(candidateAt(candidates, Math.round(share * (candidates.count - 1)))) / 10)
  /**
   * 11 owners lie at the lowest candidate, 11 at the highest, two near the top. The victim's move from
   * the lowest to the highest makes the many candidates below those two worse and the few above them
   * better, as far as one owner can: the event is one of the few.
   */
  const place = at(0.91)
  const others = Array.from({ length: owners - 1 }, (_, n) =>
    n < 11 ? at(0) : n < 22 ? at(1) : place,
  )
  const audit: Audit = {
    metric: 'noise',
    isHit: (row) => 'median' in row && row.median > place + 0.5,
  }
  const days = { high: [at(1), ...others], low: [at(0), ...others], absent: [undefined, ...others] }
  let high: Counted

  beforeAll(async () => {
    high = await count(audit, days.high, medianRuns, 11)
  })

  it('is not exceeded, whether the victim is replaced or absent', async () => {
    const replaced = bound(high, await count(audit, days.low, medianRuns, 12))
    expect(replaced).toBeLessThan(claimed)
    expect(replaced).toBeGreaterThan(0.4)
    expect(bound(high, await count(audit, days.absent, medianRuns, 13))).toBeLessThan(claimed)
  })

  it('is seen to be exceeded with half the noise', async () => {
    const bad = await Promise.all(
      [days.high, days.low].map((day, i) => count(audit, day, medianRuns, 14 + i, '2')),
    )
    expect(bound(bad[0]!, bad[1]!)).toBeGreaterThan(claimed)
  })

  it('is all that the row says of anybody', async () => {
    const others = [days.low, days.absent, []].map((day) => count(audit, day, 20, 16))
    expect(restOf(high, ...(await Promise.all(others)))).toHaveLength(1)
  })
})

describe('the bounds', () => {
  it('are those of the exact interval', () => {
    // Where nothing was hit, 1 - alpha^(1/n); 5 of 50 at 95 % as tables have it.
    expect(upperBound(0, 50, 0.025)).toBeCloseTo(1 - 0.025 ** (1 / 50), 12)
    expect(lowerBound(50, 50, 0.025)).toBeCloseTo(0.025 ** (1 / 50), 12)
    expect(lowerBound(5, 50, 0.025)).toBeCloseTo(0.0333, 4)
    expect(upperBound(5, 50, 0.025)).toBeCloseTo(0.2181, 4)
  })
})

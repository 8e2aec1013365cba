import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  defaultCaps,
  epsilonPerRow,
  planFaults,
  rosterMin,
  stepForRoster,
  worstOf,
} from '../../../gateway/core/privacy/budget.js'
import { readCost } from '../../../gateway/core/privacy/cost.js'
import { foldReleases } from '../../../gateway/core/privacy/odometer.js'
import {
  compare,
  formatEpsilon,
  parseEpsilon,
  rational,
} from '../../../gateway/core/privacy/rational.js'
import { windowSteps } from '../../../gateway/core/privacy/steps.js'

const cells = ['871954c8effffff', '861954c8fffffff', '851954cbfffffff']
const day = 1_761_955_200
const row = {
  cell: cells[0]!,
  class: 'differentially-private',
  epsilon: '1/4',
  metric: 'noise',
  step: 21_600,
  t: day,
}

describe('an epsilon', () => {
  it('has one text', () => {
    const term = fc.bigInt({ min: 1n, max: 999_999_999n })
    fc.assert(
      fc.property(term, term, (n, d) => {
        const text = formatEpsilon(rational(n, d))
        expect(parseEpsilon(text)).toEqual({ ok: true, value: rational(n, d) })
      }),
    )
    const bad = ['2/8', '1/1', '0', '0/1', '-1', '1/0', '01', '.25', '1 /4', '1e3', '1/1234567890']
    for (const text of [...bad, '', ' 1', '1\n', 1, null, undefined, 1n, ['1']])
      expect([text, parseEpsilon(text).ok]).toEqual([text, false])
  })
})

describe('a configuration', () => {
  it('gives a roster its shortest window, and fewer than 25 owners none', () => {
    const at = [0, 24, 25, 99, 100, 299, 300, 999, 1_000, 50_000]
    const steps = at.map(stepForRoster)
    const none = undefined
    expect(steps).toEqual([none, none, 86_400, 86_400, 21_600, 21_600, 3_600, 3_600, 900, 900])
    expect(windowSteps.map(rosterMin)).toEqual([undefined, 1_000, 300, 100, 25])
  })

  it('spends the whole cap with the default epsilon of each window, and one more is too much', () => {
    for (const stepSec of windowSteps.filter((step) => rosterMin(step) !== undefined)) {
      const epsilon = epsilonPerRow(stepSec, defaultCaps)
      const plan = { metric: 'co2', stepSec, epsilon }
      expect(worstOf(plan)).toEqual(rational(1n))
      expect(planFaults([plan], defaultCaps)).toEqual([])
      const more = rational(epsilon.n * 1_000n + 1n, epsilon.d * 1_000n)
      expect(planFaults([{ ...plan, epsilon: more }], defaultCaps)).toEqual([
        expect.stringMatching(/^co2: a day costs epsilon \S+, more than the cap of 1$/),
      ])
    }
  })

  it('is refused when all metrics together exceed the cap, and where it makes no sense', () => {
    const epsilon = rational(1n)
    const plans = ['co2', 'noise', 'temperature', 'humidity', 'pressure'].map((metric) => ({
      metric,
      stepSec: 86_400,
      epsilon,
    }))
    expect(planFaults(plans.slice(0, 4), defaultCaps)).toEqual([])
    expect(planFaults(plans, defaultCaps)).toEqual([
      'all metrics: a day costs epsilon 5, more than the cap of 4',
    ])
    const long = { metric: 'noise', stepSec: 900, epsilon: rational(999_999_937n, 999_999_929n) }
    const longer = { ...plans[0]!, epsilon: rational(999_999_893n, 999_999_883n) }
    expect(planFaults([long, longer], defaultCaps)).toHaveLength(3)
    const plan = plans[0]!
    const faulty = [
      [plan, plan],
      [{ ...plan, metric: 'battery' }],
      [{ ...plan, metric: 'mood' }],
      [{ ...plan, stepSec: 60 }],
      [{ ...plan, stepSec: 7 }],
      [{ ...plan, epsilon: rational(0n) }],
      [{ ...plan, epsilon: rational(-1n) }],
    ]
    for (const bad of faulty) expect(planFaults(bad, defaultCaps)).toHaveLength(1)
  })
})

describe('the odometer', () => {
  const record = fc
    .record({
      cell: fc.constantFrom(...cells),
      metric: fc.constantFrom('co2', 'noise', 'temperature'),
      slot: fc.nat({ max: 11 }),
      n: fc.bigInt({ min: 1n, max: 3n }),
      d: fc.bigInt({ min: 1n, max: 96n }),
    })
    .map(({ slot, n, d, ...rest }) => ({
      ...row,
      ...rest,
      t: day + slot * 21_600,
      epsilon: formatEpsilon(rational(n, d)),
    }))
  const records = fc.uniqueArray(record, {
    selector: ({ cell, metric, t }) => `${cell} ${metric} ${t}`,
    maxLength: 30,
  })

  it('adds up what was released, in any order', () => {
    fc.assert(
      fc.property(records, (rows) => {
        const folded = foldReleases(rows, day)
        const reversed = foldReleases(rows.toReversed(), day)
        if (!folded.ok || !reversed.ok) throw new Error('readable records are refused')
        for (const dayStart of [day, day + 86_400, day + 172_800]) {
          const own = rows.filter(({ t }) => t >= dayStart && t < dayStart + 86_400)
          const spent = (metric: string, cell: string): number =>
            own
              .filter((one) => one.metric === metric && one.cell === cell)
              .reduce((sum, { epsilon }) => {
                const [n, d] = epsilon.split('/').map(Number)
                return sum + n! / (d ?? 1)
              }, 0)
          const most = ['co2', 'noise', 'temperature'].map((metric) =>
            Math.max(...cells.map((cell) => spent(metric, cell))),
          )
          const { n, d } = folded.value.spentInDay(dayStart)
          expect(Number(n) / Number(d)).toBeCloseTo(most[0]! + most[1]! + most[2]!, 9)
          expect(reversed.value.spentInDay(dayStart)).toEqual({ n, d })
        }
      }),
    )
  })

  it('never lets a cap be exceeded by what it does not refuse', () => {
    fc.assert(
      fc.property(records, (rows) => {
        const folded = foldReleases([], day)
        if (!folded.ok) throw new Error('no records are refused')
        const odometer = folded.value
        const caps = { perMetric: rational(1n), perDay: rational(3n, 2n) }
        for (const one of rows) {
          const cost = readCost(one)
          if (!cost.ok || cost.value === undefined) throw new Error('a cost is not read')
          const { dayStart, metric, cell } = cost.value
          const refusal = odometer.refusal(cost.value, caps)
          const before = odometer.spentInDay(dayStart)
          expect(odometer.count(one).ok).toBe(true)
          const within =
            compare(odometer.spentInNode(dayStart, metric, cell), caps.perMetric) <= 0n &&
            compare(odometer.spentInDay(dayStart), caps.perDay) <= 0n
          // What was over before is refused and stays over; what is within now was not refused.
          if (compare(before, caps.perDay) <= 0n) expect(refusal === undefined).toBe(within)
          else expect(refusal).toBeDefined()
        }
      }),
    )
  })

  it('counts no row twice and knows nothing of days it did not keep', () => {
    const folded = foldReleases([row, { ...row, t: day - 21_600 }], day)
    if (!folded.ok) throw new Error(folded.detail)
    const cost = readCost({ ...row, t: day - 43_200 })
    const again = readCost(row)
    if (!cost.ok || !again.ok) throw new Error('a cost is not read')
    expect(folded.value.refusal(cost.value!, defaultCaps)).toMatch('not known')
    expect(folded.value.refusal(again.value!, defaultCaps)).toMatch('released before')
    expect(foldReleases([row, row], day)).toMatchObject({ ok: false, reason: 'malformed' })
  })

  it('costs nothing to withhold, nor to release what is k-anonymous', () => {
    const { epsilon: _, ...free } = row
    const withheld = { ...free, class: 'withheld' }
    const anonymous = { ...free, class: 'k-anonymous', metric: 'temperature' }
    const folded = foldReleases([withheld, anonymous, anonymous], day)
    expect(folded.ok && folded.value.spentInDay(day)).toEqual(rational(0n))
  })

  it.each([
    ['nothing', undefined],
    ['text', '{"class":"withheld"}'],
    ['a list', [row]],
    ['no class', { ...row, class: undefined }],
    ['another class', { ...row, class: 'public' }],
    ['a personal metric as k-anonymous', { ...row, class: 'k-anonymous', epsilon: undefined }],
    ['a withheld row with an epsilon', { ...row, class: 'withheld' }],
    ['no epsilon', { ...row, epsilon: undefined }],
    ['a number for an epsilon', { ...row, epsilon: 0.25 }],
    ['an epsilon of 0', { ...row, epsilon: '0' }],
    ['an unknown metric', { ...row, metric: 'mood' }],
    ['a metric that is not released', { ...row, metric: 'battery' }],
    ['no cell', { ...row, cell: '871954c8effff' }],
    ['a cell finer than any', { ...row, cell: '881954c8e1fffff' }],
    ['another step', { ...row, step: 7_200 }],
    ['a start within a window', { ...row, t: day + 1 }],
    ['a start that is no number', { ...row, t: String(day) }],
    ['a start before 1970', { ...row, t: -21_600 }],
  ])('fails closed on %s', (_, record) => {
    expect(foldReleases([row, record], day)).toMatchObject({ ok: false, reason: 'malformed' })
    // Even of a day that is not kept: its record is unreadable all the same.
    expect(foldReleases([record], day + 86_400).ok).toBe(false)
  })
})

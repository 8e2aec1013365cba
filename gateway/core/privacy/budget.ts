/** What a configuration may spend at worst, and the windows that a roster allows (PROTOCOL 7.5). */
import { assert } from '../failure.js'
import { epsilonPerDay, epsilonPerMetric } from '../limits.js'
import { metricByName } from '../metric.js'
import { floorDiv } from './integer.js'
import { compare, fractionText, plus, type Rational, rational, times } from './rational.js'
import { daySec, windowSteps } from './steps.js'

/** The most epsilon that one owner spends in one UTC day. */
export interface Caps {
  /** On one metric. */
  readonly perMetric: Rational
  /** On all metrics together. */
  readonly perDay: Rational
}

export const defaultCaps: Caps = {
  perMetric: rational(BigInt(epsilonPerMetric)),
  perDay: rational(BigInt(epsilonPerDay)),
}

/** How one personal metric is released: one row per node and window, `epsilon` each. */
export interface MetricPlan {
  readonly metric: string
  readonly stepSec: number
  readonly epsilon: Rational
}

/** Owners that a node's roster needs before a window of that length is released, longest first. */
const windowsByRoster: readonly { readonly owners: number; readonly stepSec: number }[] = [
  { owners: 25, stepSec: daySec },
  { owners: 100, stepSec: 21_600 },
  { owners: 300, stepSec: 3_600 },
  { owners: 1_000, stepSec: 900 },
]

/** The shortest window, seconds, for a roster of so many owners; `undefined`: withheld. */
export function stepForRoster(owners: number): number | undefined {
  return windowsByRoster.findLast((window) => owners >= window.owners)?.stepSec
}

/** Owners that a node needs for windows of that length; `undefined` where none are enough. */
export function rosterMin(stepSec: number): number | undefined {
  return windowsByRoster.find((window) => window.stepSec === stepSec)?.owners
}

/** Windows in a day. `stepSec`: one of `windowSteps`. */
export function rowsPerDay(stepSec: number): bigint {
  assert(windowSteps.includes(stepSec), 'a window has one of five lengths')
  return floorDiv(BigInt(daySec), BigInt(stepSec))
}

/** What each row may cost so that a whole day of windows spends the metric's cap. */
export function epsilonPerRow(stepSec: number, { perMetric }: Caps): Rational {
  return times(perMetric, rational(1n, rowsPerDay(stepSec)))
}

/** What a metric costs an owner in a day in which every window is released: it is in one node. */
export function worstOf({ stepSec, epsilon }: MetricPlan): Rational {
  return times(epsilon, rational(rowsPerDay(stepSec)))
}

/**
 * Why a configuration must not start, one sentence per fault; empty where its worst case is within
 * the caps. `plans`: one per personal metric that is released.
 */
export function planFaults(plans: readonly MetricPlan[], caps: Caps): string[] {
  const malformed = plans.flatMap((plan, i) => {
    const fault = formFault(plan, plans.slice(0, i))
    return fault === undefined ? [] : [`${plan.metric}: ${fault}`]
  })
  if (malformed.length > 0) return malformed
  const faults = plans
    .filter((plan) => compare(worstOf(plan), caps.perMetric) > 0n)
    .map((plan) => `${plan.metric}: a day costs epsilon ${over(worstOf(plan), caps.perMetric)}`)
  const all = plans.map(worstOf).reduce(plus, rational(0n))
  if (compare(all, caps.perDay) > 0n)
    faults.push(`all metrics: a day costs epsilon ${over(all, caps.perDay)}`)
  return faults
}

function over(spent: Rational, cap: Rational): string {
  return `${fractionText(spent)}, more than the cap of ${fractionText(cap)}`
}

function formFault(plan: MetricPlan, before: readonly MetricPlan[]): string | undefined {
  const metric = metricByName(plan.metric)
  if (metric === undefined || metric.class === 'none') return 'no metric that is released'
  if (before.some((other) => other.metric === plan.metric)) return 'planned twice'
  if (rosterMin(plan.stepSec) === undefined) return 'a window that no roster is large enough for'
  if (plan.epsilon.n <= 0n) return 'epsilon is not positive'
  return undefined
}

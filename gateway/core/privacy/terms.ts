/**
 * What a gateway's configuration says of releases, made fit for use: a step for every metric, and for
 * personal ones what a row costs. A configuration that could spend more than its caps gives faults.
 */
import { type Metric, type MetricName, metrics } from '../metric.js'
import { type Caps, epsilonPerRow, planFaults } from './budget.js'
import { type Bounds, boundsOf } from './grid.js'
import type { PersonalTerms } from './personal.js'
import { parseEpsilon, type Rational } from './rational.js'

/** The keys `privacy.*` as they are read; steps in seconds. */
export interface PrivacySettings {
  /** Step of environment metrics that `windows` does not name. */
  readonly window: number
  /** Step of personal ones. */
  readonly personalWindow: number
  readonly windows: Readonly<Record<string, number>>
  readonly k: number
  /** Fractions such as `1/4`. */
  readonly epsilonPerMetric: string
  readonly epsilonPerDay: string
  /** Of one row, by metric; without it a day of rows spends the metric's cap. */
  readonly epsilon: Readonly<Record<string, string>>
  /** Smallest and largest value of a personal metric, whole units. */
  readonly bounds: Readonly<Record<string, readonly [number, number]>>
  /** Personal metrics that are released as a sum in place of the median. */
  readonly sums: readonly string[]
}

/** How a metric is released on days that begin under these settings. */
export interface MetricTerms {
  readonly metric: Metric
  /** Seconds. */
  readonly step: number
  readonly k: number
  /** `undefined` for an environment metric. */
  readonly personal: PersonalTerms | undefined
}

export interface ReleaseTerms {
  /** Of every metric that is released, by name. */
  readonly byMetric: ReadonlyMap<MetricName, MetricTerms>
  readonly caps: Caps
}

/** The terms, or what is wrong with the settings: key below `privacy` and complaint. */
export function releaseTerms(
  settings: PrivacySettings,
): ReleaseTerms | readonly [key: string, complaint: string][] {
  const faults: [string, string][] = [...nameFaults(settings), ...boundsFaults(settings)]
  const fraction = (key: string, text: string): Rational => {
    const parsed = parseEpsilon(text)
    if (parsed.ok) return parsed.value
    faults.push([key, `expected ${parsed.detail}`])
    return { n: 1n, d: 1n }
  }
  const caps = {
    perMetric: fraction('epsilonPerMetric', settings.epsilonPerMetric),
    perDay: fraction('epsilonPerDay', settings.epsilonPerDay),
  }
  const all = metrics
    .filter((metric) => metric.class !== 'none')
    .map((metric): MetricTerms => {
      const isPersonal = metric.class === 'personal'
      const step =
        settings.windows[metric.name] ?? (isPersonal ? settings.personalWindow : settings.window)
      const own = settings.epsilon[metric.name]
      const personal: PersonalTerms = {
        epsilon: own === undefined ? epsilonPerRow(step, caps) : fraction('epsilon', own),
        bounds: boundsFor(metric, settings),
        estimate: settings.sums.includes(metric.name) ? 'sum' : 'median',
      }
      return { metric, step, k: settings.k, personal: isPersonal ? personal : undefined }
    })
  const plans = all.flatMap(({ metric, step, personal }) =>
    personal ? [{ metric: metric.name, stepSec: step, epsilon: personal.epsilon }] : [],
  )
  for (const fault of planFaults(plans, caps)) faults.push(['epsilon', fault])
  if (faults.length > 0) return faults
  return { byMetric: new Map(all.map((terms) => [terms.metric.name, terms])), caps }
}

function nameFaults(settings: PrivacySettings): [string, string][] {
  const isKnown = (name: string, personalOnly: boolean): boolean =>
    metrics.some(
      (metric) =>
        metric.name === name &&
        metric.class !== 'none' &&
        (metric.class === 'personal' || !personalOnly),
    )
  const named: [key: string, name: string, personalOnly: boolean][] = [
    ...Object.keys(settings.windows).map((name): [string, string, boolean] => [
      'windows',
      name,
      false,
    ]),
    ...Object.keys(settings.epsilon).map((name): [string, string, boolean] => [
      'epsilon',
      name,
      true,
    ]),
    ...Object.keys(settings.bounds).map((name): [string, string, boolean] => [
      'bounds',
      name,
      true,
    ]),
    ...settings.sums.map((name): [string, string, boolean] => ['sums', name, true]),
  ]
  return named
    .filter(([, name, personalOnly]) => !isKnown(name, personalOnly))
    .map(([key, name, personalOnly]) => [
      key,
      `${name} is no ${personalOnly ? 'personal ' : ''}metric that is released`,
    ])
}

function boundsFaults({ bounds }: PrivacySettings): [string, string][] {
  return metrics.flatMap(({ name, min, max }): [string, string][] => {
    const [from, to] = bounds[name] ?? [min, max]
    if (from >= min && to <= max && from < to) return []
    return [
      ['bounds', `${name}: expected two whole numbers from ${min} to ${max}, the lower one first`],
    ]
  })
}

function boundsFor(metric: Metric, settings: PrivacySettings): Bounds {
  const [min, max] = settings.bounds[metric.name] ?? [metric.min, metric.max]
  return boundsOf({ ...metric, min, max })
}

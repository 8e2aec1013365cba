/** The metric table (PROTOCOL 3) by name and by the short name that goes over the wire. */
import { metricTable } from './metrics.gen.js'

/** Name of a metric as people, stores and buyers see it: `temperature`. */
export type MetricName = (typeof metricTable)[number]['name']

/** One row of schemas/metrics.json. */
export interface Metric {
  readonly name: MetricName
  /** SenML name in a reading. */
  readonly wire: string
  /** SenML unit (RFC 8428 section 12.1, RFC 8798). */
  readonly unit: string
  /** True where the unit is a secondary one (RFC 8798), which needs `bver` 26. */
  readonly secondary: boolean
  /** Smallest and largest value, integers, inclusive. */
  readonly min: number
  readonly max: number
  /** Decimals of the grid on which the metric is released. */
  readonly decimals: number
  /** Class of release; `none` is neither sold nor released nor weighed. */
  readonly class: 'environment' | 'personal' | 'none'
  /** Bounds of the quality checks; `null` where the check does not apply. */
  readonly spike: number | null
  readonly near: number | null
  readonly flat: boolean
}

/** Every metric, in the order of the table. */
export const metrics: readonly Metric[] = metricTable

const byName: ReadonlyMap<string, Metric> = new Map(metrics.map((row) => [row.name, row]))
const byWire: ReadonlyMap<string, Metric> = new Map(metrics.map((row) => [row.wire, row]))

/** The metric of this name; `undefined` where there is none. */
export function metricByName(name: string): Metric | undefined {
  return byName.get(name)
}

/** The metric of this wire name; `undefined` where there is none. */
export function metricByWire(wire: string): Metric | undefined {
  return byWire.get(wire)
}

/**
 * What of a device may be sold, and how finely its place is told (PROTOCOL 7, schemas/enrolment.md):
 * the owner's word, carried by `en` as a wish and by `ap` as a term.
 */
import type { CborValue } from '../cbor/codec.js'
import { cellResolutionMax, labelResolutionMin } from '../limits.js'
import { type Metric, type MetricName, metricByName, metricByWire, metrics } from '../metric.js'
import { accept, type Result, refuse } from '../verdict.js'
import { cellParent } from './cell.js'

export interface Consent {
  /** Metrics that may be in released rows, by wire name, each once, none of class `none`. */
  readonly soldMetrics: readonly MetricName[]
  /** Resolution of the cell at which its owner stands in a roster, 3 to 7; finer than its own: its own. */
  readonly soldResolution: number
}

/** What a person says: metrics by name in any order, or all that the device lists. */
export interface ConsentWords {
  readonly soldMetrics?: 'all' | readonly string[]
  readonly soldResolution?: number
}

/** Everything that a device lists and that is ever released, at the finest resolution there is. */
export function fullConsent(listed: readonly MetricName[]): Consent {
  return {
    soldMetrics: inOrder(listed.map((name) => metricByName(name)!).filter(isSellable)),
    soldResolution: cellResolutionMax,
  }
}

/** Wire names of metrics, as they stand in a claim. */
export function soldWires(names: readonly MetricName[]): string[] {
  return names.map((name) => metricByName(name)!.wire)
}

/** Reads a claim of wire names, ascending; none is all right. `undefined` where it is another form. */
export function readSoldMetrics(value: CborValue | undefined): MetricName[] | undefined {
  if (!Array.isArray(value) || value.length > metrics.length) return undefined
  const names: MetricName[] = []
  let before = ''
  for (const wire of value as readonly CborValue[]) {
    const metric = typeof wire === 'string' ? metricByWire(wire) : undefined
    if (metric === undefined || !isSellable(metric) || metric.wire <= before) return undefined
    names.push(metric.name)
    before = metric.wire
  }
  return names
}

/** Reads a claim of a resolution; `undefined` where it is none from 3 to 7. */
export function readSoldResolution(value: CborValue | undefined): number | undefined {
  return typeof value === 'number' && isSoldResolution(value) ? value : undefined
}

/** Whether a cell of that resolution can be the label of a row: 3 to 7. */
export function isSoldResolution(value: number): boolean {
  return Number.isInteger(value) && value >= labelResolutionMin && value <= cellResolutionMax
}

/** A person's words as terms of a device that lists these metrics; `malformed` says what is wrong. */
export function consentOf(
  { soldMetrics, soldResolution }: ConsentWords,
  listed: readonly MetricName[],
): Result<Partial<Consent>> {
  if (soldResolution !== undefined && !isSoldResolution(soldResolution))
    return refuse('malformed', `a cell is sold at resolution ${labelResolutionMin} to 7`)
  const resolution = soldResolution === undefined ? {} : { soldResolution }
  if (soldMetrics === undefined) return accept(resolution)
  if (soldMetrics === 'all')
    return accept({ soldMetrics: fullConsent(listed).soldMetrics, ...resolution })
  const named: Metric[] = []
  for (const name of new Set(soldMetrics)) {
    const metric = metricByName(name)
    if (metric === undefined || !listed.includes(metric.name))
      return refuse('malformed', `the device does not measure ${name.slice(0, 32)}`)
    if (!isSellable(metric)) return refuse('malformed', `${name} is never sold`)
    named.push(metric)
  }
  return accept({ soldMetrics: inOrder(named), ...resolution })
}

/** Whether nothing is sold under `terms` that is not under `asked`, nor more finely. */
export function isWithinConsent(terms: Partial<Consent>, asked: Consent): boolean {
  const { soldMetrics = asked.soldMetrics, soldResolution = asked.soldResolution } = terms
  return (
    soldResolution <= asked.soldResolution &&
    soldMetrics.every((name) => asked.soldMetrics.includes(name))
  )
}

/** The cell at which a device stands in a roster: its own, or the one that holds it there. */
export function soldCell(
  cell: string,
  { soldResolution }: Pick<Consent, 'soldResolution'>,
): string {
  return cellParent(cell, soldResolution)
}

function isSellable(metric: Metric): boolean {
  return metric.class !== 'none'
}

function inOrder(rows: readonly Metric[]): MetricName[] {
  return rows.toSorted((a, b) => (a.wire < b.wire ? -1 : 1)).map(({ name }) => name)
}

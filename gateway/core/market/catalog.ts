/** What can be bought (PROTOCOL 5 and 8): the answer to `catalog`, and the retained `pub/catalog`. */
import { assert } from '../failure.js'
import type { MetricName } from '../metric.js'
import { formatDuration } from '../time.js'

/** What is released of a metric. */
export interface Offered {
  readonly metric: MetricName
  readonly unit: string
  readonly class: 'environment' | 'personal'
  /** Length of the windows today, seconds. */
  readonly step: number
  /** Labels that have rows of that step, ascending. */
  readonly cells: readonly string[]
}

/** As it stands in JSON. */
export type CatalogItem = {
  readonly metric: MetricName
  readonly unit: string
  readonly class: 'environment' | 'personal'
  /** ISO 8601, as a query names it: `PT1H`. */
  readonly step: string
  /** Credits for a row; a withheld one is free. */
  readonly price: number
  readonly cells: readonly string[]
}

/** Who sells. */
export type CatalogGateway = {
  readonly id: string
  /** b64u. */
  readonly key: string
}

/** One item for each metric that is released, in the order of the offers; `priceOf`: credits, from 0. */
export function catalogOf(
  offers: readonly Offered[],
  priceOf: (metric: MetricName) => number,
): CatalogItem[] {
  return offers.map(({ metric, unit, class: release, step, cells }) => {
    const price = priceOf(metric)
    assert(Number.isSafeInteger(price) && price >= 0, 'a price is a count of credits')
    return { metric, unit, class: release, step: formatDuration(step), price, cells }
  })
}

/** The payload of `pub/catalog`. */
export function formatCatalog(gateway: CatalogGateway, items: readonly CatalogItem[]): string {
  return JSON.stringify({ v: 1, gateway, items })
}

/** What a command line leaves open of a query, from the catalogue. */
import { Failure } from '../../core/failure.js'
import type { CatalogItem } from '../../core/market/catalog.js'
import type { BuyerClient } from './buyer.js'
import type { PlaceOptions } from './options.js'

export interface PlaceJson {
  readonly metric: string
  readonly cells: readonly string[]
  readonly step: string
}

/** Asks for the catalogue where step or cells are open. Rejects with Failure('usage'). */
export async function placeOf(
  client: BuyerClient,
  run: string,
  { metric, cells, step }: PlaceOptions,
): Promise<PlaceJson> {
  if (metric === undefined) throw new Failure('usage', '--metric: expected one, such as pm25')
  if (cells === undefined) throw new Failure('usage', '--cells: expected H3 cells, or all')
  if (step !== undefined && cells.length > 0) return { metric, cells, step }
  const items = await fetchCatalog(client, `${run}-c`)
  const item = items.find((one) => one.metric === metric)
  if (item === undefined)
    throw new Failure('usage', `${metric} is not sold; "fieldproof query catalog" shows what is`)
  const found = cells.length > 0 ? cells : item.cells
  if (found.length === 0) throw new Failure('check', `there are no rows of ${metric} yet`)
  return { metric, cells: found, step: step ?? item.step }
}

export async function fetchCatalog(
  client: BuyerClient,
  id: string,
): Promise<readonly CatalogItem[]> {
  const { items } = await client.ask(id, { op: 'catalog' })
  if (Array.isArray(items)) return items as CatalogItem[]
  throw new Failure('check', 'the gateway sent no catalogue')
}

import { expect, it } from 'vitest'
import { catalogOf, formatCatalog } from '../../../gateway/core/market/catalog.js'
import type { Offer } from '../../../gateway/ports/releases.js'

const cells = ['86195da4fffffff', '87195da4affffff']
const offers: readonly Offer[] = [
  { metric: 'temperature', unit: 'Cel', class: 'environment', step: 900, cells },
  { metric: 'noise', unit: 'dB', class: 'personal', step: 86_400, cells: [] },
]

it('has an item for each offer, with its price and the step that a query names', () => {
  const items = catalogOf(offers, (metric) => (metric === 'noise' ? 5 : 1))
  expect(items).toEqual([
    { metric: 'temperature', unit: 'Cel', class: 'environment', step: 'PT15M', price: 1, cells },
    { metric: 'noise', unit: 'dB', class: 'personal', step: 'P1D', price: 5, cells: [] },
  ])
  const gateway = { id: 'qzxo7plhddeii', key: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }
  expect(JSON.parse(formatCatalog(gateway, items))).toEqual({ v: 1, gateway, items })
  expect(catalogOf([], () => 1)).toEqual([])
})

it('takes no price that is not a count of credits', () => {
  for (const price of [-1, 0.5, Number.NaN]) expect(() => catalogOf(offers, () => price)).toThrow()
})

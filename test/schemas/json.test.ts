import { expect, it } from 'vitest'
import { jsonFormats } from '../../schemas/jsonFormats.js'

const id = 'qzxo7plhddeii'
const key = '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'
const gateway = { id, key }

const good: [keyof typeof jsonFormats, unknown][] = [
  ['acknowledgement', { seq: 70_000, verdict: 'accepted' }],
  ['acknowledgement', { seq: 70_000, verdict: 'rejected', reason: 'replayed' }],
  ['acknowledgement', { seq: null, verdict: 'rejected', reason: 'malformed' }],
  ['enrolmentAnswer', { v: 1, state: 'pending', gateway }],
  ['enrolmentAnswer', { v: 1, state: 'refused', reason: 'kid is taken', gateway }],
  ['presence', { on: 1, bc: 7, fw: '1.0.3' }],
  ['presence', { on: 0, bc: 7 }],
  ['gatewayPresence', { on: 1, version: '0.1.0', degraded: [] }],
  ['gatewayPresence', { on: 0 }],
  [
    'gateway',
    { network: 'testnet', id, key, vkey: 'fieldproof/testnet/qzxo7plhddeii+d6b7c1a2+AdWp' },
  ],
]

const selection = {
  metric: 'pm25',
  cells: ['87195da4affffff'],
  from: '2026-11-21T00:00:00Z',
  to: '2026-11-22T00:00:00Z',
  step: 'PT1H',
}
const sold = {
  meter: { cost: 24, balance: 976 },
  limits: { perSecond: 2, burst: 10, remaining: 8 },
  licence: '',
  attribution: '',
}
const answered = { v: 1, id: 'q1', ok: true, gateway }
const problem = { type: 'urn:fp:problem:conflict', title: 'Conflict', status: 409, detail: 'no' }
const item = {
  metric: 'pm25',
  unit: 'ug/m3',
  class: 'environment',
  step: 'PT1H',
  price: 1,
  cells: selection.cells,
}

good.push(
  ['catalog', { v: 1, gateway, items: [item] }],
  ['buyerRequest', { v: 1, id: 'q1', op: 'catalog' }],
  [
    'buyerRequest',
    {
      v: 1,
      id: 'q1',
      op: 'query',
      maxCost: 30,
      q: selection,
      page: { limit: 100, cursor: null },
      proof: true,
    },
  ],
  [
    'buyerRequest',
    {
      v: 1,
      id: 'e',
      op: 'export',
      q: { metric: 'pm25', cells: selection.cells, day: '2026-11-21' },
      format: 'csv',
    },
  ],
  ['buyerAnswer', { ...answered, items: [item], ...sold }],
  ['buyerAnswer', { ...answered, q: selection, quote: { rows: 24, cost: 24 }, ...sold }],
  [
    'buyerAnswer',
    {
      ...answered,
      q: selection,
      items: [],
      page: { after: null, next: null },
      proof: 'pending',
      ...sold,
    },
  ],
  ['buyerAnswer', { v: 1, id: null, ok: false, problem }],
)

const bad: [keyof typeof jsonFormats, unknown][] = [
  ['acknowledgement', { seq: null, verdict: 'accepted' }],
  ['acknowledgement', { seq: 1, verdict: 'rejected' }],
  ['acknowledgement', { seq: 1, verdict: 'rejected', reason: 'because' }],
  ['acknowledgement', { seq: -1, verdict: 'accepted' }],
  ['acknowledgement', { seq: 2 ** 53, verdict: 'accepted' }],
  ['acknowledgement', { seq: 1, verdict: 'accepted', extra: 1 }],
  ['enrolmentAnswer', { v: 2, state: 'pending', gateway }],
  ['enrolmentAnswer', { v: 1, state: 'pending', gateway: { id, key: `${key}=` } }],
  ['presence', { on: 1, bc: 7 }],
  ['presence', { on: true, bc: 7, fw: '1' }],
  ['catalog', { v: 1, gateway, items: [{ ...item, step: 3600 }] }],
  ['buyerRequest', { v: 1, id: 'q 1', op: 'catalog' }],
  ['buyerRequest', { v: 1, id: 'q1', op: 'query', q: { ...selection, k: 1 } }],
  ['buyerRequest', { v: 1, id: 'q1', op: 'query', q: { ...selection, step: 'PT2H' } }],
  ['buyerRequest', { v: 1, id: 'q1', op: 'catalog', maxCost: 1 }],
  ['buyerAnswer', { ...answered, q: selection, ...sold }],
  ['buyerAnswer', { v: 1, id: 'q1', ok: false }],
  ['gateway', { network: 'Testnet', id, key, vkey: '' }],
]

it('describes good JSON and refuses bad', () => {
  for (const [name, value] of good)
    expect([name, value, jsonFormats[name].safeParse(value).success]).toEqual([name, value, true])
  for (const [name, value] of bad)
    expect([name, value, jsonFormats[name].safeParse(value).success]).toEqual([name, value, false])
})

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
  ['gateway', { network: 'Testnet', id, key, vkey: '' }],
]

it('describes good JSON and refuses bad', () => {
  for (const [name, value] of good)
    expect([name, value, jsonFormats[name].safeParse(value).success]).toEqual([name, value, true])
  for (const [name, value] of bad)
    expect([name, value, jsonFormats[name].safeParse(value).success]).toEqual([name, value, false])
})

/** The released rows of an epoch in its record: leaf and lines as PROTOCOL 7 and 9 have them. */
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { auditAggregates } from '../../../gateway/core/audit/aggregates.js'
import { toB64u } from '../../../gateway/core/bytes.js'
import { parseEpochJson } from '../../../gateway/core/log/epoch.js'
import { closeEpoch, testToken } from '../../../gateway/core/rewards/closing.js'
import { holderOf } from '../../support/holder.js'

const sha256 = (...parts: (string | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest())

// Published at t + 1125 s: the first and the last second of the epoch, and one between.
const [from, to] = [1_762_000_425, 1_762_002_226]
const rows = [1_761_999_300, 1_762_000_200, 1_762_001_100].map((t) => ({
  key: `temperature|87195da4affffff|900|${t}`,
  vh: sha256(`row of ${t}`),
}))

function closed(aggregates: typeof rows) {
  const terms = { network: 'testnet', gateway: holderOf(7), perHour: 1n, token: testToken }
  return closeEpoch(terms, {
    span: { from, to },
    firstIndex: 0,
    endIndex: 1,
    devices: [],
    usage: { usageIn: 0n, owed: new Map() },
    aggregates,
    before: undefined,
  })
}

it('puts key and hash of each released row under aggRoot', () => {
  const { json, aggregates } = closed(rows)
  const [a, b, c] = rows.map(({ key, vh }) => sha256('\0', key, '\0', vh))
  const root = sha256('\x01', sha256('\x01', a!, b!), c!)
  expect(json.aggRoot).toBe(Buffer.from(root).toString('hex'))
  expect(json.aggCount).toBe(3)
  expect(aggregates).toBe(
    rows.map(({ key, vh }) => `{"key":"${key}","vh":"${toB64u(vh)}"}\n`).join(''),
  )
  const record = parseEpochJson(json)
  if (!record.ok) throw new Error(record.detail)
  expect(auditAggregates(aggregates, record.value.record)).toEqual({
    detail: '3 released rows, under aggRoot',
    findings: [],
  })
})

it('takes rows out of order, or one twice, for a bug', () => {
  expect(() => closed(rows.toReversed())).toThrow('rows stand by key, each once')
  expect(() => closed([rows[0]!, rows[0]!])).toThrow('rows stand by key, each once')
})

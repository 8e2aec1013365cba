/**
 * Vectors of answers to queries: whole ones, and changes to them (JSON Patch, RFC 6902) with the link
 * that must fail.
 */
import { toB64u } from '../../gateway/core/bytes.js'
import { sha256 } from '../../gateway/core/crypto.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { AggregateRow } from '../../gateway/core/privacy/row.js'
import { hashRow } from '../../gateway/core/privacy/rowHash.js'
import { parseRowKey } from '../../gateway/core/privacy/rowKey.js'
import { buildRange, type ClosedRows } from '../../gateway/core/query/buildRange.js'
import type { Selection } from '../../gateway/core/query/selection.js'
import { formatDuration, formatInstant } from '../../gateway/core/time.js'
import { epochsOver } from './epochsOver.js'
import { vectorNetwork } from './message.js'
import { holderOfVector, vectorGateway } from './settledLog.js'

const midnight = 1_761_955_200
const hour = 3_600
const cells = ['87195da4affffff', '87195da4bffffff']

type Page = Record<string, unknown>

/** A change and the link of the verifier that finds it. */
interface Change {
  readonly name: string
  readonly of: string
  readonly patch: readonly object[]
  readonly link: string
}

function saltOf(text: string): string {
  return toB64u(sha256(new TextEncoder().encode(text)).subarray(0, 16))
}

/** Temperatures of ten hours in two cells; the second cell has no row at 3, and one withheld at 5. */
function rows(): AggregateRow[] {
  return cells.flatMap((cell, at) =>
    Array.from({ length: 10 }, (_, h): AggregateRow[] => {
      const t = midnight + h * hour
      const common = {
        cell,
        metric: 'temperature',
        salt: saltOf(`${cell} ${h}`),
        step: hour,
        t,
      } as const
      if (at === 1 && h === 3) return []
      if (at === 1 && h === 5) return [{ ...common, class: 'withheld' }]
      const [mean, median] = [(180 + 7 * h + at) / 10, (181 + 7 * h) / 10]
      return [{ ...common, class: 'k-anonymous', k: 5, mean, median, n: 10, unit: 'Cel' }]
    }).flat(),
  )
}

/** Closed epochs of four hours. */
function epochsOf(all: readonly AggregateRow[], gateway = vectorGateway): ClosedRows[] {
  const cuts = [0, 4, 8, 12].map((h) => midnight + h * hour)
  const terms = { network: vectorNetwork, gateway, perHour: 10n ** 18n }
  return epochsOver(terms, all, cuts).map((epoch) => epoch.rows)
}

const all = rows()
const byKey = new Map(all.map((row) => [hashRow(row).key, row]))

/** The pages of the answer to one query. */
function pagesOf(selection: Selection, limit: number, gateway = vectorGateway): Page[] {
  const { metric, step, from, to } = selection
  const q = {
    metric,
    cells: selection.cells,
    from: formatInstant(from),
    to: formatInstant(to),
    step: formatDuration(step),
  }
  const pages: Page[] = []
  for (let after: string | null = null; ; ) {
    const behind = after === null ? undefined : parseRowKey(after)
    if (typeof behind === 'string') throw new Error(behind)
    const page = buildRange(selection, epochsOf(all, gateway), behind, limit)
    if (page === undefined) throw new Error('an epoch is open')
    const last = page.rows.at(-1)?.key ?? null
    const items = page.rows.map(({ key }) => byKey.get(key)!)
    pages.push({
      v: 1,
      id: `q${pages.length + 1}`,
      ok: true,
      gateway: { id: deviceIdOf(gateway.publicKey), key: toB64u(gateway.publicKey) },
      q,
      items,
      page: { after, next: page.isCut ? last : null },
      proof: page.proof,
    })
    if (!page.isCut) return pages
    after = last
  }
}

const query: Selection = {
  metric: 'temperature',
  cells,
  step: hour,
  from: midnight + 2 * hour,
  to: midnight + 8 * hour,
}
const [whole] = pagesOf(query, 100) as [Page]
const pages = pagesOf(query, 4)
const [foreign] = pagesOf(query, 100, holderOfVector('another gateway')) as [Page]
const none = pagesOf({ ...query, cells: ['86195da4fffffff'] }, 100)[0]!

const items = whole.items as AggregateRow[]
const proof = whole.proof as { epoch: number; record: string; after: object; path: string[] }[]

function change(name: string, link: string, of: string, ...patch: object[]): Change {
  return { name, of, patch, link }
}

const changes: readonly Change[] = [
  change('no version', 'file', 'whole', { op: 'remove', path: '/v' }),
  change('a refusal', 'file', 'whole', { op: 'replace', path: '/ok', value: false }),
  change('times the wrong way round', 'file', 'whole', {
    op: 'replace',
    path: '/q/to',
    value: '2025-11-01T02:00:00Z',
  }),
  change('a step that is none', 'file', 'whole', { op: 'replace', path: '/q/step', value: 'PT2H' }),
  change('a query with one member more', 'file', 'whole', { op: 'add', path: '/q/k', value: 1 }),
  change("another gateway's id", 'gateway', 'whole', {
    op: 'replace',
    path: '/gateway/id',
    value: (foreign.gateway as { id: string }).id,
  }),
  change('a page is missing', 'pages', 'pages', { op: 'remove', path: '/1' }),
  change('the first page is missing', 'pages', 'pages', { op: 'remove', path: '/0' }),
  change('the last page is missing', 'pages', 'pages', {
    op: 'remove',
    path: `/${pages.length - 1}`,
  }),
  change('two pages have changed places', 'pages', 'pages', { op: 'move', from: '/0', path: '/1' }),
  change('a page is there twice', 'pages', 'pages', { op: 'copy', from: '/1', path: '/1' }),
  change('a page of another query', 'pages', 'pages', {
    op: 'replace',
    path: '/1/q/to',
    value: '2025-11-01T09:00:00Z',
  }),
  change('a page of another gateway', 'pages', 'pages', {
    op: 'replace',
    path: '/1/gateway',
    value: foreign.gateway,
  }),
  change('no proof', 'proof', 'whole', { op: 'remove', path: '/proof' }),
  change('proof is pending', 'proof', 'whole', { op: 'replace', path: '/proof', value: 'pending' }),
  change('a value is another one', 'rows', 'whole', {
    op: 'replace',
    path: '/items/0/mean',
    value: 19.5,
  }),
  change('a salt is another one', 'rows', 'whole', {
    op: 'replace',
    path: '/items/3/salt',
    value: saltOf('x'),
  }),
  change('a value off the grid', 'rows', 'whole', {
    op: 'replace',
    path: '/items/0/mean',
    value: 19.45,
  }),
  change('a row is missing', 'rows', 'whole', { op: 'remove', path: '/items/2' }),
  change(
    'a row is missing, and the count with it',
    'rows',
    'whole',
    { op: 'remove', path: '/items/0' },
    {
      op: 'replace',
      path: '/proof/0/count',
      value: (proof[0] as unknown as { count: number }).count - 1,
    },
  ),
  change('the last row is missing', 'rows', 'whole', {
    op: 'remove',
    path: `/items/${items.length - 1}`,
  }),
  change('a row is there twice', 'rows', 'whole', {
    op: 'copy',
    from: '/items/1',
    path: '/items/1',
  }),
  change('two rows have changed places', 'rows', 'whole', {
    op: 'move',
    from: '/items/0',
    path: '/items/1',
  }),
  change('a withheld row is passed off as none', 'rows', 'whole', {
    op: 'remove',
    path: `/items/${items.findIndex((row) => row.class === 'withheld')}`,
  }),
  change('a row of another metric', 'rows', 'whole', {
    op: 'replace',
    path: '/items/0/metric',
    value: 'humidity',
  }),
  change('an element is missing', 'rows', 'whole', { op: 'remove', path: '/proof/1' }),
  change('the record of another epoch', 'rows', 'whole', {
    op: 'replace',
    path: '/proof/0/record',
    value: proof[1]!.record,
  }),
  change('the number of another epoch', 'rows', 'whole', {
    op: 'replace',
    path: '/proof/0/epoch',
    value: 2,
  }),
  change('a hash of the path is another one', 'rows', 'whole', {
    op: 'replace',
    path: '/proof/0/path/0',
    value: toB64u(sha256(new Uint8Array(1))),
  }),
  change('a hash of the path is missing', 'rows', 'whole', {
    op: 'remove',
    path: '/proof/0/path/0',
  }),
  change('the row behind the range is another one', 'rows', 'whole', {
    op: 'replace',
    path: '/proof/0/after/key',
    value: (proof[1]!.after as { key: string }).key,
  }),
  change("another gateway's key and name", 'rows', 'whole', {
    op: 'replace',
    path: '/gateway',
    value: foreign.gateway,
  }),
  change('a cut page is passed off as the last', 'rows', 'cut', {
    op: 'replace',
    path: '/page/next',
    value: null,
  }),
  change('a later page is passed off as the first', 'rows', 'later', {
    op: 'replace',
    path: '/page/after',
    value: null,
  }),
  change(
    'a cut page without a row',
    'rows',
    'cut',
    { op: 'replace', path: '/items', value: [] },
    {
      op: 'replace',
      path: '/proof',
      value: [],
    },
  ),
]

export function answerVectors(): object {
  return {
    gateway: deviceIdOf(vectorGateway.publicKey),
    answers: {
      whole: { about: 'one page, two cells, three epochs', rows: items.length, file: whole },
      pages: { about: 'the same in pages of four rows', rows: items.length, file: pages },
      none: { about: 'a cell that has no rows', rows: 0, file: none },
      cut: { about: 'the first of those pages alone', rows: 4, file: pages[0] },
      later: { about: 'the second of those pages alone', rows: 4, file: pages[1] },
    },
    broken: changes,
  }
}

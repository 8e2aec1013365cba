/**
 * Requests of buyers (PROTOCOL 8, schemas/market.md): the one form of each operation. A request is
 * read whole before anything is looked up: its form first (`bad-request`), then its size (`too-large`).
 */

import { toB64u, utf8 } from '../bytes.js'
import { sha256 } from '../crypto.js'
import { canonicalJson, readJson, toJson } from '../json.js'
import { pageRowsDefault, requestBytesMax } from '../limits.js'
import { parseRowKey, type RowKey } from '../privacy/rowKey.js'
import { type Judged, judged, problem } from './problem.js'
import { isCount, isObject, type Members, unknownMember } from './requestForm.js'
import {
  type Place,
  type Released,
  readDay,
  readEpoch,
  readPlace,
  readRange,
} from './requestQuery.js'
import { pageFault, sizeFault } from './requestSize.js'
import { type Selection, selects } from './selection.js'

/** A page of a query. */
export interface RangeAsk {
  readonly op: 'quote' | 'query' | 'proof'
  readonly selection: Selection
  /** Rows, 1 to 500. */
  readonly limit: number
  /** The key that the page follows. */
  readonly after: RowKey | undefined
  readonly withProof: boolean
}

export interface ExportAsk {
  readonly op: 'export'
  /** One UTC day. */
  readonly selection: Selection
  readonly format: 'csv' | 'ndjson'
}

export type Ask =
  | { readonly op: 'catalog' | 'account' }
  /** Number of an epoch; the newest closed one where there is none. */
  | { readonly op: 'epoch'; readonly n: number | undefined }
  | RangeAsk
  | { readonly op: 'latest' | 'subscribe'; readonly place: Place }
  /** Without a place every subscription ends. */
  | { readonly op: 'unsubscribe'; readonly place: Place | undefined }
  | ExportAsk

export type BuyerRequest = Ask & {
  readonly id: string
  /** Credits that it may cost; `undefined`: the whole balance. */
  readonly maxCost: number | undefined
  /** SHA-256 of its canonical JSON, b64u: the same id with another one is a conflict. */
  readonly hash: string
}

/** What was sent: its id where it has one, so that a problem finds its way back. */
export interface ReadRequest {
  readonly id: string | undefined
  readonly request: Judged<BuyerRequest>
}

const idForm = /^[A-Za-z0-9_-]{1,32}$/
/** Members of each operation beside v, id and op. */
const forms: Readonly<Record<string, readonly string[]>> = {
  catalog: [],
  account: [],
  epoch: ['q', 'n'],
  quote: ['q', 'page', 'proof', 'maxCost'],
  query: ['q', 'page', 'proof', 'maxCost'],
  proof: ['q', 'page', 'proof', 'maxCost'],
  latest: ['q', 'maxCost'],
  subscribe: ['q', 'maxCost'],
  unsubscribe: ['q'],
  export: ['q', 'format', 'maxCost'],
}

/** Reads the bytes of a request; `released`: the metrics and steps that there are rows of. */
export function readRequest(payload: Uint8Array, released: Released): ReadRequest {
  if (payload.length > requestBytesMax)
    return {
      id: undefined,
      request: problem('too-large', `A request has at most ${requestBytesMax} bytes.`),
    }
  const value = readJson(payload)
  if (!isObject(value))
    return { id: undefined, request: problem('bad-request', 'Expected a JSON object in UTF-8.') }
  const id = typeof value.id === 'string' && idForm.test(value.id) ? value.id : undefined
  if (id === undefined)
    return {
      id,
      request: problem('bad-request', 'Expected id: 1 to 32 letters, digits, "_" and "-".'),
    }
  return { id, request: readNamed(value, id, released) }
}

function readNamed(value: Members, id: string, released: Released): Judged<BuyerRequest> {
  const { v, op, maxCost } = value
  if (v !== 1) return problem('bad-request', 'Expected v: 1.')
  const names = typeof op === 'string' && Object.hasOwn(forms, op) ? forms[op] : undefined
  if (names === undefined)
    return problem('bad-request', `Expected op: one of ${Object.keys(forms).join(', ')}.`)
  const unknown = unknownMember(value, ['v', 'id', 'op', ...names])
  if (unknown !== undefined) return problem('bad-request', `${op} has no member ${unknown}.`)
  if (maxCost !== undefined && !isCount(maxCost))
    return problem('bad-request', 'Expected maxCost: credits, a whole number from 0.')
  const json = toJson(value)
  if (!json.ok) return problem('bad-request', `Expected JSON of whole numbers: ${json.detail}.`)
  const ask = readAsk(op as Ask['op'], value, released)
  if (!ask.ok) return ask
  const hash = toB64u(sha256(utf8(canonicalJson(json.value))))
  return judged({ ...ask.value, id, maxCost, hash })
}

function readAsk(op: Ask['op'], value: Members, released: Released): Judged<Ask> {
  switch (op) {
    case 'catalog':
    case 'account':
      return judged({ op })
    case 'epoch': {
      const n = readEpoch(value)
      return n.ok ? judged({ op, n: n.value }) : n
    }
    case 'quote':
    case 'query':
    case 'proof':
      return readRangeAsk(op, value, released)
    case 'latest':
    case 'subscribe': {
      const place = readPlace(value.q, released)
      if (!place.ok) return place
      return sizeFault(place.value) ?? judged({ op, place: place.value.place })
    }
    case 'unsubscribe': {
      if (value.q === undefined) return judged({ op, place: undefined })
      const place = readPlace(value.q, released)
      if (!place.ok) return place
      return sizeFault(place.value) ?? judged({ op, place: place.value.place })
    }
    case 'export': {
      const { format } = value
      if (format !== 'csv' && format !== 'ndjson')
        return problem('bad-request', 'Expected format: csv or ndjson.')
      const day = readDay(value.q, released)
      if (!day.ok) return day
      return sizeFault(day.value) ?? judged({ op, format, selection: day.value.selection })
    }
  }
}

function readRangeAsk(op: RangeAsk['op'], value: Members, released: Released): Judged<RangeAsk> {
  const range = readRange(value.q, released)
  if (!range.ok) return range
  const { selection } = range.value
  const page = readPage(value.page, selection)
  if (!page.ok) return page
  const { proof = op === 'proof' } = value
  if (typeof proof !== 'boolean') return problem('bad-request', 'Expected proof: true or false.')
  const fault = sizeFault(range.value) ?? pageFault(page.value.limit)
  return fault ?? judged({ op, selection, ...page.value, withProof: proof || op === 'proof' })
}

function readPage(page: unknown, selection: Selection): Judged<Pick<RangeAsk, 'limit' | 'after'>> {
  if (page === undefined) return judged({ limit: pageRowsDefault, after: undefined })
  if (!isObject(page) || unknownMember(page, ['limit', 'cursor']) !== undefined)
    return problem('bad-request', 'Expected page: {"limit": rows, "cursor": text or null}.')
  const { limit = pageRowsDefault, cursor = null } = page
  if (!isCount(limit) || limit === 0)
    return problem('bad-request', 'Expected page.limit: a whole number from 1.')
  if (cursor === null) return judged({ limit, after: undefined })
  const after = typeof cursor === 'string' ? parseRowKey(cursor) : undefined
  if (typeof after !== 'object' || !selects(selection, after))
    return problem(
      'bad-request',
      'Expected page.cursor: null, or page.next of an answer to the same q.',
    )
  return judged({ limit, after })
}

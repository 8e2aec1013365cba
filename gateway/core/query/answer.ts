/** One answer to a query as JSON (PROTOCOL 8): what of it is checked, in its form. */
import { fromB64u } from '../bytes.js'
import { parseRowKey, type RowKey } from '../privacy/rowKey.js'
import { accept, type Result, refuse } from '../verdict.js'
import { readSelection } from './readSelection.js'
import { type Selection, selects } from './selection.js'

export interface Answer {
  readonly gateway: { readonly id: string /** Ed25519, 32 bytes. */; readonly key: Uint8Array }
  readonly selection: Selection
  /** `page.after`: the last row of the page before. */
  readonly after: RowKey | undefined
  /** `page.next` is not null: rows follow. */
  readonly isCut: boolean
  readonly items: readonly unknown[]
  /** `undefined` where the answer carries none. */
  readonly proof: readonly unknown[] | 'pending' | undefined
}

/**
 * The parts of an answer that a proof is about; `malformed` where one does not have its form. What
 * else the answer says (`meter`, `limits`, ..) is the gateway's word and is passed over.
 */
export function readAnswer(value: unknown): Result<Answer> {
  if (!isObject(value) || value.v !== 1) return refuse('malformed', 'not an answer of version 1')
  if (value.ok === false) return refuse('malformed', `the query was refused: ${problemOf(value)}`)
  if (value.ok !== true) return refuse('malformed', 'ok is neither true nor false')
  const gateway = readGateway(value.gateway)
  if (gateway === undefined) return refuse('malformed', 'gateway is not {"id","key"}')
  const selection = readSelection(value.q)
  if (!selection.ok) return selection
  const page = readPage(value.page, selection.value)
  if (!page.ok) return page
  const { items, proof } = value
  if (!Array.isArray(items)) return refuse('malformed', 'items is not a list')
  if (proof !== undefined && proof !== 'pending' && !Array.isArray(proof))
    return refuse('malformed', 'proof is neither a list nor "pending"')
  return accept({ gateway, selection: selection.value, ...page.value, items, proof })
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function problemOf({ problem }: Record<string, unknown>): string {
  return isObject(problem) ? `${problem.type}: ${problem.detail}` : 'for no reason that it names'
}

function readGateway(value: unknown): Answer['gateway'] | undefined {
  if (!isObject(value) || typeof value.id !== 'string' || typeof value.key !== 'string')
    return undefined
  const key = fromB64u(value.key)
  return key?.length === 32 ? { id: value.id, key } : undefined
}

function readPage(value: unknown, selection: Selection): Result<Pick<Answer, 'after' | 'isCut'>> {
  if (!isObject(value)) return refuse('malformed', 'page is not an object')
  const { after, next } = value
  if (next !== null && typeof next !== 'string')
    return refuse('malformed', 'page.next is neither a cursor nor null')
  const isCut = next !== null
  if (after === null) return accept({ after: undefined, isCut })
  const key = typeof after === 'string' ? parseRowKey(after) : 'page.after is no key'
  if (typeof key === 'string') return refuse('malformed', key)
  return selects(selection, key)
    ? accept({ after: key, isCut })
    : refuse('malformed', 'page.after is no row of the query')
}

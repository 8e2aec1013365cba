/**
 * Records of the ledger of credits (schemas/market.md): canonical JSON, one event each. The gateway
 * alone writes them, so a record that has none of these forms is damage: nothing is sold on it.
 */
import { canonicalJson, type Json, parseCanonicalJson } from '../json.js'
import type { MetricName } from '../metric.js'
import { isReleased } from '../privacy/rowKey.js'
import { isWindowStep } from '../privacy/windows.js'
import { accept, type Result, refuse } from '../verdict.js'
import { isBuyerName } from './buyer.js'

/** A buyer was added, with the credits that it begins with. */
export type AddedRecord = {
  readonly kind: 'buyer'
  readonly name: string
  readonly credits: number
  /** SHA-256 of the token, hex. */
  readonly token: string
  readonly metrics: readonly string[]
  readonly cells?: readonly string[]
  readonly wallet?: string
}

/** Credits were paid in. */
export type CreditRecord = {
  readonly kind: 'credit'
  readonly name: string
  readonly credits: number
}

/** Rows of one cell: the first and the last window, and how many of the rows between are priced. */
export type SoldCell = readonly [cell: string, first: number, last: number, rows: number]

/** Rows were sold. `hash` and `cut` stand where they were an answer, not live. */
export type ChargeRecord = {
  readonly kind: 'charge'
  readonly name: string
  /** Of the request; of the subscription for live rows. */
  readonly id: string
  readonly metric: MetricName
  readonly step: number
  readonly price: number
  /** Credits: the price of each priced row. */
  readonly cost: number
  readonly rows: readonly SoldCell[]
  /** SHA-256 of the request's canonical JSON, b64u. */
  readonly hash?: string
  /** Whether rows of the query were left for the next page. */
  readonly cut?: boolean
}

/** A buyer was removed; what it had left is void. */
export type RemovedRecord = { readonly kind: 'removed'; readonly name: string }

export type LedgerRecord = AddedRecord | CreditRecord | ChargeRecord | RemovedRecord

/** The text of a record. */
export function formatLedgerRecord(record: LedgerRecord): string {
  return canonicalJson(record)
}

/** Reads a record; `malformed` where the text is none. */
export function parseLedgerRecord(text: string): Result<LedgerRecord> {
  const json = parseCanonicalJson(text)
  if (!json.ok) return json
  const value = json.value as { readonly [name: string]: Json } | null
  if (typeof value !== 'object' || value === null || typeof value.name !== 'string')
    return refuse('malformed', 'a record names a buyer')
  const fault = isBuyerName(value.name) ? faultOf(value) : 'name is no name of a buyer'
  return fault === undefined ? accept(json.value as LedgerRecord) : refuse('malformed', fault)
}

function faultOf(value: { readonly [name: string]: Json }): string | undefined {
  switch (value.kind) {
    case 'buyer':
      return typeof value.token === 'string' && isTexts(value.metrics) && isCount(value.credits)
        ? undefined
        : 'a buyer has a token, metrics and credits'
    case 'credit':
      return isCount(value.credits) ? undefined : 'credits are a count'
    case 'charge':
      return chargeFault(value)
    case 'removed':
      return undefined
    default:
      return 'kind is none of a ledger'
  }
}

function chargeFault(value: { readonly [name: string]: Json }): string | undefined {
  const { id, metric, step, price, cost, rows } = value
  if (typeof id !== 'string' || typeof metric !== 'string' || !isReleased(metric))
    return 'a charge names a request and a metric'
  if (typeof step !== 'number' || !isWindowStep(step)) return 'step is no length of a window'
  if (!isCount(price) || !isCount(cost)) return 'price and cost are counts'
  if (!Array.isArray(rows) || !rows.every(isSoldCell)) return 'rows are cells with windows'
  // What was charged is what the rows cost: asserted by whoever writes, and again by who reads.
  return costOf(rows as readonly SoldCell[], price) === cost
    ? undefined
    : 'the cost is not the price of the rows'
}

/** Credits for the priced rows. */
export function costOf(rows: readonly SoldCell[], price: number): number {
  return price * rows.reduce((sum, [, , , count]) => sum + count, 0)
}

function isSoldCell(value: Json): boolean {
  if (!Array.isArray(value) || value.length !== 4) return false
  const [cell, first, last, rows] = value as readonly Json[]
  if (typeof cell !== 'string' || !isCount(first) || !isCount(last)) return false
  return first <= last && isCount(rows)
}

function isTexts(value: Json | undefined): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

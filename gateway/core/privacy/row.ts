/**
 * Aggregate rows: what buyers get, in its three forms (PROTOCOL 7, schemas/aggregates.md). A row is
 * its canonical JSON, the same bytes for ever.
 */
import { assert } from '../failure.js'
import { canonicalJson, type Json, parseCanonicalJson, toJson } from '../json.js'
import { aggregateRowCharsMax, jsonDecimalsMax } from '../limits.js'
import type { MetricName } from '../metric.js'
import { accept, type Result, refuse } from '../verdict.js'
import { faultOfRow } from './rowForm.js'
import { formatRowKey } from './rowKey.js'

type Common = {
  /** Label of the node. */
  readonly cell: string
  readonly metric: MetricName
  /** 16 random bytes, b64u, drawn once for this row. */
  readonly salt: string
  /** Length of the window, seconds. */
  readonly step: number
  /** Start of the window, Unix seconds. */
  readonly t: number
}

/** Mean and median over at least k owners, on the metric's grid. */
export type KAnonymousRow = Common & {
  readonly class: 'k-anonymous'
  readonly k: number
  readonly mean: number
  readonly median: number
  /** Owners, by `roundedOwners`. */
  readonly n: number
  readonly unit: string
}

/** One of `median` and `sum`; what it says about any one owner is bounded by epsilon. */
export type DifferentiallyPrivateRow = Common & {
  readonly class: 'differentially-private'
  /** A rational in lowest terms: `1`, `1/4`. */
  readonly epsilon: string
  readonly halfWidth: number
  /** Owners of the node's roster, by `roundedOwners`. */
  readonly n: number
  readonly unit: string
} & ({ readonly median: number } | { readonly sum: number })

/** A node that may not be released. */
export type WithheldRow = Common & { readonly class: 'withheld' }

export type AggregateRow = KAnonymousRow | DifferentiallyPrivateRow | WithheldRow

/** `metric|cell|step|t`. */
export function keyOfRow(row: AggregateRow): string {
  return formatRowKey(row)
}

/** The bytes of a row, as text. A row that has none of the forms is a bug. */
export function formatAggregateRow(row: AggregateRow): string {
  const fault = faultOfRow(row)
  assert(fault === undefined, `aggregate row: ${fault}`)
  return canonicalJson(row, jsonDecimalsMax)
}

/** Reads a row from its bytes: one of the forms in canonical JSON, or `malformed`. */
export function parseAggregateRow(text: string): Result<AggregateRow> {
  if (text.length > aggregateRowCharsMax) return refuse('malformed', 'longer than any row')
  const parsed = parseCanonicalJson(text, jsonDecimalsMax)
  return parsed.ok ? rowOf(parsed.value) : parsed
}

/** Reads a row from a parsed answer, in whatever order its members stood; `malformed` otherwise. */
export function readAggregateRow(value: unknown): Result<AggregateRow> {
  const json = toJson(value, jsonDecimalsMax)
  return json.ok ? rowOf(json.value) : json
}

function rowOf(json: Json): Result<AggregateRow> {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return refuse('malformed', 'a row is an object')
  const fault = faultOfRow(json as { readonly [name: string]: Json })
  return fault === undefined ? accept(json as AggregateRow) : refuse('malformed', fault)
}

/**
 * What is published of a row for everybody: its key and the hash of its bytes, a line of
 * `aggregates.ndjson` and a leaf under aggRoot (PROTOCOL 7, 9). Values are sold; the salt in the row
 * keeps anyone from finding them by trying.
 */
import { concat, fromB64u, toB64u, utf8 } from '../bytes.js'
import { sha256 } from '../crypto.js'
import { assert } from '../failure.js'
import { canonicalJson, parseCanonicalJson } from '../json.js'
import { rootOfLeaves } from '../log/memoryTree.js'
import { hashBytes, leafHash } from '../log/tree.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type AggregateRow, formatAggregateRow, keyOfRow } from './row.js'

export interface RowHash {
  /** `metric|cell|step|t`. */
  readonly key: string
  /** SHA-256(JCS(row)), 32 bytes. */
  readonly vh: Uint8Array
}

/** Its members as they stand in a line and in a range proof. A type, for canonical JSON takes no interface. */
export type RowHashJson = {
  readonly key: string
  /** b64u. */
  readonly vh: string
}

const separator = Uint8Array.of(0)

/** Key and hash of a row. */
export function hashRow(row: AggregateRow): RowHash {
  return { key: keyOfRow(row), vh: sha256(utf8(formatAggregateRow(row))) }
}

/** SHA-256(00 || key || 00 || vh), 32 bytes. */
export function aggregateLeaf({ key, vh }: RowHash): Uint8Array {
  return leafHash(concat(utf8(key), separator, vh))
}

/** Whether rows stand by key, each once: the order of the tree. */
export function isInKeyOrder(rows: readonly { readonly key: string }[]): boolean {
  return rows.every((row, i) => i === 0 || rows[i - 1]!.key < row.key)
}

/** aggRoot: the RFC 9162 root over ordered rows; SHA-256 of nothing where there is none. */
export function aggregateRoot(rows: readonly RowHash[]): Uint8Array {
  assert(isInKeyOrder(rows), 'rows stand by key, each once')
  return rootOfLeaves(rows.map(aggregateLeaf))
}

/** The JSON of a key and its hash. */
export function rowHashJson({ key, vh }: RowHash): RowHashJson {
  return { key, vh: toB64u(vh) }
}

/** A line of aggregates.ndjson without its end: canonical `{"key","vh"}`. */
export function formatRowHash(row: RowHash): string {
  return canonicalJson(rowHashJson(row))
}

/** Reads such a line: exactly this form, or `malformed`. The key is any text: see `parseRowKey`. */
export function parseRowHash(line: string): Result<RowHash> {
  const parsed = parseCanonicalJson(line)
  return parsed.ok ? readRowHash(parsed.value) : parsed
}

/** Reads the value `{"key","vh"}`, with no other member; otherwise `malformed`. */
export function readRowHash(value: unknown): Result<RowHash> {
  if (typeof value !== 'object' || value === null) return refuse('malformed', 'not {"key","vh"}')
  const { key, vh, ...rest } = value as { key?: unknown; vh?: unknown }
  if (typeof key !== 'string' || typeof vh !== 'string' || Object.keys(rest).length > 0)
    return refuse('malformed', 'not {"key","vh"}')
  const hash = vh.length <= 2 * hashBytes ? fromB64u(vh) : undefined
  return hash?.length === hashBytes
    ? accept({ key, vh: hash })
    : refuse('malformed', 'vh is not 32 bytes of b64u')
}

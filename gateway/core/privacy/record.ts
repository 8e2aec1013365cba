/**
 * What is durable of a release (schemas/releases.md): the row with its slot and, for k-anonymous
 * rows, whose devices are in it; and the mark that a slot is done. Row and cost are one record.
 */
import { canonicalJson } from '../json.js'
import { isCount } from '../log/tree.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type AggregateRow, formatAggregateRow, readAggregateRow } from './row.js'
import { publicationOf } from './windows.js'

export interface ReleaseRecord {
  readonly row: AggregateRow
  /** `deviceBits` of the contributors; empty for a row that names none. */
  readonly who: string
}

/** A slot is done: whatever was due before it or in it is in the log. */
export interface DoneRecord {
  /** Unix seconds. */
  readonly done: number
}

/** The text of a row's record. */
export function formatRelease({ row, who }: ReleaseRecord): string {
  return `{"row":${formatAggregateRow(row)},"who":${canonicalJson(who)}}`
}

export function formatDone({ done }: DoneRecord): string {
  return canonicalJson({ done })
}

/** Reads either; what cannot be understood whole is `malformed`, never skipped. */
export function parseReleaseRecord(text: string): Result<ReleaseRecord | DoneRecord> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return refuse('malformed', 'not JSON')
  }
  if (typeof value !== 'object' || value === null) return refuse('malformed', 'no object')
  const { row, who, done, ...rest } = value as Record<string, unknown>
  if (Object.keys(rest).length > 0) return refuse('malformed', 'an unknown member')
  if (row === undefined && who === undefined)
    return typeof done === 'number' && isCount(done)
      ? accept({ done })
      : refuse('malformed', 'done is no time')
  if (typeof who !== 'string' || done !== undefined) return refuse('malformed', 'who is no text')
  const read = readAggregateRow(row)
  return read.ok ? accept({ row: read.value, who }) : read
}

/** P of a record's row, Unix seconds. */
export function slotOf({ step, t }: Pick<AggregateRow, 'step' | 't'>): number {
  return publicationOf(step, t)
}

/**
 * Whether the rows of an answer are exactly those that the gateway published (PROTOCOL 8): in the
 * order of cell and time, none changed, dropped, added or moved. Needs nothing but the answer, the
 * query and the gateway's key; runs in a browser.
 */

import { ed25519Verify } from '../crypto.js'
import type { VerifySignature } from '../device/message.js'
import { type AggregateRow, readAggregateRow } from '../privacy/row.js'
import { hashRow, type RowHash } from '../privacy/rowHash.js'
import { formatRowKey, type RowKey } from '../privacy/rowKey.js'
import { accept, type Result, refuse } from '../verdict.js'
import { elementFault, type Place } from './elementFault.js'
import { readRangeElement } from './rangeElement.js'
import { type RecordReader, recordReader } from './rangeRecord.js'
import { alignedFrom, holds, type Selection, selects, windowBehind } from './selection.js'

export interface RangeAnswer {
  readonly selection: Selection
  /** `page.after`: the last key of the page before; `undefined` for the first page. */
  readonly after: RowKey | undefined
  /** `page.next` is not null: the page ends at its last key. */
  readonly isCut: boolean
  readonly items: readonly unknown[]
  readonly proof: readonly unknown[]
}

export interface RangeAuthority {
  readonly network: string
  /** Ed25519, 32 bytes. */
  readonly gatewayKey: Uint8Array
  readonly verify?: VerifySignature
}

/** The rows of the page, proved; or the first thing that is wrong, with the element or row. */
export function verifyRange(
  answer: RangeAnswer,
  { network, gatewayKey, verify = ed25519Verify }: RangeAuthority,
): Result<readonly AggregateRow[]> {
  return verifyPage(answer, recordReader(network, gatewayKey, verify))
}

/** The same for one of several pages: their records are read and compared by one reader. */
export function verifyPage(
  answer: RangeAnswer,
  records: RecordReader,
): Result<readonly AggregateRow[]> {
  const { selection, after } = answer
  if (after !== undefined && !selects(selection, after))
    return refuse('malformed', 'page.after is no row of the query')
  const rows = readRows(answer)
  if (!rows.ok) return rows
  const walked = walk(answer, rows.value.map(hashRow), rows.value, records)
  return walked === undefined ? rows : refuse('malformed', walked)
}

function readRows({ items, selection }: RangeAnswer): Result<AggregateRow[]> {
  const rows: AggregateRow[] = []
  for (const [i, item] of items.entries()) {
    const row = readAggregateRow(item)
    if (!row.ok) return refuse(row.reason, `row ${i + 1}: ${row.detail}`)
    if (!selects(selection, row.value))
      return refuse('malformed', `row ${i + 1} is none of the query`)
    rows.push(row.value)
  }
  return accept(rows)
}

/** Element by element along cells and time; what is wrong first, or `undefined`. */
function walk(
  { selection, after, isCut, proof }: RangeAnswer,
  hashes: readonly RowHash[],
  rows: readonly AggregateRow[],
  records: RecordReader,
): string | undefined {
  const { cells, from, step, to } = selection
  if (isCut && proof.length === 0) return 'a cut page ends with a row, and this one has no proof'
  const start = alignedFrom(step, from)
  let at = after === undefined ? 0 : cells.indexOf(after.cell)
  let [t, used] = [after?.t ?? start, 0]
  for (const [i, value] of proof.entries()) {
    const where = `element ${i + 1}`
    if (t >= to) [at, t] = [at + 1, start]
    const element = readRangeElement(value)
    if (!element.ok) return `${where}: ${element.detail}`
    const { cell, count } = element.value
    if (cell !== cells[at]) return `${where} is of cell ${cell}, due is ${cells[at] ?? 'no more'}`
    const record = records(element.value)
    if (!record.ok) return `${where}: ${record.detail}`
    const epoch = record.value
    // Before its first epoch a gateway published nothing.
    if (epoch.n === 1) t = windowBehind(selection, t, { from: 0, to: epoch.from })
    if (t >= to || !holds(selection, t, epoch))
      return `${where}: epoch ${epoch.n} does not hold the window ${t} of ${cell}, which is due`
    const isLast = i === proof.length - 1
    const place: Place = {
      selection,
      epoch,
      follows: i === 0 && after !== undefined ? formatRowKey(after) : undefined,
      isCut: isCut && isLast,
    }
    const end = used + count
    const fault = elementFault(element.value, hashes.slice(used, end), rows.slice(used, end), place)
    if (fault !== undefined) return `${where}: ${fault}`
    used = end
    t = windowBehind(selection, t, epoch)
  }
  const isWhole = start >= to || (at === cells.length - 1 && t >= to)
  return endFault({ isCut, used, items: rows.length, isWhole })
}

function endFault(end: {
  readonly isCut: boolean
  readonly used: number
  readonly items: number
  readonly isWhole: boolean
}): string | undefined {
  if (end.used !== end.items) return `${end.items} rows, the proof covers ${end.used}`
  if (end.isCut) return undefined
  return end.isWhole ? undefined : 'the proof ends before the query does'
}

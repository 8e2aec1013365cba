/** The proof of one page of an answer (PROTOCOL 8): an element for each cell and epoch, in order. */
import { assert } from '../failure.js'
import type { RowHash } from '../privacy/rowHash.js'
import { formatRowKey, type RowKey } from '../privacy/rowKey.js'
import { buildRangeElement, type ProvedEpoch, type RangeElementJson } from './rangeElement.js'
import {
  alignedFrom,
  type EpochTimes,
  holds,
  indexOfKey,
  keyAt,
  type Selection,
  selects,
  windowBehind,
} from './selection.js'

export type ClosedRows = ProvedEpoch & EpochTimes

export interface RangePage {
  /** Keys and hashes of its rows, in the order of the answer: by cell, then time. */
  readonly rows: readonly RowHash[]
  readonly proof: readonly RangeElementJson[]
  /** Whether rows of the selection follow; the next page begins after the last key of this one. */
  readonly isCut: boolean
}

/** Rows [first, end) of an epoch that are those of one cell. */
interface Part {
  readonly epoch: ClosedRows
  readonly cell: string
  readonly first: number
  readonly end: number
}

/**
 * A page of at most `limit` (from 1) rows behind the key `after`. `epochs`: closed ones that follow
 * each other, up to any that holds a window of the selection. `undefined` while one of those is open:
 * the proof is `"pending"`.
 */
export function buildRange(
  selection: Selection,
  epochs: readonly ClosedRows[],
  after: RowKey | undefined,
  limit: number,
): RangePage | undefined {
  assert(limit >= 1, 'a page has room for a row')
  assert(after === undefined || selects(selection, after), 'a page begins after a row')
  const parts: Part[] = []
  for (const cell of selection.cells) {
    if (after !== undefined && cell < after.cell) continue
    const resumed = cell === after?.cell ? after : undefined
    const found = partsOf(selection, epochs, cell, resumed)
    if (found === undefined) return undefined
    parts.push(...found)
  }
  return pageOf(parts, limit)
}

function partsOf(
  selection: Selection,
  epochs: readonly ClosedRows[],
  cell: string,
  after: RowKey | undefined,
): Part[] | undefined {
  const { step, from, to } = selection
  const parts: Part[] = []
  let t = after?.t ?? alignedFrom(step, from)
  // Before its first epoch a gateway published nothing.
  const oldest = epochs[0]
  if (oldest?.n === 1) t = windowBehind(selection, t, { from: 0, to: oldest.from })
  for (const epoch of epochs) {
    if (t >= to || !holds(selection, t, epoch)) continue
    const { rows } = epoch.tree
    const start = indexOfKey(rows, keyAt(selection, cell, from))
    // No key lies between a key and itself with one character more.
    const resumed = after === undefined ? 0 : indexOfKey(rows, `${formatRowKey(after)} `)
    const first = parts.length === 0 ? Math.max(start, resumed) : start
    parts.push({ epoch, cell, first, end: indexOfKey(rows, keyAt(selection, cell, to)) })
    t = windowBehind(selection, t, epoch)
  }
  return t >= to ? parts : undefined
}

function pageOf(parts: readonly Part[], limit: number): RangePage {
  const total = parts.reduce((sum, { first, end }) => sum + end - first, 0)
  const isCut = total > limit
  const rows: RowHash[] = []
  const proof: RangeElementJson[] = []
  for (const { epoch, cell, first, end } of parts) {
    const stop = Math.min(end, first + limit - rows.length)
    rows.push(...epoch.tree.rows.slice(first, stop))
    proof.push(buildRangeElement(epoch, cell, first, stop))
    // A cut page ends at its last key.
    if (isCut && rows.length === limit) break
  }
  return { rows, proof, isCut }
}

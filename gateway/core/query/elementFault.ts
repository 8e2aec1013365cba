/** One element against its rows: order, bounds, and the root of the epoch. */
import type { EpochRecord } from '../log/epoch.js'
import type { AggregateRow } from '../privacy/row.js'
import { aggregateLeaf, type RowHash } from '../privacy/rowHash.js'
import type { RangeElement } from './rangeElement.js'
import { isRange } from './rangePath.js'
import { holds, keyAt, type Selection } from './selection.js'

export interface Place {
  readonly selection: Selection
  readonly epoch: EpochRecord
  /** The key that the page follows, in its first element. */
  readonly follows: string | undefined
  /** Whether the page ends with the last row here. */
  readonly isCut: boolean
}

/** What is wrong; `undefined` where these are exactly the rows of the epoch in their range. */
export function elementFault(
  element: RangeElement,
  hashes: readonly RowHash[],
  rows: readonly AggregateRow[],
  place: Place,
): string | undefined {
  const { cell, count, before, after, first, size, path } = element
  const { selection, epoch } = place
  if (rows.length !== count) return `it covers ${count} rows, ${rows.length} are left`
  for (const row of rows) {
    if (row.cell !== cell) return `a row of cell ${row.cell} among those of ${cell}`
    if (!holds(selection, row.t, epoch)) return `the row of ${row.t} is of another epoch`
  }
  const fault = boundsFault(element, place)
  if (fault !== undefined) return fault
  const all = [before, ...hashes, after].filter((row) => row !== null)
  const disordered = all.find((row, i) => i > 0 && all[i - 1]!.key >= row.key)
  if (disordered !== undefined) return `the key ${disordered.key} is out of order`
  const start = before === null ? first : first - 1
  return isRange(all.map(aggregateLeaf), start, size, path, epoch.aggRoot)
    ? undefined
    : `these rows do not lead to aggRoot of epoch ${epoch.n}`
}

/** The rows beside the range lie outside of the query, so that nothing of it is left out. */
function boundsFault(
  { cell, count, before, after }: RangeElement,
  { selection, follows, isCut }: Place,
): string | undefined {
  if (follows !== undefined) {
    if (before?.key !== follows) return 'it does not begin where the page before ended'
  } else if (before !== null && before.key >= keyAt(selection, cell, selection.from))
    return `the row ${before.key} before it is one of the query`
  if (isCut) return count > 0 ? undefined : 'a cut page ends with a row'
  return after !== null && after.key < keyAt(selection, cell, selection.to)
    ? `the row ${after.key} after it is one of the query`
    : undefined
}

/** Rows of a query in the order of an answer: by cell, then time. */
import { costOf, type SoldCell } from '../../core/market/record.js'
import type { MetricName } from '../../core/metric.js'
import type { RowKey } from '../../core/privacy/rowKey.js'
import type { Selection } from '../../core/query/selection.js'
import type { ReleasedRow, ReleasedRows, RowSeries } from '../../ports/releases.js'

/** Rows that an answer sells. */
export interface Sale {
  readonly metric: MetricName
  readonly step: number
  readonly price: number
  readonly rows: readonly SoldCell[]
  readonly cost: number
  readonly isCut: boolean
}

/** Whether a row costs its price: a withheld one is free. */
export function isPriced({ row }: ReleasedRow): boolean {
  return row.class !== 'withheld'
}

export interface RowsPage {
  readonly rows: readonly ReleasedRow[]
  /** Whether rows of the query follow. */
  readonly isCut: boolean
}

/** At most `limit` rows behind the key `after`. */
export async function readPage(
  releases: ReleasedRows,
  selection: Selection,
  after: RowKey | undefined,
  limit: number,
): Promise<RowsPage> {
  const rows: ReleasedRow[] = []
  for (const { series, from } of rest(selection, after)) {
    // One more than there is room for tells whether the page is cut.
    rows.push(...(await releases.range(series, from, selection.to, limit + 1 - rows.length)))
    if (rows.length > limit) return { rows: rows.slice(0, limit), isCut: true }
  }
  return { rows, isCut: false }
}

/** How many rows there are behind the key `after`, and how many of them have a price. */
export async function countRows(
  releases: ReleasedRows,
  selection: Selection,
  after: RowKey | undefined,
): Promise<{ rows: number; priced: number }> {
  const sum = { rows: 0, priced: 0 }
  for (const { series, from } of rest(selection, after)) {
    const { rows, priced } = await releases.count(series, from, selection.to)
    sum.rows += rows
    sum.priced += priced
  }
  return sum
}

/** Each cell that is not behind the page yet, and where in time it goes on. */
function rest(
  { metric, cells, step, from }: Selection,
  after: RowKey | undefined,
): { series: RowSeries; from: number }[] {
  return cells
    .filter((cell) => after === undefined || cell >= after.cell)
    .map((cell) => ({
      series: { metric, cell, step },
      from: cell === after?.cell ? after.t + 1 : from,
    }))
}

/** What rows in the order of an answer cost. */
export function saleOf(
  series: Omit<RowSeries, 'cell'>,
  rows: readonly ReleasedRow[],
  price: number,
  isCut: boolean,
): Sale {
  const cells = new Map<string, [first: number, last: number, rows: number]>()
  for (const one of rows) {
    const { cell, t } = one.row
    const sold = cells.get(cell) ?? [t, t, 0]
    cells.set(cell, [sold[0], t, sold[2] + (isPriced(one) ? 1 : 0)])
  }
  const sold = [...cells].map(([cell, rest]): SoldCell => [cell, ...rest])
  return { ...series, price, rows: sold, cost: costOf(sold, price), isCut }
}

/** The rows of a sale again: they are the same for ever. */
export async function readSold(
  releases: ReleasedRows,
  { metric, step, rows }: Pick<Sale, 'metric' | 'step' | 'rows'>,
): Promise<ReleasedRow[]> {
  const found: ReleasedRow[] = []
  for (const [cell, first, last] of rows) {
    const windows = (last - first) / step + 1
    found.push(...(await releases.range({ metric, cell, step }, first, last + 1, windows)))
  }
  return found
}

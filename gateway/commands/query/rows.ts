/** Rows for people and for spreadsheets. */
import type { AggregateRow } from '../../core/privacy/row.js'
import { csvHeader, csvLine } from '../../core/privacy/rowCsv.js'
import { formatInstant } from '../../core/time.js'
import { printTable } from '../output.js'

/** A header first. */
export function formatCsv(rows: readonly AggregateRow[]): string {
  return csvHeader + rows.map(csvLine).join('')
}

export function printRows(rows: readonly AggregateRow[]): void {
  printTable(
    ['time', 'cell', 'metric', 'value', 'owners', 'class'],
    rows.map((row) => [
      formatInstant(row.t),
      row.cell,
      row.metric,
      valueText(row),
      'n' in row ? String(row.n) : '',
      row.class,
    ]),
  )
}

/** `21.4 Cel (median 21.3)`, `41.3 dB ± 0.6`. */
export function valueText(row: AggregateRow): string {
  switch (row.class) {
    case 'withheld':
      return ''
    case 'k-anonymous':
      return `${row.mean} ${row.unit} (median ${row.median})`
    case 'differentially-private': {
      const value = 'median' in row ? row.median : row.sum
      return `${value} ${row.unit} ± ${row.halfWidth} (epsilon ${row.epsilon})`
    }
  }
}

/** Rows for spreadsheets: RFC 4180 with LF. No member of a row holds a comma or a quote. */
import { formatInstant } from '../time.js'
import type { AggregateRow } from './row.js'

const columns = [
  'cell',
  'metric',
  'step',
  't',
  'class',
  'unit',
  'n',
  'k',
  'mean',
  'median',
  'sum',
  'epsilon',
  'halfWidth',
  'salt',
] as const

/** The first line, with its end. `time` is t for people. */
export const csvHeader = `time,${columns.join()}\n`

/** The line of a row, with its end; what its class lacks is empty. */
export function csvLine(row: AggregateRow): string {
  const members: Partial<Record<(typeof columns)[number], string | number>> = row
  const values = [formatInstant(row.t), ...columns.map((name) => members[name] ?? '')]
  return `${values.join()}\n`
}

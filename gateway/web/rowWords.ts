/** Released rows in words and colours: for the owner's map and the buyer's. */
import type { AggregateRow } from '../core/privacy/row.js'

/** Colours of the map, from the lowest value to the highest. */
export const tones = 7

/** The number of a row that is shown: its mean or median, or its sum; none where it was withheld. */
export function numberOf(row: AggregateRow | undefined): number | undefined {
  if (row === undefined || row.class === 'withheld') return undefined
  if ('mean' in row) return row.mean
  return 'median' in row ? row.median : row.sum
}

export function rangeOf(rows: readonly AggregateRow[]): { low: number; high: number } | undefined {
  const numbers = rows.flatMap((row) => numberOf(row) ?? [])
  return numbers.length === 0
    ? undefined
    : { low: Math.min(...numbers), high: Math.max(...numbers) }
}

/** Class of a value's colour. */
export function toneOf(value: number, { low, high }: { low: number; high: number }): string {
  const part = high === low ? 0.5 : (value - low) / (high - low)
  return `q${Math.min(tones - 1, Math.floor(part * tones))}`
}

/** What stands behind a row's number. */
export function aboutRow(row: AggregateRow): string {
  if (row.class === 'withheld') return 'the newest window was withheld: too few owners'
  if (row.class === 'k-anonymous') return `mean over ${row.n} owners or more, at least ${row.k}`
  return `${row.n} owners or more, ε ${row.epsilon}, ± ${row.halfWidth}`
}

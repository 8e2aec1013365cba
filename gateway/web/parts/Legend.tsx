/** What the colours of a map of released rows stand for. */
import type { AggregateRow } from '../../core/privacy/row.js'
import { quantity } from '../format.js'
import { rangeOf, tones } from '../rowWords.js'

interface Props {
  rows: readonly AggregateRow[]
  unit: string
  /** Said where no row has a number. */
  none?: string
}

const nothingYet =
  'Nothing has been released of this metric yet: a row needs enough owners in one cell.'

export function Legend({ rows, unit, none = nothingYet }: Props) {
  const range = rangeOf(rows)
  if (range === undefined) return <p class="faint small">{none}</p>
  return (
    <div class="legend small">
      <span>{quantity(range.low, unit)}</span>
      {Array.from({ length: tones }, (_, i) => (
        <span key={i} class={`swatch q${i}`} aria-hidden="true" />
      ))}
      <span>{quantity(range.high, unit)}</span>
      <span class="swatch none" aria-hidden="true" />
      <span>no number</span>
    </div>
  )
}

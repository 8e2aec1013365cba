/** Released rows of one cell over time. */
import type { AggregateRow } from '../../core/privacy/row.js'
import { metricName, shownUnit } from '../format.js'
import { withGaps } from '../gaps.js'
import { numberOf } from '../rowWords.js'
import { Chart, type ChartData, type Span } from './Chart.js'

interface Props {
  rows: readonly AggregateRow[]
  metric: string
  cell: string
  unit: string
  span: Span
  onZoom(span: Span): void
}

export function RowsChart({ rows, metric, cell, unit, span, onZoom }: Props) {
  const { factor, name } = shownUnit(unit)
  return (
    <Chart
      data={chartOf(rows, factor)}
      unit={name}
      label={`${metricName(metric)} released of ${cell}`}
      span={span}
      onZoom={onZoom}
    />
  )
}

function chartOf(rows: readonly AggregateRow[], factor: number): ChartData {
  const timed = rows.map((row) => ({ time: row.t, row }))
  const points = withGaps(timed, rows.at(-1)?.step ?? 0)
  const values = points.map(({ point }) => {
    const value = numberOf(point?.row)
    return value === undefined ? null : value * factor
  })
  return {
    times: points.map(({ time }) => time),
    lines: [{ label: 'released', kind: 'line', values }],
  }
}

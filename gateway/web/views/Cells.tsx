/** Cells coloured by what was released of them last, and how that has moved. */
import { useMemo, useState } from 'preact/hooks'
import type { AggregateRow } from '../../core/privacy/row.js'
import type { CellView, MapView } from '../../ports/dashboard.js'
import { query } from '../data/api.js'
import { useAnswer } from '../data/useAnswer.js'
import { amount, count, duration, metricName, moment, quantity } from '../format.js'
import { type HexCell, HexMap } from '../parts/HexMap.js'
import { Legend } from '../parts/Legend.js'
import { RangeBar, useRange } from '../parts/RangeBar.js'
import { RowsChart } from '../parts/RowsChart.js'
import { aboutRow, numberOf, rangeOf, toneOf } from '../rowWords.js'

type Answer = MapView & { metrics: string[] }

export function Cells({ selected }: { selected: string | undefined }) {
  const [metric, setMetric] = useState('temperature')
  const { value: map, error } = useAnswer<Answer>(`/api/map?${query({ metric })}`, 15_000)
  const cells = useMemo(() => (map ? hexesOf(map) : []), [map])
  const cell = map?.cells.find((each) => each.cell === selected)
  if (map === undefined) return <p class="card">{error ?? 'Asking for the cells.'}</p>
  return (
    <>
      <div class="heading">
        <h2>Cells</h2>
        <span class="faint">
          Released rows only:{' '}
          {map.class === 'environment' ? 'k-anonymous' : 'differentially private'}, one each{' '}
          {duration(map.step)}
        </span>
        <span class="grow" />
        <select
          id="metric"
          aria-label="Metric"
          onChange={({ currentTarget }) => setMetric(currentTarget.value)}
        >
          {map.metrics.map((name) => (
            <option key={name} value={name} selected={name === metric}>
              {metricName(name)}
            </option>
          ))}
        </select>
      </div>
      <div class="columns">
        <section class="card" aria-label="Map">
          {cells.length === 0 ? (
            <p class="faint">No device is on the map yet.</p>
          ) : (
            <HexMap
              cells={cells}
              selected={selected}
              label={`${metricName(metric)} by cell`}
              select={(one) => {
                location.hash = `#/cells/${one}`
              }}
            />
          )}
          <Legend rows={map.cells.flatMap(({ row }) => row ?? [])} unit={map.unit} />
        </section>
        <aside>
          <CellTable map={map} selected={selected} />
        </aside>
      </div>
      {cell && <CellHistory key={cell.cell + metric} cell={cell} map={map} />}
    </>
  )
}

function hexesOf(map: MapView): HexCell[] {
  const range = rangeOf(map.cells.flatMap(({ row }) => row ?? []))
  // Large cells first: those within them stay on top.
  return [...map.cells]
    .sort((a, b) => a.cell.slice(0, 2).localeCompare(b.cell.slice(0, 2)))
    .map((view) => {
      const value = numberOf(view.row)
      return {
        cell: view.cell,
        outline: view.outline,
        tone: value === undefined || range === undefined ? 'none' : toneOf(value, range),
        label: `${view.cell}: ${inWords(view, map)}`,
        ...(value === undefined ? {} : { text: amount(value, map.unit) }),
      }
    })
}

function inWords({ row, devices }: CellView, { unit, step }: MapView): string {
  const has = `${count(devices)} ${devices === 1 ? 'device' : 'devices'}`
  const value = numberOf(row)
  if (row === undefined) return `nothing released yet, ${has}`
  if (value === undefined) return `withheld: too few owners, ${has}`
  return `${quantity(value, unit)} at ${moment((row.t + step) * 1000)}, ${has}`
}

/** Rows that are listed; the map has them all. */
const listedMax = 200

function CellTable({ map, selected }: { map: MapView; selected: string | undefined }) {
  const cells = [...map.cells].sort(
    (a, b) => Number(b.row !== undefined) - Number(a.row !== undefined),
  )
  return (
    <section aria-label="Cells in a list">
      <h2>In a list</h2>
      <ul class="card cell-list" tabIndex={0} aria-label="Cells">
        {cells.slice(0, listedMax).map((view) => (
          <li key={view.cell}>
            <a
              class="mono"
              href={`#/cells/${view.cell}`}
              {...(view.cell === selected && { 'aria-current': 'true' })}
            >
              {view.cell}
            </a>
            <span class="faint">{inWords(view, map)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

function CellHistory({ cell: { cell, row }, map }: { cell: CellView; map: MapView }) {
  const [range, setRange] = useRange(3_600)
  const { from, to } = range.span
  const path =
    row && `/api/cells/${cell}/rows?${query({ metric: map.metric, from, to, limit: 5000 })}`
  const { value: rows } = useAnswer<AggregateRow[]>(path, 30_000)
  return (
    <section class="card" aria-label={`Released rows of ${cell}`} id="cell">
      <div class="heading">
        <h2 class="mono">{cell}</h2>
        <span class="faint">{row ? aboutRow(row) : 'nothing released yet'}</span>
      </div>
      {row && (
        <>
          <RangeBar range={range} change={setRange} />
          <RowsChart
            rows={rows ?? []}
            metric={map.metric}
            cell={cell}
            unit={map.unit}
            span={range.span}
            onZoom={(span) => setRange({ last: undefined, span })}
          />
        </>
      )}
    </section>
  )
}

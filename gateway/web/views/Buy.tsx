/** The buyer's side: what there is and what it costs, live rows on the map, rows with their proofs. */
import { useState } from 'preact/hooks'
import type { CatalogItem } from '../../core/market/catalog.js'
import type { AggregateRow } from '../../core/privacy/row.js'
import { parseDuration } from '../../core/time.js'
import { useModel } from '../data/store.js'
import type { Trade } from '../data/trade.js'
import { liveOf, type TradeModel } from '../data/tradeModel.js'
import { useOutlines } from '../data/useOutlines.js'
import { amount, clock, count, duration, metricName, quantity } from '../format.js'
import { BuyerSignIn } from '../parts/BuyerSignIn.js'
import { BuyRows } from '../parts/BuyRows.js'
import { type HexCell, HexMap } from '../parts/HexMap.js'
import { Legend } from '../parts/Legend.js'
import { WatchBar } from '../parts/WatchBar.js'
import { numberOf, rangeOf, toneOf } from '../rowWords.js'

export function Buy({ trade, cell }: { trade: Trade; cell: string | undefined }) {
  const { trade: model } = useModel()
  if (model === undefined)
    return (
      <div class="columns" id="public">
        <BuyerSignIn trade={trade} />
      </div>
    )
  return <Shop trade={trade} model={model} cell={cell} />
}

function Shop(props: { trade: Trade; model: TradeModel; cell: string | undefined }) {
  const { trade, model, cell } = props
  // What has rows comes first.
  const catalog = [...model.catalog].sort(
    (a, b) => Number(b.cells.length > 0) - Number(a.cells.length > 0),
  )
  const [metric, setMetric] = useState(catalog[0]?.metric)
  const item = catalog.find((one) => one.metric === metric) ?? catalog[0]
  const selected = cell !== undefined && item?.cells.includes(cell) ? cell : item?.cells[0]
  return (
    <>
      <div class="heading">
        <h2>Released data</h2>
        <span class="chip">{model.name}</span>
        <span class="faint">Aggregates over several owners; no device’s own values</span>
        <span class="grow" />
        <button type="button" class="quiet" onClick={() => trade.signOut()}>
          Leave
        </button>
      </div>
      <Purse model={model} />
      {item === undefined ? (
        <p class="card">Nothing is released here yet: the catalogue is empty.</p>
      ) : (
        <>
          <div class="columns">
            <div class="stack">
              <CellsLive model={model} item={item} selected={selected} trade={trade} />
            </div>
            <aside>
              <Catalogue model={model} catalog={catalog} item={item} choose={setMetric} />
              <Rows rows={model.feed} />
            </aside>
          </div>
          {selected && (
            <BuyRows
              key={`${item.metric} ${selected}`}
              trade={trade}
              model={model}
              item={item}
              cell={selected}
            />
          )}
        </>
      )}
    </>
  )
}

function Purse({ model }: { model: TradeModel }) {
  const facts = [
    ['Credits left', count(model.balance)],
    ['Spent here', count(model.spent)],
    ['Live cells', count(model.live.size)],
  ]
  return (
    <section class="figures purse" id="purse" aria-label="Credits">
      {facts.map(([label, value]) => (
        <div class="card figure" key={label}>
          <div class="label">{label}</div>
          <div class="value">{value}</div>
        </div>
      ))}
    </section>
  )
}

const classes = { environment: 'k-anonymous', personal: 'differentially private' } as const

/** Whether the operator granted a metric. */
function isGranted({ metrics }: TradeModel, metric: string): boolean {
  return metrics.includes('all') || metrics.includes(metric)
}

function Catalogue(props: {
  model: TradeModel
  catalog: readonly CatalogItem[]
  item: CatalogItem
  choose(metric: CatalogItem['metric']): void
}) {
  const { model, catalog, item, choose } = props
  return (
    <section aria-label="Catalogue">
      <h2>Catalogue</h2>
      <ul id="catalogue" class="card choices">
        {catalog.map((one) => (
          <li key={one.metric}>
            <button
              type="button"
              class="choice"
              aria-pressed={one.metric === item.metric}
              onClick={() => choose(one.metric)}
            >
              <b>{metricName(one.metric)}</b>
              <span class="price">{priceOf(one)}</span>
              <span class="faint small">
                {classes[one.class]}, one each {duration(parseDuration(one.step) ?? 0)},{' '}
                {count(one.cells.length)} {one.cells.length === 1 ? 'cell' : 'cells'}
                {!isGranted(model, one.metric) && ', not granted to you'}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}

function priceOf({ price }: CatalogItem): string {
  if (price === 0) return 'free'
  return `${count(price)} ${price === 1 ? 'credit' : 'credits'} a row`
}

function CellsLive(props: {
  trade: Trade
  model: TradeModel
  item: CatalogItem
  selected: string | undefined
}) {
  const { trade, model, item, selected } = props
  const outlines = useOutlines(item.cells)
  const rows = item.cells.flatMap((cell) => model.newest.get(`${item.metric} ${cell}`) ?? [])
  const cells = hexesOf(item, rows, outlines)
  return (
    <section class="card" aria-label="Map">
      <div class="heading">
        <h3>{metricName(item.metric)} by cell</h3>
        <span class="faint small">{liveWords(model, item)}</span>
      </div>
      {cells.length > 0 && (
        <HexMap
          cells={cells}
          selected={selected}
          label={`${metricName(item.metric)} by cell`}
          select={(cell) => {
            location.hash = `#/buy/${cell}`
          }}
        />
      )}
      <Legend
        rows={rows}
        unit={item.unit}
        none="A cell gets its colour with the first row of it."
      />
      <WatchBar key={item.metric} trade={trade} model={model} item={item} selected={selected} />
    </section>
  )
}

function liveWords(model: TradeModel, { metric }: CatalogItem): string {
  const live = liveOf(model, metric).length
  return live === 0 ? 'not watched' : `${count(live)} live`
}

function hexesOf(
  item: CatalogItem,
  rows: readonly AggregateRow[],
  outlines: ReturnType<typeof useOutlines>,
): HexCell[] {
  const range = rangeOf(rows)
  return [...item.cells].sort().flatMap((cell) => {
    const outline = outlines.get(cell)
    if (outline === undefined) return []
    const row = rows.find((one) => one.cell === cell)
    const value = numberOf(row)
    const tone = value === undefined || range === undefined ? 'none' : toneOf(value, range)
    const text = value === undefined ? {} : { text: amount(value, item.unit) }
    return [{ cell, outline, tone, label: `${cell}: ${inWords(row)}`, ...text }]
  })
}

function inWords(row: AggregateRow | undefined): string {
  const value = numberOf(row)
  if (row === undefined) return 'no row here yet'
  return value === undefined || !('unit' in row) ? 'withheld, free' : quantity(value, row.unit)
}

function Rows({ rows }: { rows: readonly AggregateRow[] }) {
  return (
    <section aria-label="Rows">
      <h2>Rows as they come</h2>
      <ol id="rows" class="card feed" tabIndex={0} aria-label="Newest rows">
        {rows.length === 0 && <li class="faint">Watch a metric, or buy rows below.</li>}
        {rows.map((row) => (
          <li key={`${row.metric} ${row.cell} ${row.t}`}>
            <time>{clock((row.t + row.step) * 1000)}</time>
            <span class="text">
              {metricName(row.metric)} <b>{inWords(row)}</b> {row.cell}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}

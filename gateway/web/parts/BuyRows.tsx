/** Rows of one cell for a stretch of time: what they cost, the chart, and the proof checked here. */
import { useEffect, useState } from 'preact/hooks'
import type { CatalogItem } from '../../core/market/catalog.js'
import type { AggregateRow } from '../../core/privacy/row.js'
import { firstWindowDue } from '../../core/privacy/windows.js'
import type { FileReport as Report } from '../../core/query/verifyFile.js'
import { formatInstant, parseDuration } from '../../core/time.js'
import type { AnswerJson, Trade } from '../data/trade.js'
import type { TradeModel } from '../data/tradeModel.js'
import { count, metricName, moment } from '../format.js'
import type { Span } from './Chart.js'
import { Commands } from './Commands.js'
import { FileReport } from './FileReport.js'
import { RowsChart } from './RowsChart.js'
import { SaveFile } from './SaveFile.js'

interface Props {
  trade: Trade
  model: TradeModel
  item: CatalogItem
  cell: string
}

interface Bought {
  span: Span
  /** One page of the answer a line: what `fieldproof verify` takes. */
  text: string
  rows: AggregateRow[]
  report: Report
}

const lasts = [
  [3_600, '1 h'],
  [86_400, '24 h'],
  [7 * 86_400, '7 d'],
  [30 * 86_400, '30 d'],
] as const

export function BuyRows({ trade, model, item, cell }: Props) {
  const step = parseDuration(item.step) ?? 3_600
  const offered = lasts.filter(([seconds]) => isOffered(seconds, step))
  const [last, setLast] = useState<number>(offered[0]?.[0] ?? 86_400)
  const span = spanOf(model.proved, step, last)
  const { cost, error: dear } = useQuote(trade, item, cell, span)
  const [bought, setBought] = useState<Bought>()
  const [view, setView] = useState<Span>()
  const [state, setState] = useState({ busy: false, error: '' })
  const buy = async (): Promise<void> => {
    if (span === undefined || cost === undefined) return
    setState({ busy: true, error: '' })
    try {
      setBought({ span, ...(await fetchRows(trade, requestOf(item, cell, span), cost.cost)) })
      setView(withRoom(span, step))
      setState({ busy: false, error: '' })
    } catch (error) {
      setState({ busy: false, error: error instanceof Error ? error.message : 'no answer' })
    }
  }
  // The same rows cost again: nobody means that.
  const isBought = bought !== undefined && span !== undefined && isSame(bought.span, span)
  return (
    <section class="card" id="history" aria-label={`Rows of ${cell}`}>
      <div class="heading">
        <h2>
          {metricName(item.metric)} of <span class="mono">{cell}</span>
        </h2>
      </div>
      <div class="rangebar" role="group" aria-label="How much">
        {offered.map(([seconds, text]) => (
          <button
            key={text}
            type="button"
            class="quiet"
            aria-pressed={seconds === last}
            onClick={() => setLast(seconds)}
          >
            {text}
          </button>
        ))}
        <span class="faint small">{spanWords(span)}</span>
        <span class="grow" />
        <button
          type="button"
          id="buy"
          disabled={state.busy || isBought || cost === undefined || cost.rows === 0}
          onClick={() => void buy()}
        >
          {isBought ? 'Bought' : buttonOf(cost)}
        </button>
      </div>
      <p class="bad" role="alert">
        {state.error || dear}
      </p>
      {bought && view && (
        <Answer item={item} cell={cell} bought={bought} view={view} show={setView} />
      )}
      <Commands name={model.name} item={item} cell={cell} span={span} />
    </section>
  )
}

function Answer(props: {
  item: CatalogItem
  cell: string
  bought: Bought
  view: Span
  show(span: Span): void
}) {
  const { item, cell, bought, view, show } = props
  const { text, rows, report, span } = bought
  return (
    <>
      <RowsChart
        rows={rows}
        metric={item.metric}
        cell={cell}
        unit={item.unit}
        span={view}
        onZoom={show}
      />
      <div class="row">
        <SaveFile name={`${item.metric}-${cell}.json`} text={text} label="Save the answer" />
        <button
          type="button"
          class="quiet"
          onClick={() => show(withRoom(span, parseDuration(item.step) ?? 0))}
        >
          Show all
        </button>
      </div>
      <FileReport key={text.length} name="This answer" file={report} />
    </>
  )
}

/** Windows that one question may ask for (schemas/market.md). */
const windowsMax = 744

function isOffered(seconds: number, step: number): boolean {
  if (step === 60) return seconds <= 86_400
  return seconds >= step && seconds / step <= windowsMax
}

/** The newest stretch of that length whose rows all have their proof. */
function spanOf(proved: TradeModel['proved'], step: number, last: number): Span | undefined {
  if (proved === undefined) return undefined
  const to = firstWindowDue(step, proved.to)
  const from = Math.max(to - Math.ceil(last / step) * step, firstWindowDue(step, proved.from))
  return from < to ? { from, to } : undefined
}

/** So that the first value does not lie on the edge of the chart. */
function withRoom({ from, to }: Span, step: number): Span {
  return { from: from - step, to }
}

function isSame(one: Span, other: Span): boolean {
  return one.from === other.from && one.to === other.to
}

function spanWords(span: Span | undefined): string {
  if (span === undefined) return 'Rows have their proof once their epoch is closed; none is yet.'
  return `${moment(span.from * 1000)} to ${moment(span.to * 1000)}, all with proof`
}

function buttonOf(cost: Cost | undefined): string {
  if (cost === undefined) return 'Buy'
  if (cost.rows === 0) return 'No rows'
  const rows = `${count(cost.rows)} ${cost.rows === 1 ? 'row' : 'rows'}`
  return `Buy ${rows} for ${count(cost.cost)} ${cost.cost === 1 ? 'credit' : 'credits'}`
}

function requestOf({ metric, step }: CatalogItem, cell: string, { from, to }: Span) {
  return { metric, cells: [cell], from: formatInstant(from), to: formatInstant(to), step }
}

type Cost = NonNullable<AnswerJson['quote']>

/** What the rows would cost; asking is free. */
function useQuote(trade: Trade, item: CatalogItem, cell: string, span: Span | undefined) {
  const [quote, setQuote] = useState<{ cost?: Cost; error?: string }>({})
  useEffect(() => {
    if (span === undefined) return
    let isWanted = true
    trade.ask({ op: 'quote', q: requestOf(item, cell, span) }).then(
      (answer) => isWanted && setQuote(answer.quote === undefined ? {} : { cost: answer.quote }),
      (error: unknown) => isWanted && setQuote({ error: String((error as Error).message) }),
    )
    return () => {
      isWanted = false
    }
  }, [item.metric, cell, span?.from, span?.to])
  return span === undefined ? {} : quote
}

/** Page by page, for no more than was quoted; the whole is checked as anybody would check it. */
async function fetchRows(trade: Trade, q: object, maxCost: number): Promise<Omit<Bought, 'span'>> {
  const pages: AnswerJson[] = []
  let cursor: string | null = null
  do {
    const spent = pages.reduce((sum, { meter }) => sum + (meter?.cost ?? 0), 0)
    const page = { limit: 500, cursor }
    const request = { op: 'query', q, page, proof: true, maxCost: maxCost - spent }
    const answer = await trade.ask(request)
    pages.push(answer)
    cursor = answer.page?.next ?? null
  } while (cursor !== null)
  const text = `${pages.map((page) => JSON.stringify(page)).join('\n')}\n`
  const { verifyFile } = await import('../../core/query/verifyFile.js')
  const rows = pages.flatMap(({ items }) => (items ?? []) as AggregateRow[])
  return { text, rows, report: verifyFile(text) }
}

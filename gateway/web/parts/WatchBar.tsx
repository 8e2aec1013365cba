/** Starts and ends live rows of a metric, with the most that they may cost. */
import { useState } from 'preact/hooks'
import type { CatalogItem } from '../../core/market/catalog.js'
import { parseDuration } from '../../core/time.js'
import type { Trade } from '../data/trade.js'
import { liveOf, type TradeModel } from '../data/tradeModel.js'
import { count } from '../format.js'

/** Live topics of a buyer at once (schemas/market.md). */
const topicsMax = 20
/** An offer that nobody regrets. */
const costAtFirst = 20

interface Props {
  trade: Trade
  model: TradeModel
  item: CatalogItem
  /** Is watched in any case, where there are more cells than may be. */
  selected: string | undefined
}

export function WatchBar({ trade, model, item, selected }: Props) {
  const [most, setMost] = useState(Math.max(item.price, Math.min(costAtFirst, model.balance)))
  const [state, setState] = useState({ busy: false, error: '' })
  const cells = [...item.cells]
    .sort((a, b) => Number(b === selected) - Number(a === selected))
    .slice(0, topicsMax)
  const isLive = liveOf(model, item.metric).length > 0
  const act = async (work: Promise<void>): Promise<void> => {
    setState({ busy: true, error: '' })
    const error = await work.then(
      () => '',
      (reason: unknown) => (reason instanceof Error ? reason.message : 'no answer'),
    )
    setState({ busy: false, error })
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    void act(isLive ? trade.unwatch(item) : trade.watch(item, cells, most))
  }
  return (
    <form id="watch" class="row" onSubmit={submit}>
      <button type="submit" disabled={state.busy || cells.length === 0}>
        {isLive ? 'Stop watching' : 'Watch live'}
      </button>
      {!isLive && (
        <label class="row small">
          for at most
          <input
            type="number"
            name="most"
            min={0}
            max={model.balance}
            value={most}
            onInput={({ currentTarget: { value } }) => setMost(Number(value))}
          />
          credits
        </label>
      )}
      <span class="faint small">{rateOf(item, cells.length)}</span>
      <span class="bad" role="alert">
        {state.error}
      </span>
    </form>
  )
}

function rateOf({ price, step }: CatalogItem, cells: number): string {
  const hourly = (price * cells * 3_600) / (parseDuration(step) || 3_600)
  if (hourly === 0) return 'Free of charge.'
  const rate = hourly >= 1 ? `${count(hourly)} credits an hour` : `${count(hourly * 24)} a day`
  const words = `About ${rate} for ${count(cells)} ${cells === 1 ? 'cell' : 'cells'}`
  return `${words}; a row costs when it comes, withheld ones nothing.`
}

/** What a buyer's page knows, and how it changes with what comes. */
import type { CatalogItem } from '../../core/market/catalog.js'
import type { AggregateRow } from '../../core/privacy/row.js'

/** What a buyer's page knows. */
export interface TradeModel {
  name: string
  balance: number
  /** Credits that went since somebody signed in here. */
  spent: number
  catalog: CatalogItem[]
  /** Metrics that it was granted, or `all`. */
  metrics: string[]
  /** Times of which rows have their proof; none before the first epoch is closed. */
  proved: { from: number; to: number } | undefined
  /** Newest row by `metric cell`. */
  newest: Map<string, AggregateRow>
  /** Newest first. */
  feed: AggregateRow[]
  /** Topics below the root that the gateway grants now. */
  live: Set<string>
}

const feedMax = 60

/** Live topics of a metric, below the root. */
export function liveOf(trade: TradeModel | undefined, metric: string): string[] {
  return [...(trade?.live ?? [])].filter((topic) => topic.split('/')[1] === metric)
}

export function emptyTrade(name: string): TradeModel {
  return {
    ...{ name, balance: 0, spent: 0, catalog: [], metrics: [], proved: undefined },
    ...{ newest: new Map(), feed: [], live: new Set() },
  }
}

export function takeMeter(trade: TradeModel, { balance }: { balance: number }): void {
  // The operator may add credits meanwhile: only what went counts as spent.
  trade.spent += Math.max(0, trade.balance - balance)
  trade.balance = balance
}

/** False for a row that is here already. */
export function takeRow(trade: TradeModel, row: AggregateRow): boolean {
  const name = `${row.metric} ${row.cell}`
  const before = trade.newest.get(name)
  if (before !== undefined && before.t >= row.t) return false
  trade.newest.set(name, row)
  trade.feed.unshift(row)
  if (trade.feed.length > feedMax) trade.feed.length = feedMax
  return true
}

/** What was released and sold since the start, in all: for metrics, which name nobody. */
import type { Market } from '../ports/market.js'
import type { MarketCounts, ReleasedCounts } from '../ports/operations.js'
import type { ReleasedRows } from '../ports/releases.js'
import type { Credits } from './credits.js'

/** Counts rows as they are published, until the process ends. */
export function countReleased(rows: Pick<ReleasedRows, 'watch'>): ReleasedCounts {
  const counts: ReleasedCounts = { 'k-anonymous': 0, 'differentially-private': 0, withheld: 0 }
  rows.watch((published) => {
    for (const { row } of published) counts[row.class] += 1
  })
  return counts
}

export function noSalesYet(): MarketCounts {
  return { requests: 0, sales: 0, creditsSpent: 0 }
}

/** The same ledger; what it takes for rows is counted. */
export function countCharges(credits: Credits, counts: MarketCounts): Credits {
  return {
    ledger: credits.ledger,
    get size() {
      return credits.size
    },
    scan: (from, to) => credits.scan(from, to),
    close: () => credits.close(),
    async append(record) {
      const fault = await credits.append(record)
      if (fault === undefined && record.kind === 'charge') {
        counts.sales += 1
        counts.creditsSpent += record.cost
      }
      return fault
    },
  }
}

/** The same market; requests are counted. */
export function countRequests(market: Market, counts: MarketCounts): Market {
  return {
    ...market,
    request(...asked) {
      counts.requests += 1
      return market.request(...asked)
    },
  }
}

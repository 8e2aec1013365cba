/** What answers are made of. */
import type { Bucket, Rate } from '../../core/market/bucket.js'
import type { Buyer } from '../../core/market/ledger.js'
import type { MetricName } from '../../core/metric.js'
import type { Clock } from '../../ports/clock.js'
import type { AnswerStore, BuyerLink } from '../../ports/market.js'
import type { ReleasedRows } from '../../ports/releases.js'
import type { Settlements } from '../../ports/settlements.js'
import type { Credits } from '../credits.js'
import type { RangeProver } from './prove.js'
import type { Sale } from './rows.js'

/** What the operator asks of buyers, and tells them. */
export interface MarketTerms {
  readonly rate: Rate
  /** Credits for a row, from 0. */
  priceOf(metric: MetricName): number
  /** Address of the licence of what is sold. */
  readonly licence: string
  /** Whom a buyer has to name. */
  readonly attribution: string
  readonly gateway: { readonly id: string; readonly key: string }
}

export interface MarketParts {
  readonly terms: MarketTerms
  readonly credits: Credits
  readonly releases: ReleasedRows
  readonly settlements: Settlements
  readonly answers: AnswerStore
  readonly link: BuyerLink
  readonly clock: Clock
  /** Told of bugs and of stores that fail; the buyer learns only that there was one. */
  report(error: unknown): void
}

/** An answer before it is paid for. */
export interface Draft {
  /** JSON without braces: its members beside those that every answer has. */
  readonly members: string
  readonly sale: Sale | undefined
}

/** Who asks, and how fast. */
export interface Asker {
  readonly buyer: Buyer
  readonly bucket: Bucket
}

export interface AnswerParts extends MarketParts {
  readonly prover: RangeProver
}

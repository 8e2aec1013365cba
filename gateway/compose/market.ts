/** Who buys, and what they are sold: the ledger of credits, and answers. Part of the composition root. */
import { randomBytes } from 'node:crypto'
import { openRecordLog } from '../adapters/journal/recordLog.js'
import type { DataDir } from '../adapters/system/dataDir.js'
import { ledgerSnapshot } from '../adapters/system/ledgerSnapshot.js'
import type { Logger } from '../adapters/system/logger.js'
import type { Config } from '../config.js'
import type { Failure } from '../core/failure.js'
import { isBuyerName } from '../core/market/buyer.js'
import { catalogOf, formatCatalog } from '../core/market/catalog.js'
import type { MetricName } from '../core/metric.js'
import { createMarket } from '../pipeline/answer.js'
import { type Buyers, createBuyers } from '../pipeline/buyers.js'
import { type Credits, openCredits } from '../pipeline/credits.js'
import { countCharges, countRequests, noSalesYet } from '../pipeline/marketCounts.js'
import { createWallets, type Wallets } from '../pipeline/wallets.js'
import type { Clock } from '../ports/clock.js'
import type { Intake, LoginRefusal, Principal } from '../ports/intake.js'
import type { AnswerStore, BuyerLink, Market } from '../ports/market.js'
import type { MarketCounts } from '../ports/operations.js'
import type { ReleasedRows } from '../ports/releases.js'
import type { Settlements } from '../ports/settlements.js'
import type { Closers } from './closers.js'

/** Chain that a login names where the gateway is on none: what it signs is for no chain. */
const mainnet = 1

export interface CreditsParts {
  dataDir: DataDir
  clock: Clock
  logger: Logger
  closers: Closers
  fatal(failure: Failure): void
}

/** The ledger of credits, read. Nothing is sold on one that is damaged: Failure('data'). */
export async function openCreditsIn(parts: CreditsParts): Promise<Credits> {
  const { dataDir, clock, logger, closers } = parts
  const log = await openRecordLog({
    folder: dataDir.file('credits'),
    clock,
    fatal: parts.fatal,
    onCut: (cut) => logger.warn(`cut ${cut.bytes} bytes of an unfinished commit from ${cut.path}`),
  })
  closers.push(() => log.close())
  const credits = await openCredits({
    log,
    snapshots: ledgerSnapshot(dataDir.file('credits.snapshot')),
    clock,
    report: (error) => logger.warn({ err: error }, 'the ledger’s snapshot could not be written'),
  })
  closers.push(() => credits.close())
  return credits
}

export interface MarketParts {
  config: Config
  gateway: { id: string; key: string }
  credits: Credits
  releases: ReleasedRows
  settlements: Settlements
  answers: AnswerStore
  clock: Clock
  logger: Logger
  closers: Closers
  /** The broker, once it is there. */
  link(): BuyerLink | undefined
}

/** Buyers' logins and requests, and what they can buy now (`pub/catalog`). */
export function openMarket(parts: MarketParts): {
  buyers: Buyers
  wallets: Wallets
  market: Market
  catalog(): string
  /** What was asked and sold since the start. */
  counts: MarketCounts
} {
  const { config, clock, logger, closers, gateway, releases } = parts
  const { perSecond, burst, price, prices, licence, attribution } = config.market
  const priceOf = (metric: MetricName): number => prices[metric] ?? price
  const link = lateLink(parts.link)
  const counts = noSalesYet()
  const credits = countCharges(parts.credits, counts)
  const market = createMarket({
    terms: {
      rate: { perSecond, burst },
      priceOf,
      licence,
      attribution,
      gateway,
    },
    credits,
    releases,
    settlements: parts.settlements,
    answers: parts.answers,
    link,
    clock,
    report: (error) => logger.error({ err: error }, 'a buyer’s request met a defect'),
  })
  closers.push(() => market.stop())
  const buyers = createBuyers({
    credits,
    link,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  })
  const catalog = (): string => formatCatalog(gateway, catalogOf(releases.offers(), priceOf))
  const wallets = createWallets({
    network: config.network,
    gatewayId: gateway.id,
    chainId: (config.chain.enabled ? config.chain.id : undefined) ?? mainnet,
    buyer: (name) => credits.ledger.buyer(name),
    clock,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
  })
  return { buyers, wallets, market: countRequests(market, counts), catalog, counts }
}

/** Devices log in with their keys, buyers with their tokens or those of a session: a name is of one of the two forms. */
export function withBuyers(intake: Intake, buyers: Buyers, wallets: Wallets): Intake {
  const judge = (name: string, token: string): Principal | LoginRefusal =>
    wallets.knows(name, token) ? { role: 'buyer', name } : buyers.login(name, token)
  return {
    ...intake,
    login: async (name, password) =>
      isBuyerName(name)
        ? judge(name, new TextDecoder().decode(password))
        : intake.login(name, password),
  }
}

function lateLink(link: MarketParts['link']): BuyerLink {
  return {
    get isWatched() {
      return link()?.isWatched ?? false
    },
    hears: (buyer, topic) => link()?.hears(buyer, topic) ?? false,
    deliver: (buyer, topic, payload) => link()?.deliver(buyer, topic, payload),
    dismiss: (buyer) => link()?.dismiss(buyer),
  }
}

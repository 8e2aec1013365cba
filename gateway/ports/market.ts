import type { BuyerGrant } from '../core/market/buyer.js'
import type { Judged } from '../core/query/problem.js'

/** A buyer as the operator sees it. */
export interface BuyerView {
  name: string
  /** Credits. */
  balance: number
  credited: number
  metrics: readonly string[]
  /** Cells inside which it may ask; absent: anywhere. */
  cells?: readonly string[]
  wallet?: string
  addedAtMs: number
}

/** What the operator can do about buyers. Every change is durable on resolve. */
export interface BuyerOperations {
  buyers(): BuyerView[]
  /** The token is told this once. Refused: a name that is taken or none, cells or a wallet that are none. */
  addBuyer(
    name: string,
    grant: BuyerGrant,
    credits: number,
  ): Promise<Judged<BuyerView & { token: string }>>
  creditBuyer(name: string, credits: number): Promise<Judged<BuyerView>>
  /** What it had left is void; its sessions and subscriptions end. */
  removeBuyer(name: string): Promise<Judged<BuyerView>>
}

/** How the answers of one request go out: on `b/<buyer>/res/<id>`, `!` where there is no usable id. */
export interface AnswerSink {
  /** Resolves once the link can take more; false where the buyer is gone, so that no more is made. */
  send(id: string, payload: string): Promise<boolean>
}

/** What a broker says about the packet of a request. */
export interface RequestPacket {
  /** Below the root, where MQTT 5 named one: it must be the request's own `res` topic. */
  readonly responseTopic?: string | undefined
  /** It was published to be kept, and would come again. */
  readonly isRetained?: boolean
}

/** What transports call for buyers. Nothing here throws on input: bad input has an answer. */
export interface Market {
  /**
   * Takes the request of a buyer who is logged in. Resolves once everything is handed to the sink, after
   * what it cost is durable.
   */
  request(
    buyer: string,
    payload: Uint8Array,
    sink: AnswerSink,
    packet?: RequestPacket,
  ): Promise<void>
  /** Whether the buyer may subscribe to that topic below the root now: a live one it has a grant for. */
  grants(buyer: string, topic: string): boolean
  /**
   * The newest row of a live topic that the buyer has a grant for, as a broker would retain it; what it
   * costs is durable then. `undefined` where there is none, or the credits do not reach.
   */
  newest(buyer: string, topic: string): Promise<string | undefined>
  /** The buyer's session is gone: its subscriptions end. */
  left(buyer: string): void
}

/** How the market reaches buyers. */
export interface BuyerLink {
  /** Whether subscriptions of other sessions can be watched here: where not, rows go to `res`. */
  readonly isWatched: boolean
  /** Whether a row on that topic below the root would reach the buyer now. */
  hears(buyer: string, topic: string): boolean
  /** Hands over a row that was paid for; not retained. */
  deliver(buyer: string, topic: string, payload: string): void
  /** Ends the session of a buyer that was removed. */
  dismiss(buyer: string): void
}

/** Answers that stand for their ids. Derived: what is lost is made again, and not charged again. */
export interface AnswerStore {
  /** Rejects with Failure('data') where the store is damaged. */
  load(key: string): Promise<StoredAnswer | undefined>
  /** To be loaded at once. Resolves once it is written, a moment later. */
  save(key: string, answer: StoredAnswer): Promise<void>
  /** Removes those that were saved before, ms since 1970. */
  drop(beforeMs: number): Promise<void>
}

export interface StoredAnswer {
  atMs: number
  /** SHA-256 of the request's canonical JSON, b64u. */
  hash: string
  text: string
}

/**
 * The messages of one device on their way: kept until acknowledged, sent again with the same bytes
 * (PROTOCOL 2.2: the same bytes are accepted again and counted once). Knows nothing of transports.
 */

import type { Value } from '../gateway/core/senml/pack.js'
import { isRetryable, type Verdict } from '../gateway/core/verdict.js'
import { faultSendsMax, judgedMessagesMax, recentMessagesMax } from './limits.js'

/** A message and what became of it. */
export interface Item {
  readonly seq: number
  /** The COSE message; emptied once nobody needs it any more. */
  bytes: Uint8Array
  /** Leaf hash (PROTOCOL 6.1), hex. */
  readonly leaf: string
  /** What the gateway must hold afterwards; empty for a message that adds nothing. */
  readonly values: readonly Value[]
  /** What the protocol says of it. */
  readonly expect: Verdict
  /** Name of the fault that it is, if any. */
  readonly fault: string | undefined
  sends: number
  /** PUBACK came: judged, and durable if accepted. */
  judged: boolean
  /** What the gateway said. */
  verdict: Verdict | undefined
}

/** True where the gateway answers for this message: told so, or PUBACK and nothing against it. */
export function isAcknowledged(item: Item): boolean {
  return item.verdict === 'accepted' || (item.verdict === undefined && item.judged)
}

/** What a run counts. `judgedBefore`: a PUBACK had already been counted. */
export interface OutboxWatcher {
  sent(item: Item): void
  judged(item: Item): void
  told(item: Item, judgedBefore: boolean): void
}

export class Outbox {
  watcher: OutboxWatcher | undefined
  /** Accepted messages that were sent once, newest last; faults are made from them. */
  readonly recent: Item[] = []
  /** Highest acknowledged sequence of an honest message. */
  highest: number | undefined
  private queue: Item[] = []
  private readonly flying = new Set<Item>()
  /** Flying and judged messages by sequence, for verdicts that come later. */
  private readonly bySeq = new Map<number, Item[]>()
  private readonly judged: Item[] = []
  /** Answers without a sequence that may still come, for bytes that went out more than once. */
  private unreadableAgain = 0
  /** Keep the bytes of messages for their receipts. */
  keepsMessages = false
  /** Leaves of the newest honest messages, for receipts. */
  private readonly leaves = new Map<number, { leaf: string; bytes: Uint8Array | undefined }>()

  /** Messages that nobody has answered for yet. */
  get unsettled(): number {
    return this.queue.length + this.flying.size
  }

  get inFlight(): number {
    return this.flying.size
  }

  /** Messages whose verdict is still wanted: unsettled ones, and faults with a PUBACK alone. */
  get open(): number {
    return this.unsettled + this.judged.filter((item) => item.fault && !item.verdict).length
  }

  push(item: Item): void {
    this.queue.push(item)
    if (item.values.length === 0) return
    const bytes = this.keepsMessages ? item.bytes : undefined
    this.leaves.set(item.seq, { leaf: item.leaf, bytes })
    if (this.leaves.size > judgedMessagesMax) this.leaves.delete(this.leaves.keys().next().value!)
  }

  /** Leaf (hex) of a message sent lately; `undefined` where it is not remembered. */
  leafOf(seq: number): string | undefined {
    return this.leaves.get(seq)?.leaf
  }

  /** Its bytes, where they are kept. */
  messageOf(seq: number): Uint8Array | undefined {
    return this.leaves.get(seq)?.bytes
  }

  /** The next message to send, now in flight; `undefined` where nothing waits. */
  next(): Item | undefined {
    const item = this.queue.shift()
    if (item === undefined) return undefined
    item.sends++
    this.flying.add(item)
    this.watcher?.sent(item)
    if (item.sends === 1) this.bySeq.set(item.seq, [...(this.bySeq.get(item.seq) ?? []), item])
    return item
  }

  /** The link broke: all that is in flight goes back, in order, with the same bytes. */
  rewind(): void {
    const again = [...this.flying].filter((item) => !this.isGivenUp(item))
    this.flying.clear()
    this.queue = [...again, ...this.queue]
  }

  /** Takes one message out of flight, to be sent again before the others. */
  requeue(item: Item): void {
    if (!this.flying.delete(item) || this.isGivenUp(item)) return
    this.queue.unshift(item)
  }

  /** PUBACK: judged, the verdict may follow or have gone before. */
  puback(item: Item): void {
    if (!this.flying.delete(item)) return
    item.judged = true
    this.judged.push(item)
    if (this.judged.length > judgedMessagesMax) this.forget(this.judged.shift()!)
    if (item.expect === 'accepted') this.remember(item)
    this.watcher?.judged(item)
  }

  /**
   * A verdict from `dn/ak`. `seq` null: the message could not be read (PROTOCOL 5). Returns what it
   * was for, or `undefined` where nothing fits.
   */
  answer(seq: number | null, verdict: Verdict): Item | undefined {
    const item = seq === null ? this.unreadable() : this.waitingFor(seq, verdict)
    if (item) this.settle(item, verdict)
    return item
  }

  /** Whether an answer without a sequence is one more for bytes that went out more than once. */
  takeUnreadableAgain(): boolean {
    if (this.unreadableAgain === 0) return false
    this.unreadableAgain--
    return true
  }

  /** A verdict for exactly this message, as serial lines give it. */
  settle(item: Item, verdict: Verdict): void {
    if (verdict !== 'accepted' && isRetryable(verdict)) {
      this.requeue(item)
      return
    }
    item.verdict = verdict
    if (item.expect === 'malformed') this.unreadableAgain += item.sends - 1
    const wasOpen = this.flying.delete(item) || this.takeBack(item)
    if (verdict === 'accepted' && wasOpen) this.remember(item)
    const at = this.judged.indexOf(item)
    if (at >= 0) this.judged.splice(at, 1)
    this.forget(item)
    this.watcher?.told(item, item.judged)
  }

  /** The verdict came after the link broke: what waits to be sent again need not go out. */
  private takeBack(item: Item): boolean {
    const at = this.queue.indexOf(item)
    if (at >= 0) this.queue.splice(at, 1)
    return at >= 0
  }

  private waitingFor(seq: number, verdict: Verdict): Item | undefined {
    const items = (this.bySeq.get(seq) ?? []).filter((item) => item.verdict === undefined)
    return items.find((item) => item.expect === verdict) ?? items[0]
  }

  private unreadable(): Item | undefined {
    const open = (item: Item): boolean => item.expect === 'malformed' && item.verdict === undefined
    return this.judged.find(open) ?? [...this.flying].find(open)
  }

  private isGivenUp(item: Item): boolean {
    return item.fault !== undefined && item.expect !== 'accepted' && item.sends >= faultSendsMax
  }

  private remember(item: Item): void {
    if (item.fault !== undefined && item.values.length === 0) return
    if (this.highest === undefined || item.seq > this.highest) this.highest = item.seq
    if (item.sends !== 1) return
    this.recent.push(item)
    if (this.recent.length > recentMessagesMax) this.release(this.recent.shift()!)
  }

  private forget(item: Item): void {
    const items = (this.bySeq.get(item.seq) ?? []).filter((one) => one !== item)
    if (items.length > 0) this.bySeq.set(item.seq, items)
    else this.bySeq.delete(item.seq)
    if (!this.recent.includes(item)) this.release(item)
  }

  /** The bytes are most of a message's memory; an answered one needs them no more. */
  private release(item: Item): void {
    if (item.judged || item.verdict !== undefined) item.bytes = new Uint8Array(0)
  }
}

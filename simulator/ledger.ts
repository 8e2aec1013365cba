/** What a run remembers of its messages, for the oracle. Bounded: the oldest are let go first. */
import type { Item } from './outbox.js'

export class Ledger {
  /** Messages that are no longer remembered. */
  dropped = 0
  private readonly capacity: number
  private kept: Item[] = []

  constructor(capacity: number) {
    this.capacity = capacity
  }

  add(item: Item): void {
    this.kept.push(item)
    if (this.kept.length < 2 * this.capacity) return
    // Half at a time, so that letting go costs little.
    this.dropped += this.capacity
    this.kept = this.kept.slice(this.capacity)
  }

  get items(): readonly Item[] {
    return this.kept
  }
}

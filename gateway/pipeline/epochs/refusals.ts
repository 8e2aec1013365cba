/**
 * Refused messages of the open epoch, for its rows (PROTOCOL 6.3). They are no entries of the log, so
 * they are saved every few seconds: a crash may lose the counts of that time, never a reading.
 */
import type { Reason } from '../../core/verdict.js'
import type { Refusals } from '../../ports/settlements.js'

export class EpochRefusals {
  #counts: Refusals
  #changed = false

  constructor(saved: Refusals) {
    this.#counts = saved
  }

  /** Counts one after its signature was found good. */
  add(device: string, reason: Reason | string): void {
    this.#counts[device] ??= {}
    const row = this.#counts[device]
    row[reason] = (row[reason] ?? 0) + 1
    this.#changed = true
  }

  /** The counts of the epoch that ends now; the next one begins with none. */
  take(): Refusals {
    const taken = this.#counts
    this.#counts = {}
    this.#changed = true
    return taken
  }

  /** The counts where they have changed since the last call. */
  changes(): Refusals | undefined {
    if (!this.#changed) return undefined
    this.#changed = false
    return this.#counts
  }
}

import type { Clock } from '../../ports/clock.js'

/** Lets `perSec` events a second through, and as many at once after a quiet second. */
export class Bucket {
  readonly #clock: Clock
  readonly #perSec: number
  #left: number
  #atMs: number

  constructor(clock: Clock, perSec: number) {
    this.#clock = clock
    this.#perSec = perSec
    this.#left = perSec
    this.#atMs = clock.monotonic()
  }

  /** True where one more event may pass now. */
  take(): boolean {
    const now = this.#clock.monotonic()
    this.#left = Math.min(this.#perSec, this.#left + ((now - this.#atMs) * this.#perSec) / 1000)
    this.#atMs = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}

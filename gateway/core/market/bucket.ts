/** Requests per buyer (PROTOCOL 8): a bucket that fills at a rate, up to a burst. */

export interface Rate {
  /** Requests a second, above 0. */
  readonly perSecond: number
  readonly burst: number
}

export class Bucket {
  readonly #rate: Rate
  #level: number
  #atMs: number

  /** Full at first. `nowMs`: monotonic. */
  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate
    this.#level = rate.burst
    this.#atMs = nowMs
  }

  /** Takes one, where there is one; says whether there was. */
  take(nowMs: number): boolean {
    this.#fill(nowMs)
    if (this.#level < 1) return false
    this.#level -= 1
    return true
  }

  /** Requests that would be taken at once. */
  remaining(nowMs: number): number {
    this.#fill(nowMs)
    return Math.floor(this.#level)
  }

  /** Whole seconds until there is one, at least 1. */
  retryAfter(nowMs: number): number {
    this.#fill(nowMs)
    return Math.max(1, Math.ceil((1 - this.#level) / this.#rate.perSecond))
  }

  #fill(nowMs: number): void {
    const { perSecond, burst } = this.#rate
    this.#level = Math.min(burst, this.#level + ((nowMs - this.#atMs) / 1_000) * perSecond)
    this.#atMs = nowMs
  }
}

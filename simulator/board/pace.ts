/**
 * How much of its own time an emulator may let pass now. It follows the clock on the wall; what it
 * loses while its processor is busy (an emulator is slower than a chip) it makes up for while the
 * processor sleeps, at most at twice the speed, so that time-outs do not end before answers come.
 */
export class Pace {
  readonly #now: () => number
  #atMs: number
  /** Milliseconds of the wall that the emulator has not had yet. */
  #behindMs = 0

  /** `now`: a monotonic clock, milliseconds. */
  constructor(now: () => number) {
    this.#now = now
    this.#atMs = now()
  }

  /** Milliseconds that may pass in the emulator now. */
  grant(): number {
    const now = this.#now()
    const elapsed = now - this.#atMs
    this.#atMs = now
    this.#behindMs += elapsed
    return Math.min(this.#behindMs, 2 * elapsed)
  }

  /** So much has passed in it. */
  ran(ms: number): void {
    this.#behindMs -= ms
  }
}

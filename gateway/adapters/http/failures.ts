/** Counts failed logins by address, so that guessing is slow and the log stays readable. */
import { loginAddressesMax, loginFailuresMax, loginWindowMs } from '../../core/limits.js'

interface Failures {
  count: number
  sinceMs: number
}

export class LoginFailures {
  readonly #all = new Map<string, Failures>()

  /** Notes one failure; says how long the address has to wait, ms; 0 while it may still try. */
  record(address: string, nowMs: number): number {
    const known = this.#all.get(address)
    if (known !== undefined && nowMs - known.sinceMs < loginWindowMs) {
      known.count += 1
      return known.count > loginFailuresMax ? loginWindowMs - (nowMs - known.sinceMs) : 0
    }
    this.#all.delete(address)
    if (this.#all.size >= loginAddressesMax) this.#all.delete(this.#all.keys().next().value!)
    this.#all.set(address, { count: 1, sinceMs: nowMs })
    return 0
  }
}

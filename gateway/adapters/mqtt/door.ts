import { connectionsMax, connectionsPerAddressMax } from '../../core/limits.js'

/** A place at the broker; `leave` gives it back, once. */
export interface Ticket {
  /** Login succeeded: the place no longer counts against its address. */
  loggedIn(): void
  leave(): void
}

/**
 * Counts connections: in all, and per address before login, so that one host that never logs in
 * cannot take every place.
 */
export class Door {
  readonly #connectionsMax: number
  readonly #perAddressMax: number
  readonly #strangers = new Map<string, number>()
  #open = 0

  constructor(limits: { connectionsMax?: number; perAddressMax?: number } = {}) {
    this.#connectionsMax = limits.connectionsMax ?? connectionsMax
    this.#perAddressMax = limits.perAddressMax ?? connectionsPerAddressMax
  }

  get open(): number {
    return this.#open
  }

  get full(): boolean {
    return this.#open >= this.#connectionsMax
  }

  /** A place, or `undefined` where there is none. */
  enter(address: string): Ticket | undefined {
    const strangers = this.#strangers.get(address) ?? 0
    if (this.full || strangers >= this.#perAddressMax) return undefined
    this.#open++
    this.#strangers.set(address, strangers + 1)
    let stranger = true
    let inside = true
    const known = () => {
      if (!stranger) return
      stranger = false
      const left = this.#strangers.get(address)! - 1
      if (left > 0) this.#strangers.set(address, left)
      else this.#strangers.delete(address)
    }
    return {
      loggedIn: known,
      leave: () => {
        known()
        if (inside) this.#open--
        inside = false
      },
    }
  }
}

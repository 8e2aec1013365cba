/** Sessions of buyers: some of each at once, told apart by their client ids. */
import { buyerSessionsMax } from '../../core/limits.js'
import type { Session } from './session.js'

export class BuyerSessions {
  readonly #byBuyer = new Map<string, Map<string, Session>>()
  readonly #gone: (buyer: string) => void

  /** `gone`: the last session of a buyer has ended. */
  constructor(gone: (buyer: string) => void) {
    this.#gone = gone
  }

  /** Takes over from the session of that client id; the oldest goes where there are too many. */
  add(session: Session): void {
    const { name } = session.principal
    const own = this.#byBuyer.get(name) ?? new Map<string, Session>()
    const before = own.get(session.clientId)
    if (before !== undefined) this.#displace(before)
    const [oldest] = own.values()
    if (own.size >= buyerSessionsMax && oldest !== undefined) this.#displace(oldest)
    own.set(session.clientId, session)
    this.#byBuyer.set(name, own)
  }

  /** The connection of a session has ended. */
  remove(session: Session): void {
    const { name } = session.principal
    const own = this.#byBuyer.get(name)
    if (own?.get(session.clientId) !== session) return
    own.delete(session.clientId)
    if (own.size > 0) return
    this.#byBuyer.delete(name)
    this.#gone(name)
  }

  hears(buyer: string, below: string): boolean {
    return [...(this.#byBuyer.get(buyer)?.values() ?? [])].some((one) => one.reaches(below))
  }

  hand(buyer: string, below: string, payload: Uint8Array): void {
    for (const session of this.#byBuyer.get(buyer)?.values() ?? []) session.hand(below, payload)
  }

  dismiss(buyer: string): void {
    for (const session of this.#byBuyer.get(buyer)?.values() ?? []) session.dismiss()
  }

  all(): readonly Session[] {
    return [...this.#byBuyer.values()].flatMap((own) => [...own.values()])
  }

  /** Out of the books first, so that grants end with the session that is displaced. */
  #displace(session: Session): void {
    this.remove(session)
    session.displace()
  }
}

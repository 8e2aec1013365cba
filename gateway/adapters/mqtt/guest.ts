/** A session that has no name yet: it gets a challenge, signs it once, and goes (schemas/wallet.md). */
import { walletChallengeSec } from '../../core/limits.js'
import type { Intake, Principal } from '../../ports/intake.js'
import type { WalletLogin } from '../../ports/wallet.js'

export interface GuestWire {
  /** Says something on the guest's own topic. */
  tell(text: string): void
  /** Sends what is due, then ends the connection. */
  finish(): void
  /** Ends the connection at once; counted by the reason. */
  cut(reason: string): void
}

export class Guest {
  readonly #principal: Principal & { role: 'guest' }
  readonly #wallets: WalletLogin
  readonly #intake: Pick<Intake, 'refused'>
  readonly #wire: GuestWire
  readonly #patience: NodeJS.Timeout
  #hasSigned = false

  constructor(
    principal: Principal & { role: 'guest' },
    wallets: WalletLogin,
    intake: Pick<Intake, 'refused'>,
    wire: GuestWire,
  ) {
    this.#principal = principal
    this.#wallets = wallets
    this.#intake = intake
    this.#wire = wire
    this.#patience = setTimeout(() => wire.finish(), walletChallengeSec * 1_000).unref()
  }

  /** It listens now, so it gets its challenge; where too many are out, the connection ends. */
  challenge(): void {
    const { buyer, name } = this.#principal
    const text = this.#wallets.challenge(buyer, name)
    if (text === undefined) this.#wire.cut('guests')
    else this.#wire.tell(text)
  }

  /** One signature, one answer, and the connection ends. False where it has signed before. */
  sign(payload: Uint8Array, done: () => void): boolean {
    if (this.#hasSigned) return false
    this.#hasSigned = true
    this.#wallets.answer(this.#principal.name, payload).then(
      ({ ok, text }) => {
        if (!ok) this.#intake.refused('mqtt', 'wallet')
        done()
        this.#wire.tell(text)
        this.#wire.finish()
      },
      () => this.#wire.cut('guest'),
    )
    return true
  }

  end(): void {
    clearTimeout(this.#patience)
    this.#wallets.left(this.#principal.name)
  }
}

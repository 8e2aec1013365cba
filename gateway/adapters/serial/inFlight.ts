import { serialInFlightMax } from '../../core/limits.js'

/** One line that is being judged. */
export interface Ticket {
  readonly ls: number
  readonly text: string
}

/**
 * The lines of one board that wait for their verdict. A line number says little: a board repeats a
 * line that was not answered in time, and after 256 lines or a reboot it uses the number for another
 * message. An answer to the older message would then acknowledge the newer one, which is not on
 * disk, so only the newest line of a number is ever answered.
 */
export class InFlight {
  readonly #newest = new Map<number, Ticket>()
  #count = 0

  /** Lines handed over for judgement whose verdict has not come, answered or not. */
  get count(): number {
    return this.#count
  }

  /**
   * Takes a line. `same`: it is a repetition, the first one's answer serves both. `full`: too many
   * wait; the board is to try again.
   */
  begin(ls: number, text: string): Ticket | 'same' | 'full' {
    if (this.#newest.get(ls)?.text === text) return 'same'
    // The number has been given to another message: whatever is judged under it is not answered,
    // even where the new line itself finds no room.
    this.#newest.delete(ls)
    if (this.#count >= serialInFlightMax) return 'full'
    const ticket = { ls, text }
    this.#newest.set(ls, ticket)
    this.#count++
    return ticket
  }

  /** The verdict has come. True where the board still waits for it under this number. */
  end(ticket: Ticket): boolean {
    this.#count--
    if (this.#newest.get(ticket.ls) !== ticket) return false
    this.#newest.delete(ticket.ls)
    return true
  }

  /** The board has started again and knows nothing of its former lines. */
  forget(): void {
    this.#newest.clear()
  }
}

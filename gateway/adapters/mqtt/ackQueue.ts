/**
 * PUBACKs of one connection, in the order in which the PUBLISH packets came ([MQTT-4.6.0-2]), though
 * verdicts come in any order. A ring of fixed size: it is also the limit on messages in flight.
 */
export class AckQueue {
  readonly limit: number
  readonly #ids: Uint16Array
  readonly #done: Uint8Array
  #head = 0
  #count = 0

  constructor(limit: number) {
    this.limit = limit
    this.#ids = new Uint16Array(limit)
    this.#done = new Uint8Array(limit)
  }

  /** Messages in flight. */
  get count(): number {
    return this.#count
  }

  get full(): boolean {
    return this.#count === this.limit
  }

  /** Notes a message; `id` 0 (QoS 0) has a place and no PUBACK. Not to be called when full. */
  take(id: number): number {
    const slot = (this.#head + this.#count++) % this.limit
    this.#ids[slot] = id
    this.#done[slot] = 0
    return slot
  }

  /** The message of that slot has its verdict. True where acknowledgements can now be taken. */
  finish(slot: number): boolean {
    this.#done[slot] = 1
    return slot === this.#head
  }

  /** The PUBACK packets that are due, one after the other; empty where none is. */
  due(): Buffer {
    const out = Buffer.allocUnsafe(4 * this.#count)
    let at = 0
    while (this.#count > 0 && this.#done[this.#head] === 1) {
      const id = this.#ids[this.#head]!
      this.#head = (this.#head + 1) % this.limit
      this.#count--
      if (id === 0) continue
      out[at] = 0x40
      out[at + 1] = 2
      out[at + 2] = id >> 8
      out[at + 3] = id & 255
      at += 4
    }
    return out.subarray(0, at)
  }
}

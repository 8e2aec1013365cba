/**
 * The values of one metric in one window, as they come out of the log: by device, in any order. Held
 * in columns of numbers, because a day of a thousand devices is millions of them.
 */
import { type Decimal, nanosOf } from '../senml/decimal.js'

/** Exponent of billionths. */
const nano = -9
const firstRoom = 16

export class WindowValues {
  readonly #t: number
  readonly #columns = new Map<string, Column>()

  /** `t`: start of the window, Unix seconds. */
  constructor(t: number) {
    this.#t = t
  }

  /** `time`: Unix seconds within the window. */
  add(device: string, time: number, value: Decimal, seq: number): void {
    let column = this.#columns.get(device)
    if (column === undefined) {
      column = new Column()
      this.#columns.set(device, column)
    }
    column.push(time - this.#t, seq, nanosOf(value))
  }

  /**
   * What a device measured, one value a second: (device, metric, second) names a value, and of several
   * the one of the highest sequence stays (PROTOCOL 2.1). Empty for a device that was not heard.
   */
  get(device: string): readonly Decimal[] {
    return this.#columns.get(device)?.values() ?? []
  }
}

class Column {
  #seconds = new Uint32Array(firstRoom)
  #seqs = new Float64Array(firstRoom)
  #nanos = new Float64Array(firstRoom)
  #count = 0

  push(second: number, seq: number, nanos: number): void {
    if (this.#count === this.#seqs.length) this.#grow()
    this.#seconds[this.#count] = second
    this.#seqs[this.#count] = seq
    this.#nanos[this.#count] = nanos
    this.#count++
  }

  values(): Decimal[] {
    const newest = new Map<number, number>()
    for (let i = 0; i < this.#count; i++) {
      const other = newest.get(this.#seconds[i]!)
      if (other === undefined || this.#seqs[other]! < this.#seqs[i]!)
        newest.set(this.#seconds[i]!, i)
    }
    return Array.from(newest.values(), (i) => ({ m: this.#nanos[i]!, e: nano }))
  }

  #grow(): void {
    const room = 2 * this.#count
    const [seconds, seqs, nanos] = [this.#seconds, this.#seqs, this.#nanos]
    this.#seconds = new Uint32Array(room)
    this.#seqs = new Float64Array(room)
    this.#nanos = new Float64Array(room)
    this.#seconds.set(seconds)
    this.#seqs.set(seqs)
    this.#nanos.set(nanos)
  }
}

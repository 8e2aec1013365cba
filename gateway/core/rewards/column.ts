/**
 * The values of one device and metric that an epoch judges, and earlier ones that it judges them by,
 * in the order of their times (PROTOCOL 6.5).
 *
 * A value is held in billionths: the range of a metric ends at 200,000 and an exponent is at least
 * -9, so every value is an integer below 2^53, and comparisons are exact without BigInt (the bounds
 * are asserted by test/core/rewards/column.test.ts).
 */
import { type Decimal, nanosOf } from '../senml/decimal.js'

/** Three arrays of one length, by rising time; each second stands once. */
export interface Column {
  /** Unix seconds. */
  readonly times: Float64Array
  readonly nanos: Float64Array
  /** 1: counts in this epoch. 0: an earlier epoch's, history only. */
  readonly own: Uint8Array
}

interface Cell {
  time: number
  nanos: number
  seq: number
  own: boolean
}

/** Collects values in any order. */
export class ColumnBuilder {
  readonly #cells: Cell[] = []

  add(time: number, value: Decimal, seq: number, own: boolean): void {
    this.#cells.push({ time, nanos: nanosOf(value), seq, own })
  }

  /** (device, metric, second) names a value: of several, the highest sequence stays (PROTOCOL 2.1). */
  build(): Column {
    this.#cells.sort((a, b) => a.time - b.time || a.seq - b.seq)
    const kept = this.#cells.filter((cell, i) => this.#cells[i + 1]?.time !== cell.time)
    return {
      times: Float64Array.from(kept, (cell) => cell.time),
      nanos: Float64Array.from(kept, (cell) => cell.nanos),
      own: Uint8Array.from(kept, (cell) => (cell.own ? 1 : 0)),
    }
  }
}

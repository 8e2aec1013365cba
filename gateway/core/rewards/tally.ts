/**
 * What one device did in one epoch, gathered from log entries (PROTOCOL 6.5): counts, slots, the
 * root of its readings, and the values that are to be judged.
 */
import type { Placement } from '../device/admission.js'
import { assert } from '../failure.js'
import { rootOfLeaves } from '../log/memoryTree.js'
import type { MetricName } from '../metric.js'
import type { Value } from '../senml/pack.js'
import type { Reason } from '../verdict.js'
import { type Column, ColumnBuilder } from './column.js'
import { ruleset } from './ruleset.js'
import { type Slotting, type Span, slotOf, slotting } from './slots.js'

/** Owner, cell, placement and mark as they stand at the end of the epoch. */
export interface DeviceTerms {
  readonly device: string
  /** EIP-55. */
  readonly owner: string
  /** As registered, resolution 7 or coarser. */
  readonly cell: string
  readonly placement: Placement
  /** In force at the start of the epoch, or at approval within it: a change counts from the next. */
  readonly intervalSec: number
  readonly simulated: boolean
}

/** An accepted reading. */
export interface TalliedReading {
  readonly seq: number
  /** Leaf hash, 32 bytes. */
  readonly leaf: Uint8Array
  /** When it was journalled, ms since 1970. */
  readonly atMs: number
  readonly values: readonly Value[]
}

/** What scores and rows are made of. */
export interface DeviceEpoch {
  readonly terms: DeviceTerms
  readonly slotting: Slotting
  /** Counted readings per slot. */
  readonly slotCounts: readonly number[]
  /** Readings that count, and those that came too late to. */
  readonly accepted: number
  readonly late: number
  /** Over both; 0 where there is neither. */
  readonly firstSeq: number
  readonly lastSeq: number
  /** RFC 9162 root over the leaf hashes of the readings that count, by sequence. */
  readonly readings: Uint8Array
  readonly refusals: ReadonlyMap<Reason, number>
  readonly columns: ReadonlyMap<MetricName, Column>
}

/** A reading's time: its largest bt + t, Unix seconds. */
export function readingTime(values: readonly Value[]): number {
  return values.reduce((latest, { time }) => Math.max(latest, time), 0)
}

/** Arrived more than 600 s after its time: logged, but not counted. */
export function isLate({ atMs, values }: TalliedReading): boolean {
  return atMs - readingTime(values) * 1_000 > ruleset.lateS * 1_000
}

export class DeviceTally {
  readonly intervalSec: number
  readonly #slotting: Slotting
  readonly #slotCounts: number[]
  readonly #counted: { seq: number; leaf: Uint8Array }[] = []
  readonly #columns = new Map<MetricName, ColumnBuilder>()
  readonly #refusals = new Map<Reason, number>()
  #late = 0
  #firstSeq = Number.POSITIVE_INFINITY
  #lastSeq = 0

  /** `intervalSec`: that of the device's terms. */
  constructor(intervalSec: number, span: Span) {
    this.intervalSec = intervalSec
    this.#slotting = slotting(span, intervalSec)
    this.#slotCounts = Array.from({ length: this.#slotting.slots }, () => 0)
  }

  /** A reading that the epoch owns, in any order. */
  add(reading: TalliedReading): void {
    this.#firstSeq = Math.min(this.#firstSeq, reading.seq)
    this.#lastSeq = Math.max(this.#lastSeq, reading.seq)
    if (isLate(reading)) {
      this.#late++
      return
    }
    this.#counted.push({ seq: reading.seq, leaf: reading.leaf })
    this.#slotCounts[slotOf(this.#slotting, readingTime(reading.values))]!++
    this.#addValues(reading, true)
  }

  /** A reading of an earlier epoch whose values the checks look back at; a late one is no history. */
  addHistory(reading: TalliedReading): void {
    if (!isLate(reading)) this.#addValues(reading, false)
  }

  /** Messages that were refused after their signature was found good (PROTOCOL 2.2). */
  addRefusal(reason: Reason, count = 1): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + count)
  }

  /** Leaf hashes of the readings that count, by sequence: what a proof of one of them needs. */
  leaves(): Uint8Array[] {
    const counted = this.#counted.toSorted((a, b) => a.seq - b.seq)
    for (let i = 1; i < counted.length; i++)
      assert(counted[i]!.seq !== counted[i - 1]!.seq, 'a sequence is accepted once')
    return counted.map(({ leaf }) => leaf)
  }

  /**
   * The device's epoch under its terms, which are known once it has ended. The leaves themselves are
   * left behind: a day of a thousand devices has a million of them.
   */
  finish(terms: DeviceTerms): DeviceEpoch {
    assert(terms.intervalSec === this.intervalSec, 'slots are those of the interval in the terms')
    return {
      terms,
      slotting: this.#slotting,
      slotCounts: this.#slotCounts,
      accepted: this.#counted.length,
      late: this.#late,
      firstSeq: this.#firstSeq === Number.POSITIVE_INFINITY ? 0 : this.#firstSeq,
      lastSeq: this.#lastSeq,
      readings: rootOfLeaves(this.leaves()),
      refusals: this.#refusals,
      columns: new Map([...this.#columns].map(([name, builder]) => [name, builder.build()])),
    }
  }

  #addValues({ seq, values }: TalliedReading, own: boolean): void {
    for (const { metric, time, value } of values) {
      const name = metric as MetricName
      let builder = this.#columns.get(name)
      if (builder === undefined) {
        builder = new ColumnBuilder()
        this.#columns.set(name, builder)
      }
      builder.add(time, value, seq, own)
    }
  }
}

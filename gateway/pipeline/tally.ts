/**
 * Counts of what happened since the start, for the page, /metrics and the terminal. Refusals before
 * a valid signature are counted for the gateway only: anyone can write a kid.
 */
import type { DeviceCount } from '../core/device/admissionSnapshot.js'
import type { Reason } from '../core/verdict.js'

/** The accepted rate is taken over this many whole seconds. */
const rateSeconds = 10

export class Tally {
  accepted = 0
  duplicates = 0
  readonly refused: Record<string, number> = {}
  /** Accepted messages per device since its approval: part of the snapshot. */
  readonly #counts: Map<string, DeviceCount>
  readonly #refusedAfterSignature: (device: string, reason: string) => void
  readonly #refusedByDevice = new Map<string, Record<string, number>>()
  readonly #perSecond = new Array<number>(rateSeconds + 1).fill(0)
  #second = 0

  /** `refusedAfterSignature` is told of each refusal that is a device's own. */
  constructor(
    counts: Map<string, DeviceCount>,
    refusedAfterSignature: (device: string, reason: string) => void,
  ) {
    this.#counts = counts
    this.#refusedAfterSignature = refusedAfterSignature
  }

  /** Counts a message at its admission. */
  accept(device: string, nowMs: number): void {
    this.accepted++
    const count = this.#counts.get(device)
    if (count === undefined) this.#counts.set(device, { accepted: 1, lastAtMs: nowMs })
    else {
      count.accepted++
      count.lastAtMs = nowMs
    }
    this.#advance(Math.floor(nowMs / 1000))
    const slot = this.#second % this.#perSecond.length
    this.#perSecond[slot] = (this.#perSecond[slot] ?? 0) + 1
  }

  /** Counts a refusal; `device` only where the signature was good. */
  refuse(reason: Reason | string, device?: string): void {
    this.refused[reason] = (this.refused[reason] ?? 0) + 1
    if (device === undefined) return
    const row = this.refusedOf(device)
    row[reason] = (row[reason] ?? 0) + 1
    this.#refusedByDevice.set(device, row)
    this.#refusedAfterSignature(device, reason)
  }

  /** Accepted messages of a device, and when the last one came. */
  countOf(device: string): Readonly<DeviceCount> | undefined {
    return this.#counts.get(device)
  }

  /** Refused messages of a device by reason, since the start. */
  refusedOf(device: string): Record<string, number> {
    return this.#refusedByDevice.get(device) ?? {}
  }

  /** Accepted messages per second over the last whole seconds before `nowMs`. */
  rate(nowMs: number): number {
    this.#advance(Math.floor(nowMs / 1000))
    const current = this.#perSecond[this.#second % this.#perSecond.length] ?? 0
    const sum = this.#perSecond.reduce((total, count) => total + count, 0)
    return (sum - current) / rateSeconds
  }

  /** Empties the slots of the seconds that have passed. */
  #advance(second: number): void {
    const steps = Math.min(second - this.#second, this.#perSecond.length)
    for (let i = 1; i <= steps; i++)
      this.#perSecond[(second - steps + i) % this.#perSecond.length] = 0
    if (second > this.#second) this.#second = second
  }
}

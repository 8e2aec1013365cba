/**
 * The admission window of one device (PROTOCOL 2.2): the last 64 sequence numbers, which of them
 * were accepted, and the leaf hash of each. Rebuilt from the journal at start.
 */
import { windowSize } from '../limits.js'

const leafBytes = 32
const rowBytes = 8 + leafBytes

/**
 * `new`: not seen, inside or above the window. `same`: the accepted message again. `equivocation`:
 * another message with an accepted sequence. `below`: 64 or more below the highest accepted one,
 * where only an index of everything accepted can tell a repetition from a replay.
 */
export type Place = 'new' | 'same' | 'equivocation' | 'below'

/** One per device. 2.5 kB once something was accepted. */
export class Window {
  /** Slot seq mod 64 holds an accepted sequence, -1 where none. */
  private sequences: Float64Array | undefined
  private leaves: Uint8Array | undefined
  private top = -1

  /** Highest accepted sequence, -1 before the first. */
  get highest(): number {
    return this.top
  }

  /** Where a message stands. `seq`: integer from 0 below 2^53; `leaf`: 32 bytes. */
  judge(seq: number, leaf: Uint8Array): Place {
    if (seq > this.top || this.sequences === undefined) return 'new'
    if (seq <= this.top - windowSize) return 'below'
    const slot = seq % windowSize
    if (this.sequences[slot] !== seq) return 'new'
    return this.holds(slot, leaf) ? 'same' : 'equivocation'
  }

  /** Takes note of an accepted message: one that `judge` called `new`. */
  accept(seq: number, leaf: Uint8Array): void {
    this.sequences ??= new Float64Array(windowSize).fill(-1)
    this.leaves ??= new Uint8Array(windowSize * leafBytes)
    const slot = seq % windowSize
    this.sequences[slot] = seq
    this.leaves.set(leaf, slot * leafBytes)
    if (seq > this.top) this.top = seq
  }

  /** The leaf accepted under a sequence that is still inside the window. */
  leafOf(seq: number): Uint8Array | undefined {
    const slot = seq % windowSize
    if (seq <= this.top - windowSize || this.sequences?.[slot] !== seq) return undefined
    return this.leaves?.slice(slot * leafBytes, (slot + 1) * leafBytes)
  }

  /** What is inside the window: 40 bytes each (seq big-endian, leaf), seq ascending. */
  snapshot(): Uint8Array {
    const inside = [...(this.sequences ?? [])]
      .filter((seq) => seq >= 0 && seq > this.top - windowSize)
      .sort((a, b) => a - b)
    const out = new Uint8Array(inside.length * rowBytes)
    const view = new DataView(out.buffer)
    inside.forEach((seq, row) => {
      view.setBigUint64(row * rowBytes, BigInt(seq))
      out.set(this.leafOf(seq)!, row * rowBytes + 8)
    })
    return out
  }

  /** A window from its snapshot; `undefined` where the bytes are none. */
  static restore(bytes: Uint8Array): Window | undefined {
    if (bytes.length % rowBytes !== 0 || bytes.length > windowSize * rowBytes) return undefined
    const window = new Window()
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let first = 0
    for (let at = 0; at < bytes.length; at += rowBytes) {
      const seq = Number(view.getBigUint64(at))
      if (!Number.isSafeInteger(seq) || seq <= window.top) return undefined
      if (at === 0) first = seq
      if (seq - first >= windowSize) return undefined
      window.accept(seq, bytes.subarray(at + 8, at + rowBytes))
    }
    return window
  }

  private holds(slot: number, leaf: Uint8Array): boolean {
    const leaves = this.leaves!
    const start = slot * leafBytes
    for (let at = 0; at < leafBytes; at++) if (leaves[start + at] !== leaf[at]) return false
    return true
  }
}

/** Journal entries > the values of a slot's windows: everything that was journalled before P. */
import { toHex } from '../../core/bytes.js'
import type { Registry } from '../../core/device/registry.js'
import { skewSecMax } from '../../core/limits.js'
import type { MetricWindow, Slot } from '../../core/privacy/slots.js'
import { WindowValues } from '../../core/privacy/windowValues.js'
import { decodeReading } from '../../core/senml/reading.js'
import type { Journal } from '../../ports/journal.js'
import { firstSince } from '../firstSince.js'
import { nextTurn } from '../nextTurn.js'

/** Entries read before the loop has its turn: some milliseconds. */
const entriesPerTurn = 256

export interface SlotReaderParts {
  journal: Pick<Journal, 'read' | 'scan' | 'size'>
  registry: Registry
}

export interface SlotReader {
  readonly slot: Slot
  /** Reads what is durable by now and was journalled before P. */
  readOn(): Promise<void>
  valuesOf(window: MetricWindow): WindowValues
}

/** A reader that begins with nothing read. */
export function createSlotReader({ journal, registry }: SlotReaderParts, slot: Slot): SlotReader {
  const windows = slot.windows.map((window) => ({
    ...window,
    end: window.t + window.step,
    values: new WindowValues(window.t),
  }))
  const oldest = Math.min(...slot.windows.map(({ t }) => t))
  let at: number | undefined
  let isWhole = false

  function add(bytes: Uint8Array): void {
    const decoded = decodeReading(bytes)
    if (!decoded.ok) return
    const { header, values } = decoded.value
    const device = registry.byKid(toHex(header.kid))?.id
    if (device === undefined) return
    for (const { metric, time, value } of values)
      for (const window of windows)
        if (window.metric === metric && time >= window.t && time < window.end)
          window.values.add(device, time, value, header.seq)
  }

  return {
    slot,
    async readOn() {
      const size = journal.size
      // A reading may be ahead of the gateway's clock by so much, and no more.
      at ??= await firstSince(journal, (oldest - skewSecMax) * 1_000, size)
      if (isWhole) return
      for await (const entry of journal.scan(at, size)) {
        if (entry.index % entriesPerTurn === 0) await nextTurn()
        if (entry.atMs >= slot.p * 1_000) {
          isWhole = true
          return
        }
        if (entry.kind === 'rd' && entry.bytes !== undefined) add(entry.bytes)
        at = entry.index + 1
      }
    },
    valuesOf(wanted) {
      const window = windows.find(({ metric, t }) => metric === wanted.metric && t === wanted.t)!
      return window.values
    },
  }
}

/**
 * Journal entry > points. (device, metric, second) names a value and a later sequence replaces it
 * (PROTOCOL 2.1), but the log may hold a lower sequence after a higher one, at most a window apart.
 * Such a message loses the values that a higher one before it in the log has named. What is lost is
 * worked out from the log and the sequence index alone, so it is the same from any cursor.
 */
import { replayDevicesMax, replayRecentMax, windowSize } from '../../core/limits.js'
import { toNumber } from '../../core/senml/decimal.js'
import type { Value } from '../../core/senml/pack.js'
import { decodeReading } from '../../core/senml/reading.js'
import type { DroppedEntry, Entry, Journal } from '../../ports/journal.js'
import type { SequenceIndex } from '../../ports/registry.js'
import type { Point } from '../../ports/series.js'

export interface ReplayParts {
  journal: Pick<Journal, 'read'>
  sequences: Pick<SequenceIndex, 'list'>
  deviceOf(kid: Uint8Array): string | undefined
}

export interface Replay {
  /**
   * The points of an entry; none where it is no reading or its body is gone; `undefined` where it
   * cannot be read or no device has its key. Entries come in log order.
   */
  pointsOf(entry: Entry | DroppedEntry): Point[] | undefined | Promise<Point[] | undefined>
}

export function createReplay(parts: ReplayParts): Replay {
  /** At least the highest sequence among the entries seen, by device: below it is out of order. */
  const highest = new Map<string, number>()
  /** Values of the entries seen last, by index. */
  const recent = new Map<number, readonly Value[]>()

  function remember(index: number, values: readonly Value[]): void {
    recent.set(index, values)
    if (recent.size <= replayRecentMax) return
    for (const oldest of recent.keys()) {
      recent.delete(oldest)
      return
    }
  }

  /** Whether a sequence is known to be above all before it; nothing has replaced its values then. */
  function isInOrder(device: string, seq: number): boolean {
    const known = highest.get(device)
    if (known === undefined || seq <= known) return false
    highest.set(device, seq)
    return true
  }

  /** Log indices of higher sequences of the device that stand before `index`. */
  async function higherBefore(device: string, seq: number, index: number): Promise<number[]> {
    const known = highest.get(device)
    const found = await parts.sequences.list(device, seq + 1, seq + windowSize, windowSize)
    const before = found.filter((one) => one.index < index)
    if (highest.size >= replayDevicesMax) highest.clear()
    highest.set(device, Math.max(known ?? 0, seq, ...before.map((one) => one.seq)))
    return before.map((one) => one.index)
  }

  async function namesOf(index: number): Promise<string[]> {
    const values = recent.get(index)
    if (values !== undefined) return values.map(nameOf)
    const entry = await parts.journal.read(index)
    if (entry?.kind !== 'rd' || entry.bytes === undefined) return []
    const reading = decodeReading(entry.bytes)
    return reading.ok ? reading.value.values.map(nameOf) : []
  }

  /** Names of the values that higher sequences before the entry have named too. */
  async function replacedBefore(device: string, seq: number, index: number): Promise<Set<string>> {
    const replaced = new Set<string>()
    for (const higher of await higherBefore(device, seq, index)) {
      for (const name of await namesOf(higher)) replaced.add(name)
    }
    return replaced
  }

  return {
    pointsOf(entry) {
      if (entry.kind !== 'rd' || entry.bytes === undefined) return []
      const reading = decodeReading(entry.bytes)
      if (!reading.ok) return undefined
      const { header, values } = reading.value
      const device = parts.deviceOf(header.kid)
      if (device === undefined) return undefined
      if (isInOrder(device, header.seq)) {
        remember(entry.index, values)
        return pointsFrom(device, values)
      }
      return replacedBefore(device, header.seq, entry.index).then((replaced) => {
        remember(entry.index, values)
        return pointsFrom(
          device,
          values.filter((value) => !replaced.has(nameOf(value))),
        )
      })
    },
  }
}

function pointsFrom(device: string, values: readonly Value[]): Point[] {
  return values.map(({ metric, time, value }) => ({ device, metric, time, value: toNumber(value) }))
}

function nameOf(value: Value): string {
  return `${value.metric}|${value.time}`
}

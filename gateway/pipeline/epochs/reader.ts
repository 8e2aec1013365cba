/** Journal entries > what each device did in an epoch. Read in pieces, so that the loop stays free. */

import { toHex } from '../../core/bytes.js'
import { parseAdmission } from '../../core/device/admission.js'
import type { Registry } from '../../core/device/registry.js'
import { Failure } from '../../core/failure.js'
import { hashBytes } from '../../core/log/tree.js'
import { historySec } from '../../core/rewards/quality.js'
import type { Span } from '../../core/rewards/slots.js'
import { type DeviceEpoch, DeviceTally, type TalliedReading } from '../../core/rewards/tally.js'
import { decodeReading } from '../../core/senml/reading.js'
import type { Reason } from '../../core/verdict.js'
import type { DroppedEntry, Entry, Journal } from '../../ports/journal.js'
import type { Refusals } from '../../ports/settlements.js'
import type { Tiles } from '../../ports/tiles.js'
import { firstSince } from '../firstSince.js'
import { nextTurn } from '../nextTurn.js'

/** Entries read before the loop has its turn: some milliseconds. */
const entriesPerTurn = 256

export interface EpochReaderParts {
  journal: Pick<Journal, 'read' | 'scan'>
  tiles: Pick<Tiles, 'read'>
  registry: Registry
}

export interface EpochReader {
  /** Reads on, up to entry `to`. */
  readTo(to: number): Promise<void>
  /**
   * Everyone with a row, once all is read: active at an end of the epoch, heard in it, or among
   * `owed`, whose readings were sold.
   */
  finish(refusals: Refusals, owed: Iterable<string>): Promise<DeviceEpoch[]>
}

/**
 * A reader of the epoch that owns the entries from `first` on. `intervals`: seconds by device of
 * those that were active at its start.
 */
export function createEpochReader(
  parts: EpochReaderParts,
  span: Span,
  first: number,
  intervals: ReadonlyMap<string, number>,
): EpochReader {
  const { journal, tiles, registry } = parts
  const known = new Map(intervals)
  const tallies = new Map<string, DeviceTally>()
  let at = first
  let hasHistory = false

  /** The interval at the start of the epoch, or that of the approval within it. */
  function intervalOf(device: string): number {
    const interval = known.get(device) ?? registry.byId(device)!.intervalSec
    known.set(device, interval)
    return interval
  }

  function tallyOf(device: string): DeviceTally {
    let tally = tallies.get(device)
    if (tally === undefined) {
      tally = new DeviceTally(intervalOf(device), span)
      tallies.set(device, tally)
    }
    return tally
  }

  function noteApproval(bytes: Uint8Array): void {
    const approval = parseAdmission(bytes)
    if (!approval.ok || approval.value.state !== 'active') return
    const { device, intervalSec } = approval.value
    if (intervalSec !== undefined && !known.has(device)) known.set(device, intervalSec)
    tallyOf(device)
  }

  /** Values before the epoch that its checks look back at, of the devices that it hears. */
  async function readHistory(): Promise<void> {
    hasHistory = true
    const longest = Math.max(0, ...[...tallies.values()].map((one) => historySec(one.intervalSec)))
    const from = await firstSince(journal, (span.from - longest) * 1_000, first)
    await read(from, first, (device, reading) => tallies.get(device)?.addHistory(reading))
  }

  async function read(
    from: number,
    to: number,
    add: (device: string, reading: TalliedReading) => void,
    approved?: (bytes: Uint8Array) => void,
  ): Promise<void> {
    let leaves: Uint8Array = new Uint8Array(0)
    for await (const entry of journal.scan(from, to)) {
      const place = (entry.index - from) % entriesPerTurn
      if (place === 0) {
        leaves = await tiles.read(0, entry.index, Math.min(entriesPerTurn, to - entry.index))
        await nextTurn()
      }
      if (entry.kind === 'ap' && entry.bytes) approved?.(entry.bytes)
      if (entry.kind === 'ep' && entry.index > first) throw unknownRecord(entry.index)
      const leaf = leaves.slice(place * hashBytes, (place + 1) * hashBytes)
      const found = readingOf(registry, entry, leaf)
      if (found) add(found.device, found.reading)
    }
  }

  return {
    async readTo(to) {
      await read(at, to, (device, reading) => tallyOf(device).add(reading), noteApproval)
      at = to
      if (!hasHistory && tallies.size > 0) await readHistory()
    },
    async finish(refusals, owed) {
      for (const [device, counts] of Object.entries(refusals))
        if (registry.byId(device) !== undefined)
          for (const [reason, count] of Object.entries(counts))
            tallyOf(device).addRefusal(reason as Reason, count)
      for (const device of intervals.keys()) tallyOf(device)
      for (const device of owed) tallyOf(device)
      for (const { id, state } of registry.devices()) if (state === 'active') tallyOf(id)
      const devices: DeviceEpoch[] = []
      for (const [id, tally] of tallies) {
        const { owner, cell, placement, simulated } = registry.byId(id)!
        const { intervalSec } = tally
        devices.push(tally.finish({ device: id, owner, cell, placement, intervalSec, simulated }))
        // A day of one device is some milliseconds of sorting and hashing.
        await nextTurn()
      }
      return devices
    },
  }
}

/** The record before is entry `first`; another one closed an epoch that the store does not know. */
function unknownRecord(index: number): Failure {
  return new Failure(
    'data',
    `entry ${index} of the log is the record of an epoch that is not in epochs/: ` +
      'restore the newest backup; an epoch is closed once',
  )
}

function readingOf(
  registry: Registry,
  { kind, bytes, atMs }: Entry | DroppedEntry,
  leaf: Uint8Array,
): { device: string; reading: TalliedReading } | undefined {
  if (kind !== 'rd' || bytes === undefined) return undefined
  const decoded = decodeReading(bytes)
  if (!decoded.ok) return undefined
  const { header, values } = decoded.value
  const device = registry.byKid(toHex(header.kid))?.id
  return device === undefined
    ? undefined
    : { device, reading: { seq: header.seq, leaf, atMs, values } }
}

/** What `prove` asks of a gateway, over the log of the proof vectors. */
import { concat } from '../../gateway/core/bytes.js'
import { hashBytes } from '../../gateway/core/log/tree.js'
import type { ProveParts } from '../../gateway/pipeline/prove.js'
import type { DroppedEntry, Entry } from '../../gateway/ports/journal.js'
import { vectorNetwork } from '../../schemas/vectors/message.js'
import {
  hexKid,
  type SettledLog,
  settledLog,
  type VectorDevice,
  vectorCheckpoint,
  vectorGateway,
} from '../../schemas/vectors/settledLog.js'

export interface ProveSite {
  log: SettledLog
  parts: ProveParts
  /** Index of a reading or rotation. */
  indexOf(device: VectorDevice, seq: number): number
  /** Bodies of these entries are gone. */
  dropped: Set<number>
  /** Bodies that were read. */
  bodiesRead: number
}

/** `closed`: epochs that are closed. */
export function proveSite(closed = 2): ProveSite {
  const log = settledLog()
  const { entries, leaves, epochs } = log
  const bytes = concat(...leaves)
  const devices = Object.values(log.devices)
  const indexOf = (device: VectorDevice, seq: number): number =>
    entries.findIndex((one) => one.device?.id === device.id && one.seq === seq)
  const site: ProveSite = { log, parts: undefined!, indexOf, dropped: new Set(), bodiesRead: 0 }
  const entryOf = (index: number): Entry | DroppedEntry | undefined => {
    const entry = entries[index]
    if (entry === undefined) return undefined
    const { kind, atMs, seq = 0 } = entry
    const leaf = leaves[index]!
    if (site.dropped.has(index))
      return { index, atMs, kind: 'rd', bytes: undefined, kid: new Uint8Array(8), seq, leaf }
    return { index, atMs, kind, bytes: entry.bytes }
  }
  const files = epochs.slice(0, closed).map(({ json, contributions, aggregates, rewards }) => ({
    record: json,
    contributions,
    aggregates,
    rewards,
  }))
  site.parts = {
    network: vectorNetwork,
    gatewayKey: vectorGateway.publicKey,
    registry: {
      byId: (id) => {
        const device = devices.find((one) => one.id === id)
        if (device === undefined) return undefined
        const keys = device.keys.map((holder, i) => ({
          kid: hexKid(holder),
          key: holder.publicKey,
          fromSeq: i === 0 ? 0 : device.rotation!.seq + 1,
          untilSeq: Number.POSITIVE_INFINITY,
        }))
        return { keys }
      },
    },
    journal: {
      read: async (index: number) => {
        site.bodiesRead += 1
        return entryOf(index)
      },
    },
    sequences: {
      find: async (device: string, seq: number) => {
        const index = entries.findIndex((one) => one.device?.id === device && one.seq === seq)
        return index < 0 ? undefined : index
      },
      list: async (device: string, from: number, to: number, limit: number) =>
        entries
          .map((entry, index) => ({ device: entry.device?.id, seq: entry.seq ?? -1, index }))
          .filter((one) => one.device === device && one.seq >= from && one.seq <= to)
          .sort((a, b) => a.seq - b.seq)
          .slice(0, limit),
    },
    tiles: {
      size: leaves.length,
      read: async (level: number, start: number, count: number) => {
        if (level !== 0) throw new Error('this log has one tile')
        return bytes.subarray(start * hashBytes, (start + count) * hashBytes)
      },
    },
    settle: {
      covering: async (size) => {
        if (size > leaves.length) throw new Error('the log is shorter')
        const text = vectorCheckpoint(log, leaves.length)
        return { origin: '', root: new Uint8Array(hashBytes), size: leaves.length, text, atMs: 0 }
      },
    },
    settlements: {
      count: closed,
      read: async (n) => files[n - 1],
      record: async (n) => files[n - 1]?.record,
      owning: async (index) => files.find(({ record }) => index < record.endIndex)?.record,
    },
  }
  return site
}

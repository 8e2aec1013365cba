/**
 * An empirical audit of epsilon: a day of readings with and without a victim, through everything that
 * a reading passes (log entries, slot reader, roster, draw, durable record), many times over. The one
 * thing that differs between two runs of a world is what was drawn.
 */
import type { Device } from '../../gateway/core/device/registry.js'
import { Registry } from '../../gateway/core/device/registry.js'
import { createHalfWidths } from '../../gateway/core/privacy/halfWidth.js'
import { Odometer } from '../../gateway/core/privacy/odometer.js'
import { parseReleaseRecord } from '../../gateway/core/privacy/record.js'
import type { DifferentiallyPrivateRow } from '../../gateway/core/privacy/row.js'
import { formatRowKey } from '../../gateway/core/privacy/rowKey.js'
import type { MetricWindow } from '../../gateway/core/privacy/slots.js'
import { type PrivacySettings, releaseTerms } from '../../gateway/core/privacy/terms.js'
import type { RandomBytes } from '../../gateway/core/privacy/uniform.js'
import { publicationOf } from '../../gateway/core/privacy/windows.js'
import { drawSlot } from '../../gateway/pipeline/release/draw.js'
import { openReleaseLedger } from '../../gateway/pipeline/release/ledger.js'
import { createSlotReader } from '../../gateway/pipeline/release/reader.js'
import { createRosters } from '../../gateway/pipeline/release/rosters.js'
import type { Entry } from '../../gateway/ports/journal.js'
import type { RecordLog } from '../../gateway/ports/records.js'
import type { IndexedRow, RowIndex } from '../../gateway/ports/releaseStore.js'
import { readingOf } from '../support/reading.js'
import { network } from './epochBench.js'
import { deviceNumber, midnight, settings } from './releaseBench.js'

/** Owners of the node, the victim among them: as few as a personal row needs. */
export const owners = 25
const step = 86_400
const t = midnight

/** What each owner's device said that day, in whole units; `undefined`: nothing. Owner 0 is the victim. */
export type Day = readonly (number | undefined)[]

/**
 * Draws the row of a day, as often as it is asked: of noise a median, of co2 a sum. `epsilon` is what
 * the row spends; `random` the bits.
 */
export async function auditedDay(
  metric: 'noise' | 'co2',
  day: Day,
  epsilon: string,
  random: RandomBytes,
): Promise<() => Promise<DifferentiallyPrivateRow>> {
  const wanted: PrivacySettings = {
    ...settings,
    epsilonPerMetric: epsilon,
    sums: ['co2'],
  }
  const all = releaseTerms(wanted)
  if (!('caps' in all)) throw new Error(JSON.stringify(all))
  const halfWidthOf = createHalfWidths()
  const terms = { ...all, byMetric: new Map([[metric, all.byMetric.get(metric)!]]) }
  const fleet = Array.from({ length: owners }, (_, n) => deviceNumber(n, { metrics: [metric] }))
  const registry = registryOf(fleet.map(([device]) => device))
  const saved = new Map<number, Readonly<Record<string, unknown>>>()
  const store = {
    fromSec: 0,
    load: async (one: number) => saved.get(one),
    save: async (one: number, rosters: Readonly<Record<string, unknown>>) => {
      saved.set(one, rosters)
    },
  }
  const rosters = createRosters({ store, registry, terms, beganSec: midnight - 40 * step })
  await rosters.prepare(midnight / step)
  const entries = fleet.flatMap(([, holder], n): Entry[] => {
    const value = day[n]
    if (value === undefined) return []
    // Nobody looks at the signature again: a reading in the log was verified before.
    const unsigned = { ...holder, sign: () => new Uint8Array(64) }
    const bytes = readingOf(unsigned, network, n, [
      { metric, time: t + 60, value: { m: value, e: 0 } },
    ])
    return [{ index: n, kind: 'rd', atMs: (t + 61) * 1_000, bytes }]
  })
  const windows: MetricWindow[] = [{ metric, step, t }]
  const reader = createSlotReader(
    { journal: journalOf(entries), registry },
    { p: publicationOf(step, t), windows },
  )
  await reader.readOn()

  return async () => {
    const { records, index, texts } = memoryLog()
    const ledger = await openReleaseLedger(records, index)
    const odometer = new Odometer(midnight)
    const parts = { ledger, rosters, odometer, terms, fromSec: 0, random, halfWidthOf }
    await drawSlot(parts, reader)
    const record = parseReleaseRecord(texts[0]!)
    if (!record.ok || !('row' in record.value)) throw new Error(texts[0])
    if (record.value.row.class !== 'differentially-private') throw new Error(texts[0])
    return record.value.row
  }
}

function registryOf(devices: readonly Device[]): Registry {
  const registry = new Registry()
  for (const device of devices) registry.add(device)
  return registry
}

function journalOf(entries: readonly Entry[]) {
  return {
    size: entries.length,
    read: async (index: number) => entries[index],
    async *scan(from: number, to = entries.length) {
      yield* entries.slice(from, to)
    },
  }
}

function memoryLog() {
  const texts: string[] = []
  const rows = new Map<string, IndexedRow>()
  const records: RecordLog = {
    get size() {
      return texts.length
    },
    append: async (added) => texts.push(...added) - added.length,
    async *scan() {},
    close: async () => undefined,
  }
  const index = {
    size: 0,
    doneSec: 0,
    async add(added: readonly IndexedRow[], size: number, doneSec: number) {
      for (const row of added) rows.set(formatRowKey(row), row)
      Object.assign(index, { size, doneSec })
    },
    get: async (key: IndexedRow) => rows.get(formatRowKey(key)),
  }
  return { texts, records, index: index as unknown as RowIndex }
}

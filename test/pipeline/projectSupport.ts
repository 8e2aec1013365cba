import { join } from 'node:path'
import { openJournal } from '../../gateway/adapters/journal/journal.js'
import { type LevelStores, openLevel } from '../../gateway/adapters/level/open.js'
import { assembleSign1 } from '../../gateway/core/cose/sign1.js'
import { encodePack } from '../../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../../gateway/core/senml/reading.js'
import { createProjector, type ProjectorParts } from '../../gateway/pipeline/project.js'
import type { Clock } from '../../gateway/ports/clock.js'
import type { EntryKind, Journal } from '../../gateway/ports/journal.js'
import { temporaryFolder } from '../support/gateway.js'

export const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** A value as a test writes it: tenths of the metric's unit. */
export interface Tenths {
  metric: string
  time: number
  tenths: number
}

export interface Message {
  device: number
  seq: number
  values: readonly Tenths[]
}

/** The key id of a test device, and back. */
export function kidOfDevice(device: number): Uint8Array {
  return Uint8Array.of(0xd0, 0, 0, 0, 0, 0, device >> 8, device & 255)
}

export function deviceOf(kid: Uint8Array): string | undefined {
  return kid[0] === 0xd0 ? nameOf((kid[6]! << 8) | kid[7]!) : undefined
}

export function nameOf(device: number): string {
  return `device${String(device).padStart(7, '0')}`
}

/** A reading as the journal holds it. The signature was judged before, so any will do. */
export function readingBytes({ device, seq, values }: Message, kid = kidOfDevice(device)) {
  const payload = encodePack(
    values.map(({ metric, time, tenths }) => ({
      metric,
      time,
      value: tenths % 10 === 0 ? { m: tenths / 10, e: 0 } : { m: tenths, e: -1 },
    })),
  )
  return assembleSign1(encodeReadingHeader({ alg: -8, kid, seq }), payload, new Uint8Array(64))
}

/** A real journal and real embedded stores in a new folder. */
export interface Site {
  journal: Journal
  level: LevelStores
  /** Appends messages as ingest does: durable, then in the sequence index. */
  append(messages: readonly Message[]): Promise<void>
  /** Appends anything. */
  appendRaw(kind: EntryKind, bytes: Uint8Array): Promise<void>
  projector(parts?: Partial<ProjectorParts>): ReturnType<typeof createProjector>
  close(): Promise<void>
}

export async function openSite(): Promise<Site> {
  const folder = temporaryFolder('project')
  const journal = await openJournal({
    folder: join(folder, 'journal'),
    clock,
    fatal(failure) {
      throw failure
    },
  })
  const level = await openLevel(join(folder, 'level'))
  return {
    journal,
    level,
    async append(messages) {
      const entries = messages.map((one) => ({ kind: 'rd' as const, bytes: readingBytes(one) }))
      const { first } = await journal.append(entries)
      for (const [i, { device, seq }] of messages.entries())
        level.sequences.add(nameOf(device), seq, first + i)
    },
    async appendRaw(kind, bytes) {
      await journal.append([{ kind, bytes }])
    },
    projector: (parts = {}) =>
      createProjector({
        journal,
        sequences: level.sequences,
        store: level.series,
        deviceOf,
        clock,
        waits: { gather: 2, retryMin: 5, retryMax: 50 },
        ...parts,
      }),
    async close() {
      await journal.close()
      await level.close()
    },
  }
}

/** What the series must hold: for each name the value of the highest sequence that gave one. */
export function expectedValues(messages: readonly Message[]): Map<string, number> {
  const held = new Map<string, { seq: number; value: number }>()
  for (const { device, seq, values } of messages) {
    for (const { metric, time, tenths } of values) {
      const name = `${nameOf(device)}|${metric}|${time}`
      const known = held.get(name)
      if (known === undefined || known.seq < seq) held.set(name, { seq, value: tenths / 10 })
    }
  }
  return new Map([...held].map(([name, { value }]) => [name, value]))
}

/** Everything a store holds of some devices and metrics, by the same names. */
export async function storedValues(
  store: LevelStores['series'],
  devices: Iterable<number>,
  metrics: readonly string[],
): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const device of devices) {
    for (const metric of metrics) {
      const range = { device: nameOf(device), metric, from: 2 ** 28, to: 2 ** 32 }
      for (const { time, value } of await store.range(range, 1_000_000))
        found.set(`${range.device}|${metric}|${time}`, value)
    }
  }
  return found
}

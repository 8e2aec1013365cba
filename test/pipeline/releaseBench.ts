import { join } from 'node:path'
import type { FileSystem } from '../../gateway/adapters/journal/fileSystem.js'
import { openJournal } from '../../gateway/adapters/journal/journal.js'
import { openRecordLog } from '../../gateway/adapters/journal/recordLog.js'
import { openTiles } from '../../gateway/adapters/journal/tiles.js'
import { openLevel } from '../../gateway/adapters/level/open.js'
import { openRosterFiles } from '../../gateway/adapters/system/rosterFiles.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { type Device, Registry } from '../../gateway/core/device/registry.js'
import type { MetricName } from '../../gateway/core/metric.js'
import { type PrivacySettings, releaseTerms } from '../../gateway/core/privacy/terms.js'
import type { RandomBytes } from '../../gateway/core/privacy/uniform.js'
import { createContributionLog } from '../../gateway/pipeline/contributionLog.js'
import { openReleaseLedger } from '../../gateway/pipeline/release/ledger.js'
import { startReleases } from '../../gateway/pipeline/release.js'
import type { ReleasedRow } from '../../gateway/ports/releases.js'
import { holderOf, type TestHolder } from '../support/holder.js'
import { readingOf } from '../support/reading.js'
import { network } from './epochBench.js'

/** 2025-11-03 00:00 UTC. */
export const midnight = 1_762_128_000
export const cell = '871fb4670ffffff'

export const settings: PrivacySettings = {
  window: 900,
  personalWindow: 86_400,
  windows: {},
  k: 3,
  epsilonPerMetric: '1',
  epsilonPerDay: '4',
  epsilon: {},
  bounds: {},
  sums: [],
}

/** Owner number n: an address. */
export function ownerNumber(n: number): string {
  return `0x${n.toString(16).padStart(40, '0')}`
}

/** Device number n, of an owner of its own where nothing else is said. */
export function deviceNumber(n: number, more: Partial<Device> = {}): [Device, TestHolder] {
  const holder = holderOf(2_000 + n)
  const { publicKey: key, kid } = holder
  const metrics: MetricName[] = ['temperature']
  const device: Device = {
    id: deviceIdOf(key),
    state: 'active',
    keys: [{ kid, key, fromSeq: 0, untilSeq: Number.POSITIVE_INFINITY }],
    owner: ownerNumber(n + 1),
    ownedSec: midnight - 30 * 86_400,
    cell,
    placement: 'outdoor',
    intervalSec: 600,
    simulated: false,
    model: 'fp-uno',
    firmware: 'fieldproof',
    version: '1.0',
    metrics,
    soldMetrics: more.metrics ?? metrics,
    soldResolution: 7,
    proof: new Uint8Array(32),
    admission: new Uint8Array(32),
    ...more,
  }
  return [device, holder]
}

export interface LifeOptions {
  folder: string
  /** Unix seconds; moved by the test. */
  clock: { sec: number }
  devices: readonly Device[]
  settings?: Partial<PrivacySettings>
  /** When the gateway first started. */
  beganSec?: number
  random?: RandomBytes
  /** Where the log of releases is, in place of the folder. */
  disk?: FileSystem
}

/** One life of the releases over real files; the clock is a hand's. */
export async function life(options: LifeOptions) {
  const { folder, clock, devices } = options
  const systemClock = { now: () => clock.sec * 1_000, monotonic: () => performance.now() }
  const registry = new Registry()
  for (const device of devices) registry.add(device)
  const failures: string[] = []
  const fatal = ({ message }: Error): void => {
    failures.push(message)
  }
  const open: { close(): Promise<void> }[] = []
  const close = async (): Promise<void> => {
    for (const one of open.splice(0).reverse()) await one.close()
  }
  try {
    const journal = await openJournal({
      folder: join(folder, 'journal'),
      clock: systemClock,
      fatal,
    })
    open.push(journal)
    const tiles = await openTiles({ folder: join(folder, 'tiles') })
    open.push({ close: () => tiles.sync().then(() => tiles.close()) })
    const log = createContributionLog(journal, tiles, () => undefined)
    const level = await openLevel(join(folder, 'level'))
    open.push(level)
    const records = await openRecordLog({
      folder: join(folder, 'releases/rows'),
      clock: systemClock,
      fatal,
      ...(options.disk ? { fileSystem: options.disk } : {}),
    })
    open.push(records)
    const terms = releaseTerms({ ...settings, ...options.settings })
    if (!('caps' in terms)) throw new Error(JSON.stringify(terms))
    const live: { topic: string; text: string }[] = []
    const published: ReleasedRow[] = []
    const releases = await startReleases({
      journal,
      registry,
      ledger: await openReleaseLedger(records, level.released),
      rosters: await openRosterFiles(join(folder, 'releases')),
      terms,
      beganSec: options.beganSec ?? midnight - 1_800,
      clock: systemClock,
      random: options.random ?? ((count) => crypto.getRandomValues(new Uint8Array(count))),
      publish: (topic, text) => live.push({ topic, text }),
      progress: () => undefined,
      fatal,
    })
    releases.rows.watch((rows) => {
      published.push(...rows)
    })
    let seq = 0
    return {
      releases,
      records,
      registry,
      journal,
      log,
      tiles,
      systemClock,
      live,
      published,
      failures,
      /** Journals a value, in tenths, as of now. */
      async send(
        holder: TestHolder,
        tenths: number,
        more: { metric?: MetricName; time?: number } = {},
      ) {
        const { metric = 'temperature', time = clock.sec } = more
        const bytes = readingOf(holder, network, ++seq, [
          { metric, time, value: { m: tenths, e: -1 } },
        ])
        await log.append([{ kind: 'rd', bytes }])
      },
      /** Moves the clock and draws what is due by then. */
      async at(sec: number) {
        clock.sec = sec
        await releases.drawBefore(sec)
      },
      async stop() {
        await releases.stop()
        await close()
      },
      /** Ends a life whose log of releases has failed: what waits for that waits for ever. */
      async abandon() {
        open.splice(open.indexOf(records), 1)
        await close()
      },
    }
  } catch (error) {
    await close()
    throw error
  }
}

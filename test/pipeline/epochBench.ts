import { join } from 'node:path'
import { openJournal } from '../../gateway/adapters/journal/journal.js'
import { openTiles } from '../../gateway/adapters/journal/tiles.js'
import { openEpochFiles } from '../../gateway/adapters/system/epochFiles.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { type Device, Registry } from '../../gateway/core/device/registry.js'
import type { EpochJson } from '../../gateway/core/log/epoch.js'
import { testToken } from '../../gateway/core/rewards/closing.js'
import { type ContributionRow, parseRows } from '../../gateway/core/rewards/statement.js'
import { createContributionLog } from '../../gateway/pipeline/contributionLog.js'
import { startEpochs } from '../../gateway/pipeline/epochs.js'
import type { EpochFiles, SettlementStore } from '../../gateway/ports/settlements.js'
import { holderOf, type TestHolder } from '../support/holder.js'
import { readingOf } from '../support/reading.js'

export const network = 'testnet'
export const hour = 3_600
/** A whole hour. */
export const begin = 1_762_000_000 - (1_762_000_000 % hour)

export function deviceOf(holder: TestHolder, more: Partial<Device> = {}): Device {
  const { publicKey: key, kid } = holder
  return {
    id: deviceIdOf(key),
    state: 'active',
    keys: [{ kid, key, fromSeq: 0, untilSeq: Number.POSITIVE_INFINITY }],
    owner: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    ownedSec: 0,
    cell: '871fb4670ffffff',
    placement: 'outdoor',
    intervalSec: 600,
    simulated: false,
    model: 'fp-uno',
    firmware: 'fieldproof',
    version: '1.0',
    metrics: ['temperature'],
    soldMetrics: ['temperature'],
    soldResolution: 7,
    proof: new Uint8Array(32),
    admission: new Uint8Array(32),
    ...more,
  }
}

/** One life of the epochs over real files: journal, tiles and settlements; the clock is a hand's. */
export async function live(
  folder: string,
  clock: { sec: number },
  devices: readonly Device[],
  around: (store: SettlementStore) => SettlementStore = (store) => store,
) {
  const systemClock = { now: () => clock.sec * 1_000, monotonic: () => performance.now() }
  const registry = new Registry()
  for (const device of devices) registry.add(device)
  const failures: string[] = []
  const journal = await openJournal({
    folder: join(folder, 'journal'),
    clock: systemClock,
    fatal: ({ message }) => failures.push(message),
  })
  const tiles = await openTiles({ folder: join(folder, 'tiles') })
  const log = createContributionLog(journal, tiles, () => undefined)
  const published: EpochJson[] = []
  const store = await openEpochFiles(join(folder, 'epochs'))
  const epochs = await startEpochs({
    journal,
    tiles,
    registry,
    terms: { network, gateway: holderOf(1_000), perHour: 10n ** 18n, token: testToken },
    log,
    // Nothing is released or sold here: test/pipeline/releases.test.ts has epochs with both.
    releases: {
      drawBefore: async () => undefined,
      hashesOf: async () => [],
      salesOf: async () => [],
    },
    sales: { size: 0, async *scan() {} },
    saleTerms: { perCredit: 1n, feeBp: 0 },
    store: around(store),
    clock: systemClock,
    lengthSec: hour,
    publish: (record) => published.push(record),
    progress: () => undefined,
    fatal: ({ message }) => failures.push(message),
  })
  return {
    epochs,
    log,
    journal,
    registry,
    published,
    failures,
    /** Appends a reading of now, or of another time. */
    send: (holder: TestHolder, seq: number, value = seq, time = clock.sec) =>
      log.append([
        {
          kind: 'rd',
          bytes: readingOf(holder, network, seq, [
            { metric: 'temperature', time, value: { m: value, e: -1 } },
          ]),
        },
      ]),
    async stop() {
      await epochs.stop()
      await journal.close()
      await tiles.sync()
      await tiles.close()
    },
  }
}

/** Rows of an epoch's statement. */
export function rowsOf({ contributions }: EpochFiles): ContributionRow[] {
  const rows = parseRows(contributions)
  if (!rows.ok) throw new Error(rows.detail)
  return rows.value
}

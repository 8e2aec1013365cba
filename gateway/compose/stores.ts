/** Opens what is on disk, and brings memory up to it. Part of the composition root. */
import { openJournal } from '../adapters/journal/journal.js'
import { openRecordLog } from '../adapters/journal/recordLog.js'
import { openTiles } from '../adapters/journal/tiles.js'
import { type LevelStores, openLevel } from '../adapters/level/open.js'
import { checkpointFile } from '../adapters/system/checkpointFile.js'
import { systemClock } from '../adapters/system/clock.js'
import type { DataDir } from '../adapters/system/dataDir.js'
import { openEpochFiles } from '../adapters/system/epochFiles.js'
import { openRosterFiles } from '../adapters/system/rosterFiles.js'
import type { Config } from '../config.js'
import type { Failure } from '../core/failure.js'
import { parseCheckpoint } from '../core/log/checkpoint.js'
import { recover } from '../pipeline/recover.js'
import type { CheckpointStore } from '../ports/checkpoint.js'
import type { RowStore } from '../ports/rowStore.js'
import type { SeriesStore } from '../ports/series.js'

export type Stores = Awaited<ReturnType<typeof openStores>>

/** Every store, recovered. `fatal` is called where the journal can no longer be written. */
export async function openStores(
  dataDir: DataDir,
  config: Config,
  { fatal, note }: { fatal(failure: Failure): void; note(text: string): void },
) {
  const checkpoints = checkpointFile(dataDir.path)
  const checkpointSize = await sizeOf(checkpoints)
  const level = await openLevel(dataDir.file('level'))
  const epochs = await openEpochFiles(dataDir.file('epochs'))
  const tiles = await openTiles({ folder: dataDir.file('tiles') })
  const snapshot = await level.snapshots.load()
  const journal = await openJournal({
    folder: dataDir.file('journal'),
    clock: systemClock,
    fatal,
    onCut: (cut) => note(`cut ${cut.bytes} bytes of an unfinished commit from ${cut.path}`),
    durableMin: checkpointSize,
    verifyFrom: Math.min(snapshot?.entries ?? 0, checkpointSize),
  })
  const { state, savedAt } = await recover({
    journal,
    tiles,
    sequences: level.sequences,
    snapshots: level.snapshots,
    checkpointSize,
    progress: (done, total) => {
      if (done > 0) note(`reading the journal: ${done} of ${total} entries`)
    },
  })
  const releases = await openRecordLog({
    folder: dataDir.file('releases/rows'),
    clock: systemClock,
    fatal,
    onCut: (cut) => note(`cut ${cut.bytes} bytes of an unfinished release from ${cut.path}`),
  })
  const { series, rowStore } = await openSeries(config, level, dataDir)
  return {
    checkpoints,
    epochs,
    journal,
    tiles,
    state,
    series,
    /** Where published rows go beside the store of releases. */
    rowStore,
    releases,
    released: level.released,
    rosters: await openRosterFiles(dataDir.file('releases')),
    sequences: level.sequences,
    pending: level.pending,
    answers: level.answers,
    snapshots: level.snapshots,
    /** Entries under the snapshot that was used. */
    savedAt,
    /** Journal first: what the others hold can be read from it again. */
    async close() {
      await journal.close()
      await releases.close()
      await tiles.close()
      await series.close()
      await rowStore?.close()
      await level.close()
    },
  }
}

/** Entries under the newest signed checkpoint; its signature is checked by settle. */
async function sizeOf(checkpoints: CheckpointStore): Promise<number> {
  const text = await checkpoints.load()
  const parsed = text === undefined ? undefined : parseCheckpoint(`${text.split('\n\n')[0]}\n`)
  return parsed?.ok ? parsed.value.size : 0
}

/** The vendor is loaded only where it is used. */
async function openSeries(
  { store }: Config,
  level: LevelStores,
  dataDir: DataDir,
): Promise<{ series: SeriesStore; rowStore?: RowStore }> {
  if (store.kind === 'embedded' || store.url === undefined) return { series: level.series }
  const { influxSeries } = await import('../adapters/influx/series.js')
  const { influxRows } = await import('../adapters/influx/rows.js')
  const { openDeadLetters } = await import('../adapters/influx/deadLetters.js')
  const target = new URL(store.url)
  target.username = store.username ?? ''
  target.password = store.password ?? ''
  const { database } = store
  const url = target.href
  const rowCursor = level.cursor(`influxdb rows ${store.url} ${database}`)
  return {
    series: influxSeries({
      url,
      database,
      cursor: level.cursor(`influxdb ${store.url} ${database}`),
      rowCursor,
      deadLetters: await openDeadLetters(dataDir.file('dead-letters.jsonl'), systemClock),
    }),
    rowStore: influxRows({ url, database, cursor: rowCursor }),
  }
}

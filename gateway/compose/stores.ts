/** Opens what is on disk, and brings memory up to it. Part of the composition root. */
import { openJournal } from '../adapters/journal/journal.js'
import { openTiles } from '../adapters/journal/tiles.js'
import { openLevel } from '../adapters/level/open.js'
import { checkpointFile } from '../adapters/system/checkpointFile.js'
import { systemClock } from '../adapters/system/clock.js'
import type { DataDir } from '../adapters/system/dataDir.js'
import { openEpochFiles } from '../adapters/system/epochFiles.js'
import type { Config } from '../config.js'
import type { Failure } from '../core/failure.js'
import { parseCheckpoint } from '../core/log/checkpoint.js'
import { recover } from '../pipeline/recover.js'
import type { CheckpointStore } from '../ports/checkpoint.js'
import type { CursorStore, SeriesStore } from '../ports/series.js'

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
  const series = await openSeries(
    config,
    level.series,
    level.cursor(`influxdb ${config.store.url} ${config.store.database}`),
    dataDir,
  )
  return {
    checkpoints,
    epochs,
    journal,
    tiles,
    state,
    series,
    sequences: level.sequences,
    pending: level.pending,
    snapshots: level.snapshots,
    /** Entries under the snapshot that was used. */
    savedAt,
    /** Journal first: what the others hold can be read from it again. */
    async close() {
      await journal.close()
      await tiles.close()
      await series.close()
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
  embedded: SeriesStore,
  cursor: CursorStore,
  dataDir: DataDir,
): Promise<SeriesStore> {
  if (store.kind === 'embedded' || store.url === undefined) return embedded
  const { influxSeries } = await import('../adapters/influx/series.js')
  const { openDeadLetters } = await import('../adapters/influx/deadLetters.js')
  const url = new URL(store.url)
  url.username = store.username ?? ''
  url.password = store.password ?? ''
  return influxSeries({
    url: url.href,
    database: store.database,
    cursor,
    deadLetters: await openDeadLetters(dataDir.file('dead-letters.jsonl'), systemClock),
  })
}

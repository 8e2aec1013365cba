import { mkdir } from 'node:fs/promises'
import { ClassicLevel } from 'classic-level'
import { Failure, messageOf } from '../../core/failure.js'
import type { AnswerStore } from '../../ports/market.js'
import type { PendingStore, SequenceIndex, SnapshotStore } from '../../ports/registry.js'
import type { RowIndex } from '../../ports/releaseStore.js'
import type { CursorStore, SeriesStore } from '../../ports/series.js'
import { answerStore } from './answers.js'
import type { Database } from './keys.js'
import { openRowIndex } from './released.js'
import { openSequences } from './sequences.js'
import { LevelSeries } from './series.js'
import { cursorStore, pendingStore, snapshotStore } from './singles.js'

/** The stores that live in the embedded database. */
export interface LevelStores {
  series: SeriesStore
  sequences: SequenceIndex
  pending: PendingStore
  snapshots: SnapshotStore
  released: RowIndex
  answers: AnswerStore
  /** The cursor of a store elsewhere; the same name, the same cursor. */
  cursor(name: string): CursorStore
  /** Waits for what is under way, then releases the folder. */
  close(): Promise<void>
}

/**
 * Opens (or makes) the embedded database in `folder`. Rejects with Failure('data') where another
 * process holds it or it cannot be read.
 */
export async function openLevel(folder: string): Promise<LevelStores> {
  const db: Database = new ClassicLevel(folder, { keyEncoding: 'buffer', valueEncoding: 'buffer' })
  try {
    await mkdir(folder, { recursive: true })
    await db.open()
  } catch (error) {
    throw openFailure(folder, error)
  }
  const series = new LevelSeries(db)
  const answers = answerStore(db)
  return {
    series,
    sequences: await openSequences(db),
    pending: pendingStore(db),
    snapshots: snapshotStore(db),
    released: await openRowIndex(db),
    answers,
    cursor: (name) => cursorStore(db, name),
    async close() {
      await series.close()
      await answers.flush()
      await db.close()
    },
  }
}

function openFailure(folder: string, error: unknown): Failure {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const options = { cause: error }
  if (code === 'LEVEL_LOCKED') {
    return new Failure(
      'data',
      `${folder} is in use by another process; end that one first`,
      options,
    )
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new Failure('permission', `${folder} may not be written by this user`, options)
  }
  return new Failure(
    'data',
    `cannot open ${folder}: ${messageOf(cause)}; if it is damaged, remove it: it is rebuilt from the journal`,
    options,
  )
}

/**
 * Log of releases > a database for charts. Reads from the database's cursor on, so that a database that
 * was away, one that came back empty and the ordinary case are one path. Only published rows: the
 * log's rows stand in the order of their P, so the first one that is not published ends a batch.
 */
import { Failure } from '../../core/failure.js'
import {
  mirrorBatchRecordsMax,
  projectRetryMsMax,
  projectRetryMsMin,
  projectStopMs,
} from '../../core/limits.js'
import { parseReleaseRecord, slotOf } from '../../core/privacy/record.js'
import type { AggregateRow } from '../../core/privacy/row.js'
import type { RecordLog } from '../../ports/records.js'
import type { ReleasedRows } from '../../ports/releases.js'
import type { RefusedRow, RowStore } from '../../ports/rowStore.js'
import { persist, type RetryWaits } from '../project/persist.js'
import { createSleeper } from '../project/sleeper.js'

export interface MirrorParts {
  records: Pick<RecordLog, 'scan' | 'size'>
  store: RowStore
  rows: Pick<ReleasedRows, 'watch'>
  /** Slots before this Unix second are published. */
  publishedSec(): number
  /** Called with each row that the database refuses for ever. */
  refused(dead: RefusedRow): void
  /** Waits between attempts while the database is away, ms; tests make them short. */
  retryMs?: RetryWaits
}

export interface Mirror {
  status(): MirrorStatus
  /** Ends after the batch under way, or without it where the database does not answer. */
  stop(): Promise<void>
}

export interface MirrorStatus {
  /** Records of the log of releases that are not in the database; those to be published count. */
  lagRecords: number
  /** Rows refused for ever since the start. */
  dead: number
  error?: string
}

/** Starts at once; `rows` says when there is more. */
export function startMirror(parts: MirrorParts): Mirror {
  const { records, store } = parts
  const retryMs = parts.retryMs ?? { min: projectRetryMsMin, max: projectRetryMsMax }
  const sleeper = createSleeper()
  const unwatch = parts.rows.watch(() => sleeper.wake())
  let isPrepared = false
  let cursor = 0
  let dead = 0
  let error: string | undefined

  /** One batch; says whether it brought the cursor on. */
  async function advance(): Promise<boolean> {
    if (!isPrepared) await store.prepare()
    isPrepared = true
    const stored = await store.cursor()
    // A cursor beyond the log belongs to another log: then everything is written again.
    cursor = stored > records.size ? 0 : stored
    const batch = await readBatch(records, cursor, parts.publishedSec())
    if (batch.next === cursor && stored === cursor) return false
    const written = await store.write(batch.rows, stored, batch.next)
    dead += written.dead.length
    for (const one of written.dead) parts.refused(one)
    cursor = batch.next
    return true
  }

  async function step(): Promise<void> {
    const isMore = await advance()
    error = undefined
    if (!isMore) await sleeper.untilWoken()
  }

  function failed(why: string): void {
    error = why
    isPrepared = false
  }

  const running = persist(sleeper, retryMs, step, failed)
  return {
    status: () => ({
      lagRecords: Math.max(0, records.size - cursor),
      dead,
      ...(error === undefined ? {} : { error }),
    }),
    async stop() {
      unwatch()
      sleeper.stop()
      const patience = createSleeper()
      await Promise.race([running, patience.sleep(projectStopMs)])
      patience.stop()
    },
  }
}

/** Rows from `from` on whose slot is before `publishedSec`, and the record after the last one read. */
async function readBatch(
  records: MirrorParts['records'],
  from: number,
  publishedSec: number,
): Promise<{ rows: AggregateRow[]; next: number }> {
  const rows: AggregateRow[] = []
  let next = from
  const end = Math.min(records.size, from + mirrorBatchRecordsMax)
  for await (const { index, text } of records.scan(from, end)) {
    const record = parseReleaseRecord(text)
    if (!record.ok)
      throw new Failure(
        'data',
        `record ${index} of releases/ cannot be understood: ${record.detail}`,
      )
    if ('row' in record.value) {
      if (slotOf(record.value.row) >= publishedSec) break
      rows.push(record.value.row)
    }
    next = index + 1
  }
  return { rows, next }
}

/**
 * What was released, in the one place that is trusted for it: the log of releases, with an index to
 * find rows by. A row is durable here before anybody is shown it, so the odometer of spent epsilon is
 * a fold of this log and nothing is drawn twice.
 */
import { assert, Failure } from '../../core/failure.js'
import { commitBytesMax, windowTimeMax } from '../../core/limits.js'
import { foldReleases, type Odometer } from '../../core/privacy/odometer.js'
import {
  formatDone,
  formatRelease,
  parseReleaseRecord,
  type ReleaseRecord,
} from '../../core/privacy/record.js'
import type { RowKey } from '../../core/privacy/rowKey.js'
import type { RecordLog } from '../../ports/records.js'
import type { IndexedRow, RowIndex } from '../../ports/releaseStore.js'

/** Records that are indexed at once when the index is behind. */
const catchUpRows = 1_000

export interface ReleaseLedger {
  readonly index: RowIndex
  /** The newest slot that is done, Unix seconds; 0 for none. */
  readonly doneSec: number
  has(key: RowKey): Promise<boolean>
  /** Durable on resolve, and found from then on. */
  append(releases: readonly ReleaseRecord[]): Promise<void>
  /** Marks a slot as done: nothing of it is drawn again. */
  done(sec: number): Promise<void>
  /** What owners have spent on the days since 00:00 of `daySec`, Unix seconds. */
  odometer(daySec: number): Promise<Odometer>
}

/**
 * Brings the index up to the log. Rejects with Failure('data') where a record cannot be understood:
 * what is not known to be unspent counts as spent, so nothing may be released.
 */
export async function openReleaseLedger(
  records: RecordLog,
  index: RowIndex,
): Promise<ReleaseLedger> {
  if (index.size > records.size)
    throw new Failure(
      'data',
      `releases/ holds ${records.size} records, ${index.size} were written: restore the newest ` +
        'backup; without them nobody knows what was released',
    )
  await catchUp(records, index)
  return {
    index,
    get doneSec() {
      return index.doneSec
    },
    has: async (key) => (await index.get(key)) !== undefined,
    async append(releases) {
      for (const part of partsOf(releases)) {
        const texts = part.map(formatRelease)
        const first = await records.append(texts)
        assert(first === index.size, 'the log of releases has one writer')
        const rows = part.map(({ row }, i) => indexed(row, texts[i]!))
        await index.add(rows, first + texts.length, index.doneSec)
      }
    },
    async done(sec) {
      const first = await records.append([formatDone({ done: sec })])
      await index.add([], first + 1, sec)
    },
    async odometer(daySec) {
      const rows: unknown[] = []
      for await (const { text } of index.inSlots(daySec, windowTimeMax))
        rows.push((JSON.parse(text) as { row: unknown }).row)
      const folded = foldReleases(rows, daySec)
      if (folded.ok) return folded.value
      throw new Failure('data', `releases/: ${folded.detail}; restore the newest backup`)
    },
  }
}

async function catchUp(records: RecordLog, index: RowIndex): Promise<void> {
  let rows: IndexedRow[] = []
  let doneSec = index.doneSec
  let next = index.size
  for await (const { index: at, text } of records.scan(index.size)) {
    const record = parseReleaseRecord(text)
    if (!record.ok)
      throw new Failure(
        'data',
        `record ${at} of releases/ cannot be understood (${record.detail}): restore the newest backup`,
      )
    if ('done' in record.value) doneSec = record.value.done
    else rows.push(indexed(record.value.row, text))
    next = at + 1
    if (rows.length < catchUpRows) continue
    await index.add(rows, next, doneSec)
    rows = []
  }
  if (next > index.size) await index.add(rows, next, doneSec)
}

function indexed({ metric, cell, step, t }: ReleaseRecord['row'], text: string): IndexedRow {
  return { metric, cell, step, t, text }
}

/** What goes into one commit of the log each. */
function* partsOf(releases: readonly ReleaseRecord[]): Generator<readonly ReleaseRecord[]> {
  const partMax = Math.floor(commitBytesMax / 4 / 1_024)
  for (let i = 0; i < releases.length; i += partMax) yield releases.slice(i, i + partMax)
}

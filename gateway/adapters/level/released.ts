/**
 * The index of released rows. `a` metric cell step t > the record; `p` P key-of-`a` > nothing, so that an
 * epoch finds its rows.
 */
import { isReleased, type RowKey } from '../../core/privacy/rowKey.js'
import { publicationOf } from '../../core/privacy/windows.js'
import type { IndexedRow, RowIndex } from '../../ports/releaseStore.js'
import type { RowSeries } from '../../ports/releases.js'
import {
  after,
  countBytes,
  type Database,
  metaKey,
  prefixOf,
  readCount,
  tables,
  timeKey,
  timeOf,
} from './keys.js'
import { attempt, inTurn, lastRows, readValue, rows } from './rows.js'

const sizeKey = metaKey('releases')
const nothing = Buffer.alloc(0)
/** Table letter and 5 bytes of time. */
const slotPrefixBytes = 6

/** Opens the index; one for each database. */
export async function openRowIndex(db: Database): Promise<RowIndex> {
  const saved = await readValue(db, sizeKey)
  let size = saved === undefined ? 0 : readCount(saved)
  let doneSec = saved === undefined ? 0 : readCount(saved, 8)
  const turn = inTurn()
  return {
    get size() {
      return size
    },
    get doneSec() {
      return doneSec
    },
    add: (added, nextSize, nextDone) =>
      turn(async () => {
        const puts = added.flatMap((row) => {
          const key = keyOf(row)
          const slot = Buffer.concat([slotKey(publicationOf(row.step, row.t)), key])
          return [
            { type: 'put' as const, key, value: Buffer.from(row.text) },
            { type: 'put' as const, key: slot, value: nothing },
          ]
        })
        const value = Buffer.concat([countBytes(nextSize), countBytes(nextDone)])
        await attempt('indexing released rows', () =>
          db.batch([...puts, { type: 'put', key: sizeKey, value }]),
        )
        size = nextSize
        doneSec = nextDone
      }),
    async get(key) {
      const stored = await readValue(db, keyOf(key))
      return stored === undefined ? undefined : { ...key, text: stored.toString() }
    },
    async range(series, from, to, limit) {
      const found: IndexedRow[] = []
      const prefix = seriesPrefix(series)
      for await (const [key, value] of rows(db, timeKey(prefix, from), timeKey(prefix, to), limit))
        found.push({ ...series, t: timeOf(key), text: value.toString() })
      return found
    },
    async latest(series, before) {
      const prefix = seriesPrefix(series)
      const [last] = await lastRows(db, timeKey(prefix, 0), timeKey(prefix, before), 1)
      return last && { ...series, t: timeOf(last[0]), text: last[1].toString() }
    },
    async *inSlots(from, to) {
      for await (const [key] of rows(db, slotKey(from), slotKey(to))) {
        const own = key.subarray(slotPrefixBytes)
        const stored = await readValue(db, own)
        if (stored !== undefined) yield { ...partsOf(own), text: stored.toString() }
      }
    },
    async series() {
      const found: RowSeries[] = []
      let from = prefixOf(tables.released)
      for (;;) {
        const [next] = await firstKey(db, from, after(prefixOf(tables.released)))
        if (next === undefined) return found
        const { metric, cell, step } = partsOf(next)
        found.push({ metric, cell, step })
        from = after(next.subarray(0, next.length - 5))
      }
    },
  }
}

async function firstKey(db: Database, gte: Buffer, lt: Buffer): Promise<Buffer[]> {
  const found: Buffer[] = []
  for await (const [key] of rows(db, gte, lt, 1)) found.push(key)
  return found
}

function seriesPrefix({ metric, cell, step }: RowSeries): Buffer {
  const length = Buffer.allocUnsafe(4)
  length.writeUInt32BE(step)
  return Buffer.concat([prefixOf(tables.released, metric, cell), length])
}

function keyOf(key: RowKey): Buffer {
  return timeKey(seriesPrefix(key), key.t)
}

function slotKey(p: number): Buffer {
  return timeKey(prefixOf(tables.slot), p)
}

/** Table letter, metric, zero byte, cell, zero byte, step in 4 bytes, t in 5. */
function partsOf(key: Buffer): RowKey {
  const metricEnd = key.indexOf(0, 1)
  const cellEnd = key.indexOf(0, metricEnd + 1)
  const metric = key.toString('latin1', 1, metricEnd)
  if (!isReleased(metric)) throw new Error(`the index of rows holds the metric ${metric}`)
  return {
    metric,
    cell: key.toString('latin1', metricEnd + 1, cellEnd),
    step: key.readUInt32BE(cellEnd + 1),
    t: timeOf(key),
  }
}

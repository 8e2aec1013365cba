/**
 * Released rows in an InfluxDB 1.x (PROTOCOL 10): policy `released`, measurement = metric, tags `cell`
 * and `step`, fields = the numbers of the row, time = start of its window. A withheld row has no
 * number and is no point.
 */
import type { IPoint } from 'influx'
import type { AggregateRow } from '../../core/privacy/row.js'
import type { RowStore } from '../../ports/rowStore.js'
import type { CursorStore } from '../../ports/series.js'
import { influxClient, releasedPolicy, rowFields } from './client.js'
import { prepareRows } from './prepare.js'
import { sendBatch } from './send.js'

export interface InfluxRowsOptions {
  /** `http[s]://[user:password@]host:port`. */
  url: string
  database: string
  /** Must belong to this URL and database alone. */
  cursor: CursorStore
}

/**
 * Opens nothing yet. The database is made by `influxSeries`, which knows what else it has lost then.
 * Throws Failure('config') on a bad URL.
 */
export function influxRows({ url, database, cursor }: InfluxRowsOptions): RowStore {
  const client = influxClient(url, database)
  return {
    prepare: () => prepareRows(client, cursor),
    cursor: () => cursor.load(),
    async write(rows, from, next) {
      const shown = rows.filter((row) => row.class !== 'withheld')
      const dead = shown.length === 0 ? [] : await sendBatch(client, releasedPolicy, shown, pointOf)
      // A database that was made anew meanwhile has set the cursor back: then all is written again.
      if ((await cursor.load()) === from) await cursor.save(next)
      return { dead: dead.map(({ item, error }) => ({ row: item, error })) }
    },
    async close() {
      client.close()
    },
  }
}

function pointOf(row: AggregateRow): IPoint {
  const numbers = row as Partial<Record<(typeof rowFields)[number], number>>
  const fields: Record<string, number> = {}
  for (const name of rowFields) {
    const number = numbers[name]
    if (number !== undefined) fields[name] = number
  }
  return {
    measurement: row.metric,
    tags: { cell: row.cell, step: String(row.step) },
    fields,
    timestamp: row.t * 1_000,
  }
}

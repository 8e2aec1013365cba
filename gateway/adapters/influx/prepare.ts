/** The layout of PROTOCOL 10: one database, a policy for raw values, one for released rows. */
import { escape as escapeInflux } from 'influx'
import { rawRetentionDays } from '../../core/limits.js'
import type { CursorStore } from '../../ports/series.js'
import { type InfluxClient, rawPolicy, releasedPolicy } from './client.js'

/**
 * Creates what is missing and leaves what is there, so that an operator may lengthen a policy.
 * A database or policy that is missing has lost its points: their cursor goes back to 0 first, and
 * the journal, or the log of releases, fills it again.
 */
export async function prepareDatabase(
  client: InfluxClient,
  cursor: CursorStore,
  rowCursor: CursorStore,
): Promise<void> {
  if (!(await hasDatabase(client))) {
    await cursor.save(0)
    await rowCursor.save(0)
    await client.query(`CREATE DATABASE ${nameOf(client)}`, { method: 'POST' })
  }
  await preparePolicy(client, rawPolicy, `${rawRetentionDays}d REPLICATION 1 DEFAULT`, cursor)
  await prepareRows(client, rowCursor)
}

/** The policy of the released rows alone; rejects with Failure('unavailable') without the database. */
export function prepareRows(client: InfluxClient, rowCursor: CursorStore): Promise<void> {
  return preparePolicy(client, releasedPolicy, 'INF REPLICATION 1', rowCursor)
}

async function preparePolicy(
  client: InfluxClient,
  policy: string,
  terms: string,
  cursor: CursorStore,
): Promise<void> {
  const policies = await client.query(`SHOW RETENTION POLICIES ON ${nameOf(client)}`)
  if (names(policies).includes(policy)) return
  await cursor.save(0)
  const statement = `CREATE RETENTION POLICY "${policy}" ON ${nameOf(client)} DURATION ${terms}`
  await client.query(statement, { method: 'POST' })
}

function nameOf(client: InfluxClient): string {
  return escapeInflux.quoted(client.database)
}

/** Whether the server has the database; rejects with Failure('unavailable') where it does not answer. */
export async function hasDatabase(client: InfluxClient): Promise<boolean> {
  return names(await client.query('SHOW DATABASES')).includes(client.database)
}

function names(series: Awaited<ReturnType<InfluxClient['query']>>): unknown[] {
  return series.flatMap(({ values }) => values ?? []).map(([name]) => name)
}

/** The layout of PROTOCOL 10: one database, a policy for raw values, one for released rows. */
import { escape as escapeInflux } from 'influx'
import { rawRetentionDays } from '../../core/limits.js'
import type { CursorStore } from '../../ports/series.js'
import { type InfluxClient, rawPolicy, releasedPolicy } from './client.js'

/**
 * Creates what is missing and leaves what is there, so that an operator may lengthen a policy.
 * A database or policy that is missing has lost its points: the cursor goes back to 0 first, and
 * the journal fills it again.
 */
export async function prepareDatabase(client: InfluxClient, cursor: CursorStore): Promise<void> {
  const name = escapeInflux.quoted(client.database)
  if (!(await hasDatabase(client))) {
    await cursor.save(0)
    await client.query(`CREATE DATABASE ${name}`, { method: 'POST' })
  }
  const policies = names(await client.query(`SHOW RETENTION POLICIES ON ${name}`))
  if (!policies.includes(rawPolicy)) {
    await cursor.save(0)
    await client.query(
      `CREATE RETENTION POLICY "${rawPolicy}" ON ${name} DURATION ${rawRetentionDays}d REPLICATION 1 DEFAULT`,
      { method: 'POST' },
    )
  }
  if (!policies.includes(releasedPolicy)) {
    await client.query(
      `CREATE RETENTION POLICY "${releasedPolicy}" ON ${name} DURATION INF REPLICATION 1`,
      { method: 'POST' },
    )
  }
}

/** Whether the server has the database; rejects with Failure('unavailable') where it does not answer. */
export async function hasDatabase(client: InfluxClient): Promise<boolean> {
  return names(await client.query('SHOW DATABASES')).includes(client.database)
}

function names(series: Awaited<ReturnType<InfluxClient['query']>>): unknown[] {
  return series.flatMap(({ values }) => values ?? []).map(([name]) => name)
}

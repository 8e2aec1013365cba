/**
 * The `influx` client without its surprises: no default user, no host disabled after a failure, no
 * retry of its own, and an end to every call, also where the answer breaks off (then the client
 * waits for ever).
 */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { FieldType, InfluxDB, type IPoint, type IQueryOptions } from 'influx'
import { Failure } from '../../core/failure.js'
import { influxRequestMsMax } from '../../core/limits.js'
import { metricTable } from '../../core/metrics.gen.js'
import { refusalOf, whyUnavailable } from './answers.js'
import { createDeadline } from './deadline.js'

/** Retention policies of PROTOCOL 10. */
export const rawPolicy = 'raw'
export const releasedPolicy = 'released'

type Row = (string | number | null)[]

/** Numbers of released rows (schemas/aggregates.md). */
export const rowFields = ['k', 'n', 'mean', 'median', 'sum', 'halfWidth'] as const

/** What `/query` answers for one statement. */
export interface Series {
  name: string
  columns: string[]
  values: Row[]
}

export interface InfluxClient {
  /** Where it is, without user and password. */
  readonly address: string
  readonly database: string
  /**
   * Writes points, times in ms, in one request. Resolves with the server's words where it refuses
   * some of them for ever. Rejects with Failure('unavailable') for everything else.
   */
  post(policy: string, points: IPoint[]): Promise<string | undefined>
  /** Runs one statement; times in ms. Rejects with Failure('unavailable'). */
  query(text: string, options?: IQueryOptions): Promise<Series[]>
  /** Ends what is under way; it rejects with Failure('unavailable'). */
  close(): void
}

/** All doubles: a whole number written as an integer would refuse the next one with a fraction. */
const fieldTypes = Object.fromEntries(
  ['value', ...rowFields].map((name) => [name, FieldType.FLOAT] as const),
)

/** Never a host out of use: the caller has its own back-off, shown and capped. */
const noBackoff = { getDelay: () => 0, next: () => noBackoff, reset: () => noBackoff }

/**
 * `url`: `http[s]://[user:password@]host[:port][/path]`. Connects at the first call. Throws
 * Failure('config') where it is no such URL.
 */
export function influxClient(url: string, database: string): InfluxClient {
  const target = URL.canParse(url) ? new URL(url) : undefined
  if (target?.protocol !== 'http:' && target?.protocol !== 'https:')
    throw new Failure('config', 'store.url is not a URL like http://127.0.0.1:8086')
  const secure = target.protocol === 'https:'
  const address = `${target.protocol}//${target.host}${target.pathname.replace(/\/$/, '')}`
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 4 })
  const influx = new InfluxDB({
    ...credentialsOf(target),
    host: target.hostname,
    port: Number(target.port || (secure ? 443 : 80)),
    protocol: secure ? 'https' : 'http',
    path: target.pathname.replace(/\/$/, ''),
    database,
    options: { agent },
    pool: { maxRetries: 0, requestTimeout: influxRequestMsMax, backoff: noBackoff },
    schema: metricTable.map(({ name }) => ({
      database,
      measurement: name,
      fields: fieldTypes,
      tags: ['device', 'cell', 'step'],
    })),
  })
  const deadline = createDeadline(influxRequestMsMax)
  const unavailable = (error: unknown): Failure =>
    new Failure('unavailable', `InfluxDB at ${address}: ${whyUnavailable(error)}`, { cause: error })

  return {
    address,
    database,
    async post(policy, points) {
      try {
        await deadline.bound(() =>
          influx.writePoints(points, { database, retentionPolicy: policy, precision: 'ms' }),
        )
        return undefined
      } catch (error) {
        const words = refusalOf(error)
        if (words === undefined) throw unavailable(error)
        return words
      }
    },
    async query(text, options = {}) {
      try {
        const answer = await deadline.bound(() =>
          influx.queryRaw(text, { database, precision: 'ms', ...options }),
        )
        const [result] = answer.results
        if (result.error !== undefined) throw new Error(result.error)
        return result.series ?? []
      } catch (error) {
        throw unavailable(error)
      }
    },
    close() {
      deadline.close()
      agent.destroy()
    },
  }
}

/** The client takes root:root where nothing is said; `null` is how it is told of no user. */
function credentialsOf(target: URL): { username: string; password: string } {
  if (target.username === '') return { username: null as unknown as string, password: '' }
  return {
    username: decodeURIComponent(target.username),
    password: decodeURIComponent(target.password),
  }
}

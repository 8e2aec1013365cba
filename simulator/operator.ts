/** The operator's side of a gateway over HTTP (PROTOCOL 9), as far as a simulation needs it. */
import { Failure, messageOf } from '../gateway/core/failure.js'
import { type ContributionRow, parseRows } from '../gateway/core/rewards/statement.js'
import { callMsMax, pageRows } from './limits.js'

/** What the simulator decides for its own devices. */
export interface Approval {
  owner: string
  cell: string
  placement: 'outdoor' | 'indoor'
  intervalSec: number
  simulated: true
}

export interface KnownDevice {
  device: string
  state: string
  accepted: number
  highestSeq?: number
}

export interface StoredMessage {
  seq: number
  leaf: string
}

export interface StoredPoint {
  time: number
  value: number
}

/** Every call rejects with a `Failure` that says what to do. */
export interface OperatorApi {
  network(): Promise<string>
  devices(): Promise<KnownDevice[]>
  /** False where the gateway does not have it waiting (yet). */
  approve(id: string, approval: Approval): Promise<boolean>
  /** Journal entries whose values are not in the series store yet. */
  lagRecords(): Promise<number>
  /** Accepted messages with seq in [from, to], ascending. */
  messages(id: string, from: number, to: number): Promise<StoredMessage[]>
  /** Ends the open epoch, once it is a second old, and returns the rows of its statement. */
  closeEpoch(): Promise<ContributionRow[]>
  /** Points of a metric in [from, to), Unix seconds, oldest first. */
  points(id: string, metric: string, from: number, to: number): Promise<StoredPoint[]>
}

/** Talks to the gateway at `url` with the operator's token. */
export function operatorApi(url: string, token: string): OperatorApi {
  const call = (path: string, body?: unknown): Promise<unknown> => request(url, token, path, body)
  const list = async <T>(path: string): Promise<T[]> => {
    const rows = await call(path)
    if (Array.isArray(rows)) return rows
    throw new Failure('unavailable', `${url}${path} did not answer with a list`)
  }
  return {
    network: async () => ((await call('/gateway.json')) as { network: string }).network,
    devices: () => list('/api/devices'),
    async approve(id, approval) {
      const answer = await call(`/api/devices/${id}/approve`, approval)
      return answer !== undefined
    },
    async lagRecords() {
      const status = (await call('/api/status')) as { store: { lagRecords: number } }
      return status.store.lagRecords
    },
    async messages(id, from, to) {
      const all: StoredMessage[] = []
      for (let at = from; at <= to; ) {
        const path = `/api/devices/${id}/messages?from=${at}&to=${to}&limit=${pageRows}`
        const page = await list<StoredMessage>(path)
        if (page.length === 0) break
        all.push(...page)
        at = page.at(-1)!.seq + 1
      }
      return all
    },
    async closeEpoch() {
      const end = Date.now() + callMsMax
      for (;;) {
        const closed = (await call('/api/epochs/close', {})) as { n: number } | undefined
        if (closed !== undefined) return rowsOf(url, closed.n)
        if (Date.now() > end) throw new Failure('unavailable', `${url} does not close its epoch`)
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    },
    async points(id, metric, from, to) {
      const all: StoredPoint[] = []
      for (let at = from; at < to; ) {
        const range = `from=${at}&to=${to}&limit=${pageRows}`
        const path = `/api/devices/${id}/points?metric=${metric}&${range}`
        const page = await list<StoredPoint>(path)
        if (page.length === 0) break
        all.push(...page)
        at = page.at(-1)!.time + 1
      }
      return all
    },
  }
}

async function rowsOf(url: string, n: number): Promise<ContributionRow[]> {
  const response = await fetch(new URL(`/epochs/${n}/contributions.ndjson`, url), {
    signal: AbortSignal.timeout(callMsMax),
  })
  const rows = parseRows(await response.text())
  if (rows.ok) return rows.value
  throw new Failure('check', `epoch ${n} of ${url}: ${rows.detail}`)
}

/** The JSON answer; `undefined` for 404 and 409: the thing is not there, or not in that state. */
async function request(url: string, token: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(new URL(path, url), {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(callMsMax),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new Failure('unavailable', `no gateway answers at ${url}: ${messageOf(error)}`)
  })
  if (response.status === 401 || response.status === 403)
    throw new Failure('permission', `${url} refuses the operator token; give --data-dir or --token`)
  const text = await response.text()
  if (response.status === 404 || response.status === 409) return undefined
  if (!response.ok) throw new Failure('unavailable', `${url}${path}: ${response.status} ${text}`)
  try {
    return JSON.parse(text)
  } catch {
    throw new Failure('unavailable', `${url}${path} did not answer with JSON`)
  }
}

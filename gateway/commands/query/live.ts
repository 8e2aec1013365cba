/** Rows as they are published, until the credits, `--max-cost` or the person end it. */
import { Failure } from '../../core/failure.js'
import { queryLiveLookMs } from '../../core/limits.js'
import { type AggregateRow, readAggregateRow } from '../../core/privacy/row.js'
import type { BuyerClient } from './buyer.js'

export interface LiveRequest {
  readonly q: { readonly metric: string; readonly cells: readonly string[]; readonly step?: string }
  readonly maxCost?: number
}

export interface LiveParts {
  readonly client: BuyerClient
  /** Start of every id. */
  readonly run: string
  /** Resolves when the person has enough. */
  readonly asked: Promise<unknown>
  row(row: AggregateRow): void
  /** Told of the topics once they are granted. */
  begun(topics: readonly string[]): void
}

/** How it ended. Rejects with Failure('unavailable') where the connection was lost: a grant ends with it. */
export async function followLive(
  { client, run, asked, row, begun }: LiveParts,
  request: LiveRequest,
): Promise<'asked' | 'ended'> {
  const { topics } = await client.ask(`${run}-s`, { op: 'subscribe', ...request })
  if (!Array.isArray(topics) || !topics.every((topic) => typeof topic === 'string'))
    throw new Failure('check', 'the gateway sent no topics')
  await client.hear(topics, (topic, payload) => {
    if (!topics.some((one) => one.endsWith(topic))) return
    const read = rowIn(payload)
    if (read !== undefined) row(read)
  })
  begun(topics)
  const looking = { goesOn: true }
  const end = await Promise.race([
    asked.then(() => 'asked' as const),
    client.lost().then(() => 'lost' as const),
    untilEnded(client, run, looking),
  ])
  looking.goesOn = false
  if (end === 'lost')
    throw new Failure('unavailable', 'the connection was lost, and the subscription with it')
  if (end === 'asked') await client.ask(`${run}-u`, { op: 'unsubscribe' })
  return end
}

/** A row as bytes of its own, or inside an answer. */
function rowIn(payload: Uint8Array): AggregateRow | undefined {
  try {
    const row = readAggregateRow(JSON.parse(new TextDecoder().decode(payload)))
    return row.ok ? row.value : undefined
  } catch {
    return undefined
  }
}

/** Nothing tells a buyer that its grant has ended, so the account is looked at now and then. */
async function untilEnded(
  client: BuyerClient,
  run: string,
  looking: { readonly goesOn: boolean },
): Promise<'ended'> {
  for (let n = 1; ; n++) {
    await new Promise((resolve) => setTimeout(resolve, queryLiveLookMs).unref())
    if (!looking.goesOn) return 'ended'
    const { account } = await client.ask(`${run}-a${n}`, { op: 'account' })
    const { subscriptions } = (account ?? {}) as { subscriptions?: unknown }
    if (Array.isArray(subscriptions) && subscriptions.length === 0) return 'ended'
  }
}

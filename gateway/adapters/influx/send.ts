import type { IPoint } from 'influx'
import { droppedAll, isExpired } from './answers.js'
import type { InfluxClient } from './client.js'

/** Sends a batch; one that the server refuses in part is halved until the poison stands alone. */
export async function sendBatch<T>(
  client: InfluxClient,
  policy: string,
  items: readonly T[],
  pointOf: (item: T) => IPoint,
): Promise<{ item: T; error: string }[]> {
  const words = await client.post(policy, items.map(pointOf))
  if (words === undefined || isExpired(words)) return []
  if (items.length === 1 || droppedAll(words, items.length))
    return items.map((item) => ({ item, error: words }))
  const half = items.length >> 1
  const dead = await sendBatch(client, policy, items.slice(0, half), pointOf)
  return [...dead, ...(await sendBatch(client, policy, items.slice(half), pointOf))]
}

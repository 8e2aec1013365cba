/** Keeps the gateway's own retained topics true (PROTOCOL 5): its state, and the newest checkpoint. */

import { epochsRetainedMax } from '../core/limits.js'
import type { EpochJson } from '../core/log/epoch.js'

/** A lost broker or database shows within this time. */
const lookEveryMs = 2_000

export interface HeraldParts {
  gatewayId: string
  version: string
  /** What does not work now. */
  degraded(): string[]
  publish(topic: string, text: string): void
  /** Newest checkpoint: settle publishes each one, this one was signed before the broker was there. */
  checkpoint(): string | undefined
  /** Newest epoch records, oldest first. */
  epochs: readonly EpochJson[]
}

/** Publishes a closed epoch; the one that is too old to be held goes (PROTOCOL 5). */
export function publishEpoch(
  publish: (topic: string, text: string) => void,
  record: EpochJson,
): void {
  const text = JSON.stringify(record)
  publish('pub/epoch', text)
  publish(`pub/epoch/${record.n}`, text)
  // An empty payload takes a retained message away (MQTT 3.1.1 section 3.3.1.3).
  if (record.n > epochsRetainedMax) publish(`pub/epoch/${record.n - epochsRetainedMax}`, '')
}

/** Publishes at once, then whenever the state has changed. */
export function startHerald(parts: HeraldParts): { stop(): Promise<void> } {
  let said = ''
  function look(): void {
    const text = JSON.stringify({ on: 1, version: parts.version, degraded: parts.degraded() })
    if (text !== said) parts.publish(`gw/${parts.gatewayId}/st`, text)
    said = text
  }
  look()
  const checkpoint = parts.checkpoint()
  if (checkpoint !== undefined) parts.publish('pub/checkpoint', checkpoint)
  for (const record of parts.epochs) publishEpoch(parts.publish, record)
  const timer = setInterval(look, lookEveryMs)
  return {
    async stop() {
      clearInterval(timer)
    },
  }
}

/**
 * Keeps the gateway's own retained topics true (PROTOCOL 5): its state, the newest checkpoint, what can
 * be bought, and what the topics are.
 */

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
  /** The AsyncAPI document. */
  asyncapi: string
  /** What can be bought now; absent where nothing is sold. */
  catalog?: () => string
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
  const said = new Map<string, string>()
  function say(topic: string, text: string): void {
    if (said.get(topic) !== text) parts.publish(topic, text)
    said.set(topic, text)
  }
  function look(): void {
    const state = { on: 1, version: parts.version, degraded: parts.degraded() }
    say(`gw/${parts.gatewayId}/st`, JSON.stringify(state))
    if (parts.catalog !== undefined) say('pub/catalog', parts.catalog())
  }
  look()
  say('pub/asyncapi', parts.asyncapi)
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

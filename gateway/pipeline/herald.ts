/** Keeps the gateway's own retained topics true (PROTOCOL 5): its state, and the newest checkpoint. */

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
  const timer = setInterval(look, lookEveryMs)
  return {
    async stop() {
      clearInterval(timer)
    },
  }
}

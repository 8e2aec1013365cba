/** Devices in the operator's Home Assistant, where it is configured. Part of the composition root. */
import type { LinkEvent } from '../ports/link.js'
import type { Identity } from './faces.js'
import type { Pipeline } from './pipeline.js'
import type { Stores } from './stores.js'

export interface Home {
  condition(): string[]
  stop(): Promise<void>
}

/** The vendor is loaded only where it is used. */
export async function startHomeAssistant(
  { config, gatewayId, version, clock }: Identity,
  stores: Stores,
  pipeline: Pipeline,
  event: (event: LinkEvent) => void,
): Promise<Home | undefined> {
  const { enabled, url, username, password, prefix } = config.homeAssistant
  if (!enabled || url === undefined) return undefined
  const { openHomeAssistant } = await import('../adapters/homeassistant/view.js')
  const { startHome } = await import('../pipeline/showHome.js')
  const view = openHomeAssistant({
    url,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    prefix,
    gatewayId,
    version,
    clock,
    event,
  })
  const { registry } = stores.state.admission
  const { stop } = startHome({
    registry,
    watch: (listener) => pipeline.events.watch(listener),
    view,
  })
  return { condition: () => view.condition(), stop }
}

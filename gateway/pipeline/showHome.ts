/**
 * Registry and events > the operator's home automation: devices that were approved, with their newest
 * values; what is revoked goes away. Off the data path: it listens to the live events.
 */
import type { Device, Registry } from '../core/device/registry.js'
import { metricByName } from '../core/metric.js'
import type { HomeView } from '../ports/home.js'
import type { GatewayEvent } from '../ports/operations.js'

export interface HomeParts {
  registry: Pick<Registry, 'devices' | 'byId'>
  /** Calls the listener for every event until the returned function is called. */
  watch(listener: (event: GatewayEvent) => void): () => void
  view: HomeView
}

/** Shows every device, then what changes. */
export function startHome({ registry, watch, view }: HomeParts): { stop(): Promise<void> } {
  const show = (device: Device): void => {
    if (device.state === 'revoked') view.remove(device)
    else
      view.show({ ...device, firmware: firmwareOf(device), available: device.state === 'active' })
  }
  const unwatch = watch((event) => {
    if (event.type === 'device') {
      const device = registry.byId(event.device)
      if (device !== undefined) show(device)
    } else if (event.type === 'reading') {
      const { device, values } = event
      for (const { metric, time, value } of values) {
        const known = metricByName(metric)
        if (known !== undefined) view.value({ device, metric: known.name, time, value })
      }
    }
  })
  for (const device of registry.devices()) show(device)
  view.start()
  return {
    async stop() {
      unwatch()
      await view.stop()
    },
  }
}

function firmwareOf({ firmware, version }: Device): string {
  return version === '' ? firmware : `${firmware} ${version}`
}

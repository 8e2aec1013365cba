/** The last hour of devices in view, once each and a few at a time, for their sparklines. */
import { useEffect } from 'preact/hooks'
import type { DeviceView } from '../../ports/operations.js'
import type { Bucket } from '../../ports/series.js'
import { getJson, query } from '../data/api.js'
import { type Store, useStore } from '../data/store.js'

/** Requests at once: browsers open six connections, and one is the live stream. */
const atOnce = 3
const stepSec = 120
const spanSec = 3_600

interface Loader {
  asked: Set<string>
  waiting: DeviceView[]
  underway: number
}

/** Of each store: what has been asked for is not asked for again. */
const loaders = new WeakMap<Store, Loader>()

export function useHistory(devices: readonly DeviceView[]): void {
  const store = useStore()
  const names = devices.map(({ device, latest }) => `${device}${latest.length > 0}`).join()
  useEffect(() => {
    const loader = loaders.get(store) ?? { asked: new Set(), waiting: [], underway: 0 }
    loaders.set(store, loader)
    loader.waiting = devices.filter(
      ({ device, latest }) => latest.length > 0 && !loader.asked.has(device),
    )
    while (loader.underway < atOnce && loader.waiting.length > 0) void loadNext(store, loader)
  }, [store, names])
}

async function loadNext(store: Store, loader: Loader): Promise<void> {
  loader.underway++
  for (let next = loader.waiting.shift(); next !== undefined; next = loader.waiting.shift()) {
    if (loader.asked.has(next.device)) continue
    loader.asked.add(next.device)
    await load(store, next)
  }
  loader.underway--
}

async function load({ model, changed }: Store, { device, latest }: DeviceView): Promise<void> {
  const to = Math.ceil(Date.now() / 1000)
  for (const { metric } of latest) {
    const span = query({ metric, from: to - spanSec, to, step: stepSec })
    const path = `/api/devices/${device}/buckets?${span}`
    const buckets = await getJson<Bucket[]>(path).catch((): Bucket[] => [])
    model.values.prepend(
      `${device} ${metric}`,
      buckets.map(({ mean }) => mean),
    )
  }
  changed()
}

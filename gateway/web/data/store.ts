/** What the page knows. Changes are told at most four times a second, however fast events arrive. */
import { createContext } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'
import type { DeviceView, GatewayEvent, StatusView } from '../../ports/operations.js'
import { type Samples, samplesOf } from './samples.js'
import type { TradeModel } from './tradeModel.js'

export type Viewer = { role: 'public' } | { role: 'operator' } | { role: 'owner'; owner: string }

export interface GatewayName {
  network: string
  id: string
  key: string
  vkey: string
}

/** The row of figures at the top. */
export interface Figures {
  accepted: number
  perSecond: number
  refused: number
  entries: number
  checkpoint: { size: number; root: string; seenMs: number } | undefined
  lagRecords: number
  store: string | undefined
}

export interface Toast {
  id: number
  text: string
  level: 'good' | 'warn' | 'bad'
  /** Where to go for it. */
  href?: string
}

export interface Model {
  /** `undefined` until the gateway has said who we are. */
  viewer: Viewer | undefined
  gateway: GatewayName | undefined
  health: { ready: boolean; degraded: string[] } | 'unreachable' | undefined
  figures: Figures | undefined
  status: StatusView | undefined
  /** By id, in the gateway's order. */
  devices: Map<string, DeviceView>
  isLoaded: boolean
  /** Newest first. */
  feed: GatewayEvent[]
  toasts: Toast[]
  /** Where somebody buys here. */
  trade: TradeModel | undefined
  /** Of the figures, for their sparklines. */
  samples: Samples
  /** Of each device's metrics, by `device metric`. */
  values: Samples
}

export interface Store {
  readonly model: Model
  /** Tells everybody who looks that the model has changed; at once where a person waits for it. */
  changed(now?: 'now'): void
  subscribe(listener: () => void): () => void
  toast(toast: Omit<Toast, 'id'>): void
  dismiss(id: number): void
}

const tellEveryMs = 250
const figureSamplesMax = 60
const valueSamplesMax = 48
const toastsMax = 4

export function createStore(): Store {
  const listeners = new Set<() => void>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let lastId = 0
  const model: Model = {
    viewer: undefined,
    gateway: undefined,
    health: undefined,
    figures: undefined,
    status: undefined,
    devices: new Map(),
    isLoaded: false,
    feed: [],
    toasts: [],
    trade: undefined,
    samples: samplesOf(figureSamplesMax),
    values: samplesOf(valueSamplesMax),
  }
  const tell = (): void => {
    clearTimeout(timer)
    timer = undefined
    for (const listener of listeners) listener()
  }
  const store: Store = {
    model,
    changed(now) {
      if (now !== undefined) tell()
      else timer ??= setTimeout(tell, tellEveryMs)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    toast(toast) {
      if (model.toasts.some(({ text }) => text === toast.text)) return
      model.toasts = [...model.toasts, { ...toast, id: ++lastId }].slice(-toastsMax)
      tell()
    },
    dismiss(id) {
      model.toasts = model.toasts.filter((one) => one.id !== id)
      tell()
    },
  }
  return store
}

export const StoreContext = createContext<Store | undefined>(undefined)

export function useStore(): Store {
  const store = useContext(StoreContext)
  if (store === undefined) throw new Error('a view stands below the store')
  return store
}

/** The model, with the component drawn again whenever it has changed. */
export function useModel(): Model {
  const store = useStore()
  const [, draw] = useState(0)
  useEffect(() => store.subscribe(() => draw((n) => n + 1)), [store])
  return store.model
}

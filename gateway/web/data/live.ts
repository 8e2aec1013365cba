/** Keeps the model up to date: figures and devices asked for now and then, events as they happen. */
import type { DeviceView, GatewayEvent, StatusView } from '../../ports/operations.js'
import { getJson, getReady, getText, parseMetrics, post, Refused, remove } from './api.js'
import type { Figures, GatewayName, Model, Store, Viewer } from './store.js'

const figuresEveryMs = 2_000
/** Events keep devices up to date between two looks at all of them. */
const devicesEveryMs = 20_000
const feedMax = 60

export type Login = { token: string } | { link: string } | { text: string; signature: string }

export interface Live {
  signIn(login: Login): Promise<string | undefined>
  signOut(): Promise<void>
  /** Looks at all devices again, now. */
  refresh(): Promise<void>
}

export function startLive(store: Store): Live {
  const { model } = store
  let events: EventSource | undefined

  async function enter(viewer: Viewer): Promise<void> {
    model.viewer = viewer
    events?.close()
    events = undefined
    if (viewer.role === 'public') {
      model.devices = new Map()
      model.status = undefined
      model.isLoaded = false
      model.feed = []
    } else events = listen(store, refreshSoon)
    store.changed('now')
    await Promise.all([readFigures(), refresh()])
  }

  async function readFigures(): Promise<void> {
    try {
      const [health, figures] = await Promise.all([
        getReady(),
        isPublic(model) ? publicFigures(model) : statusFigures(model),
      ])
      model.health = health
      model.figures = figures
      for (const name of ['perSecond', 'entries', 'refused'] as const)
        model.samples.add(name, figures[name])
    } catch (error) {
      if (isSignedOut(error)) return enter({ role: 'public' })
      model.health = 'unreachable'
    }
    store.changed('now')
  }

  async function refresh(): Promise<void> {
    if (isPublic(model)) return
    try {
      const devices = await getJson<DeviceView[]>('/api/devices')
      model.devices = new Map(
        devices.map((each) => [each.device, withLatest(each, model.devices.get(each.device))]),
      )
      model.isLoaded = true
      store.changed('now')
    } catch (error) {
      if (isSignedOut(error)) await enter({ role: 'public' })
    }
  }

  /** Several devices that join at once are asked for once. */
  let isSoon = false
  function refreshSoon(): void {
    if (isSoon) return
    isSoon = true
    setTimeout(() => {
      isSoon = false
      void refresh()
    }, 300)
  }

  async function signIn(login: Login): Promise<string | undefined> {
    try {
      await enter(await post<Viewer>('/api/session', login))
      return undefined
    } catch (error) {
      return error instanceof Refused ? error.message : 'The gateway gave no answer.'
    }
  }

  async function start(): Promise<void> {
    const link = linkInAddress()
    const refusal = link === undefined ? undefined : await signIn({ link })
    if (refusal !== undefined) store.toast({ text: refusal, level: 'warn' })
    if (link === undefined || refusal !== undefined)
      await enter(await getJson<Viewer>('/api/session').catch((): Viewer => ({ role: 'public' })))
    model.gateway = await getJson<GatewayName>('/gateway.json').catch(() => undefined)
    store.changed('now')
  }

  void start()
  addEventListener('hashchange', () => {
    const link = linkInAddress()
    if (link !== undefined)
      void signIn({ link }).then((text) => text && store.toast({ text, level: 'warn' }))
  })
  setInterval(() => void readFigures(), figuresEveryMs)
  setInterval(() => void refresh(), devicesEveryMs)
  return {
    signIn,
    refresh,
    async signOut() {
      await remove('/api/session').catch(() => undefined)
      await enter({ role: 'public' })
    },
  }
}

/** While the series store is away, what this page has heard is the newest that is known. */
function withLatest(device: DeviceView, before: DeviceView | undefined): DeviceView {
  if (device.latest.length > 0 || before === undefined) return device
  return { ...device, latest: before.latest }
}

/** The code of a link that signs in; it is spent, and does not stay in the address. */
function linkInAddress(): string | undefined {
  const link = new URLSearchParams(location.hash.slice(1)).get('link')
  if (link === null) return undefined
  history.replaceState(null, '', location.pathname)
  return link
}

function isPublic({ viewer }: Model): boolean {
  return viewer === undefined || viewer.role === 'public'
}

function isSignedOut(error: unknown): boolean {
  return error instanceof Refused && error.status === 401
}

function listen(store: Store, refreshSoon: () => void): EventSource {
  const source = new EventSource('/api/events')
  source.addEventListener('message', ({ data }) => {
    take(store, JSON.parse(data) as GatewayEvent, refreshSoon)
    store.changed()
  })
  // What was missed is in the next look at all devices.
  source.addEventListener('missed', refreshSoon)
  return source
}

function take(store: Store, event: GatewayEvent, refreshSoon: () => void): void {
  const { model } = store
  model.feed.unshift(event)
  if (model.feed.length > feedMax) model.feed.length = feedMax
  if (event.type === 'reading') applyReading(model, event)
  else if (event.type === 'refusal') applyRefusal(model, event)
  else if (event.type === 'device') {
    refreshSoon()
    if (event.state === 'pending')
      store.toast({
        text: `${event.device} wants to join.`,
        level: 'warn',
        href: `#/approve/${event.device}`,
      })
    else if (event.state === 'active')
      store.toast({ text: `${event.device} is active.`, level: 'good' })
  }
}

function applyReading(model: Model, event: GatewayEvent & { type: 'reading' }): void {
  const device = model.devices.get(event.device)
  if (device === undefined) return
  device.accepted += 1
  device.lastAtMs = event.atMs
  device.online = true
  device.highestSeq = Math.max(device.highestSeq ?? 0, event.seq)
  for (const { metric, time, value, unit } of event.values) {
    model.values.add(`${device.device} ${metric}`, value)
    const latest = device.latest.find((each) => each.metric === metric)
    if (latest) Object.assign(latest, { value, time })
    else device.latest.push({ metric, value, unit, time })
  }
}

function applyRefusal(model: Model, event: GatewayEvent & { type: 'refusal' }): void {
  const device = model.devices.get(event.device ?? '')
  if (device === undefined) return
  device.refused[event.reason] = (device.refused[event.reason] ?? 0) + 1
}

async function publicFigures(model: Model): Promise<Figures> {
  const [metrics, checkpoint] = await Promise.all([
    getText('/metrics'),
    getText('/checkpoint').catch(() => undefined),
  ])
  const samples = parseMetrics(metrics)
  const of = (name: string): number => samples.get(`fieldproof_${name}`) ?? 0
  const refused = [...samples].filter(([name]) => name.startsWith('fieldproof_messages_refused'))
  const [, size, root] = checkpoint?.split('\n') ?? []
  return {
    accepted: of('readings_accepted_total'),
    perSecond: of('readings_per_second'),
    refused: refused.reduce((sum, [, n]) => sum + n, 0),
    entries: of('log_entries'),
    checkpoint: root === undefined ? undefined : withTime(model, Number(size), root),
    lagRecords: of('store_lag_records'),
    store: undefined,
  }
}

/** Checkpoints carry no time: when this page first saw one is near enough. */
function withTime(model: Model, size: number, root: string): Figures['checkpoint'] {
  const before = model.figures?.checkpoint
  return before?.root === root ? before : { size, root, seenMs: Date.now() }
}

async function statusFigures(model: Model): Promise<Figures> {
  const status = await getJson<StatusView>('/api/status')
  model.status = status
  const { counters, log, store } = status
  // The second line of the checkpoint's text.
  const size = Number(log.checkpoint.split('\n')[1])
  return {
    accepted: counters.accepted,
    perSecond: counters.rate,
    refused: Object.values(counters.refused).reduce((sum, n) => sum + n, 0),
    entries: log.size,
    checkpoint:
      log.checkpointAtMs === 0
        ? undefined
        : {
            size: Number.isFinite(size) ? size : log.size,
            root: log.root,
            seenMs: log.checkpointAtMs,
          },
    lagRecords: store.lagRecords,
    store: store.error ?? store.kind,
  }
}

/** The dashboard: public figures for everyone, devices and values for who brings the token. */
import {
  follow,
  getJson,
  getText,
  parseMetrics,
  post,
  Refused,
  storedToken,
  storeToken,
} from './api.js'
import { createSeries, drawDevices, drawPending } from './devices.js'
import { throttled } from './dom.js'
import { createFeed, drawRefusals } from './feed.js'
import { createHistory, drawFigures } from './figures.js'

const everyMs = 2000
const at = (id) => document.getElementById(id)

const state = {
  token: undefined,
  /** Ends the stream of live events. */
  stream: undefined,
  gateway: undefined,
  numbers: undefined,
  refused: {},
  devices: [],
  /** Devices whose history has been asked for. */
  known: new Set(),
}
const history = createHistory()
const series = createSeries()
const feed = createFeed()

const drawOperator = throttled(() => {
  const now = Date.now()
  const shown = drawDevices(at('devices'), state.devices, at('filter').value, series, now)
  drawPending(at('pending'), state.devices, approve)
  drawRefusals(at('refusals'), state.refused)
  feed.draw(at('feed'))
  at('device-count').textContent = String(state.devices.length)
  for (const device of shown.slice(0, 24)) void loadHistory(device)
})

/** Checkpoints carry no time: when this page first saw one is near enough. */
function withTime(size, root) {
  const before = state.numbers?.checkpoint
  if (before?.root === root) return before
  return { size, root, seenMs: Date.now() }
}

async function readPublic() {
  const [metricsText, checkpoint] = await Promise.all([
    getText('/metrics'),
    getText('/checkpoint').catch(() => undefined),
  ])
  const samples = parseMetrics(metricsText)
  const of = (name) => samples.get(`fieldproof_${name}`) ?? 0
  const refused = [...samples].filter(([name]) => name.startsWith('fieldproof_messages_refused'))
  const [, size, root] = checkpoint?.split('\n') ?? []
  return {
    accepted: of('readings_accepted_total'),
    perSecond: of('readings_per_second'),
    refused: refused.reduce((sum, [, n]) => sum + n, 0),
    entries: of('log_entries'),
    checkpoint: checkpoint ? withTime(Number(size), root) : undefined,
    lagRecords: of('store_lag_records'),
  }
}

async function readOperator() {
  const [status, devices] = await Promise.all([
    getJson('/api/status', state.token),
    getJson('/api/devices', state.token),
  ])
  const { counters, log, store } = status
  state.refused = counters.refused
  state.devices = devices
  return {
    accepted: counters.accepted,
    perSecond: counters.rate,
    refused: Object.values(counters.refused).reduce((sum, n) => sum + n, 0),
    entries: log.size,
    checkpoint: log.checkpointAtMs
      ? { size: checkpointSize(log), root: log.root, seenMs: log.checkpointAtMs }
      : undefined,
    lagRecords: store.lagRecords,
    store: store.error ?? store.kind,
  }
}

/** The second line of the checkpoint's text. */
function checkpointSize(log) {
  const size = Number(log.checkpoint.split('\n')[1])
  return Number.isFinite(size) ? size : log.size
}

async function refresh() {
  try {
    const ready = await fetch('/readyz', { cache: 'no-store' }).then((each) => each.json())
    const numbers = state.token ? await readOperator() : await readPublic()
    state.numbers = numbers
    for (const name of ['perSecond', 'entries', 'refused']) history.add(name, numbers[name])
    drawFigures(at('figures'), state.numbers, history, Date.now())
    if (state.token) drawOperator()
    showHealth(ready)
  } catch (error) {
    if (error instanceof Refused && error.status === 401) leave('This token is not the operator’s.')
    else showHealth(undefined)
  }
}

function showHealth(ready) {
  const health = at('health')
  const lost = ready?.degraded ?? []
  const level = !ready ? 'bad' : lost.length > 0 || !ready.ready ? 'warn' : 'good'
  health.className = `health ${level}`
  health.title = lost.join('\n')
  if (!ready) health.textContent = 'gateway not reachable'
  else if (!ready.ready) health.textContent = 'starting'
  else health.textContent = lost.length === 0 ? 'all well' : lost[0]
}

/** The last hour of a device, once. */
async function loadHistory({ device, latest }) {
  if (state.known.has(device)) return
  state.known.add(device)
  const to = Math.ceil(Date.now() / 1000)
  for (const { metric } of latest) {
    const query = new URLSearchParams({ metric, from: to - 3600, to, step: 120 })
    const path = `/api/devices/${device}/buckets?${query}`
    const buckets = await getJson(path, state.token).catch(() => [])
    series.prepend(
      device,
      metric,
      buckets.map(({ mean }) => mean),
    )
  }
  drawOperator()
}

function onEvent(event) {
  feed.add(event)
  if (event.type === 'reading') {
    const device = state.devices.find((each) => each.device === event.device)
    if (device) applyReading(device, event)
  }
  drawOperator()
}

function applyReading(device, event) {
  device.accepted += 1
  device.lastAtMs = event.atMs
  device.online = true
  for (const { metric, value, unit } of event.values) {
    series.add(device.device, metric, value)
    const latest = device.latest.find((each) => each.metric === metric)
    if (latest) latest.value = value
    else device.latest.push({ metric, value, unit, time: Math.floor(event.atMs / 1000) })
  }
}

async function approve(device, wanted) {
  try {
    await post(`/api/devices/${device}/approve`, wanted, state.token)
    void refresh()
    return undefined
  } catch (error) {
    return error.message
  }
}

function enter(token) {
  state.token = token
  storeToken(token)
  at('operator').hidden = false
  at('public').hidden = true
  at('leave').hidden = false
  state.stream?.abort()
  state.stream = new AbortController()
  void follow(token, onEvent, state.stream.signal)
  void refresh()
}

function leave(reason = '') {
  state.stream?.abort()
  state.token = undefined
  state.devices = []
  storeToken(undefined)
  at('operator').hidden = true
  at('public').hidden = false
  at('leave').hidden = true
  at('enter-error').textContent = reason
  void refresh()
}

async function start() {
  at('enter').addEventListener('submit', (event) => {
    event.preventDefault()
    const token = at('token').value.trim()
    at('token').value = ''
    at('enter-error').textContent = ''
    enter(token)
  })
  at('leave').addEventListener('click', () => leave())
  at('filter').addEventListener('input', drawOperator)
  window.addEventListener('hashchange', () => {
    const token = storedToken()
    if (token && token !== state.token) enter(token)
  })
  const token = storedToken()
  if (token) enter(token)
  else leave()
  state.gateway = await getJson('/gateway.json').catch(() => undefined)
  if (state.gateway) {
    at('network').textContent = state.gateway.network
    at('gateway').textContent = state.gateway.id
    at('vkey').textContent = `Verifier key of this log: ${state.gateway.vkey}`
  }
  setInterval(refresh, everyMs)
  void refresh()
}

void start()

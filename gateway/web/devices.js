/** Cards of the devices, and the forms that approve new ones. */
import { h, sparkline } from './dom.js'
import { ago, quantity } from './format.js'

/** Cards drawn at once; the filter finds the others. */
const cardsMax = 120
const samplesMax = 48

const chips = { active: 'chip', pending: 'chip warn', suspended: 'chip warn', revoked: 'chip bad' }

/** Samples per device and metric, for sparklines. */
export function createSeries() {
  const kept = new Map()
  return {
    of: (device, metric) => kept.get(`${device} ${metric}`) ?? [],
    add(device, metric, sample) {
      const name = `${device} ${metric}`
      const values = kept.get(name) ?? []
      values.push(sample)
      if (values.length > samplesMax) values.shift()
      kept.set(name, values)
    },
    /** History stands before what arrived live. */
    prepend(device, metric, samples) {
      const name = `${device} ${metric}`
      kept.set(name, [...samples, ...(kept.get(name) ?? [])].slice(-samplesMax))
    },
  }
}

export function drawDevices(target, devices, filter, series, nowMs) {
  const wanted = devices.filter(
    (each) => each.state !== 'pending' && matches(each, filter.trim().toLowerCase()),
  )
  const shown = wanted.slice(0, cardsMax)
  const cards = shown.map((each) => card(each, series, nowMs))
  if (wanted.length > shown.length)
    cards.push(
      h('p', { className: 'faint' }, `and ${wanted.length - shown.length} more; use the filter`),
    )
  if (wanted.length === 0)
    cards.push(
      h('p', { className: 'faint' }, 'No device yet. Plug in a board, or start the simulator.'),
    )
  target.replaceChildren(...cards)
  return shown
}

function matches(device, filter) {
  const { device: id, model, state, cell = '' } = device
  return filter === '' || `${id} ${model} ${state} ${cell}`.toLowerCase().includes(filter)
}

function card(device, series, nowMs) {
  const { device: id, state, online, lastAtMs } = device
  const fresh = lastAtMs !== undefined && nowMs - lastAtMs < 1500
  const refused = Object.values(device.refused).reduce((sum, n) => sum + n, 0)
  const facts = [
    device.model,
    device.firmware,
    device.transport,
    device.simulated ? 'simulated' : undefined,
    device.placement === 'indoor' ? 'indoor' : undefined,
  ]
  const counted = `${device.accepted} accepted${refused > 0 ? `, ${refused} refused` : ''}`
  return h(
    'article',
    { className: `card device${fresh ? ' fresh' : ''}` },
    h(
      'div',
      { className: 'top' },
      h('span', { className: `dot${online ? ' good' : ''}`, title: online ? 'online' : 'offline' }),
      h('span', { className: 'mono' }, id),
      h('span', { className: 'grow' }),
      state === 'active' ? undefined : h('span', { className: chips[state] }, state),
    ),
    h('div', { className: 'what faint' }, facts.filter(Boolean).join(' · ')),
    device.latest.map((latest) => reading(id, latest, series)),
    h(
      'div',
      { className: 'counted faint' },
      `${counted}${lastAtMs === undefined ? '' : ` · ${ago(lastAtMs, nowMs)}`}`,
    ),
  )
}

function reading(device, latest, series) {
  const samples = series.of(device, latest.metric)
  return h(
    'div',
    { className: 'reading' },
    h('span', {}, latest.metric.replace('_', ' ')),
    sparkline(samples, `${latest.metric} of ${device}`),
    h('span', { className: 'number' }, quantity(latest.value, latest.unit)),
  )
}

/** Forms for pending devices; kept while somebody types in one. */
export function drawPending(target, devices, approve) {
  const pending = devices.filter(({ state }) => state === 'pending')
  const ids = pending.map(({ device }) => device).join(' ')
  if (target.dataset.ids === ids) return
  target.dataset.ids = ids
  if (pending.length === 0) target.replaceChildren()
  else
    target.replaceChildren(
      h('h2', {}, 'Waiting for approval'),
      h(
        'div',
        { className: 'pending' },
        pending.map((device) => form(device, approve)),
      ),
    )
}

function form({ device, model, firmware }, approve) {
  const owner = input('owner', 'Owner, 0x…', '0x[0-9a-fA-F]{40}')
  const cell = input('cell', 'H3 cell, 87…', '8[0-7][0-9a-f]{13}')
  const placement = h(
    'select',
    { 'aria-label': 'Placement' },
    h('option', { value: 'outdoor' }, 'outdoor'),
    h('option', { value: 'indoor' }, 'indoor'),
  )
  const problem = h('span', { className: 'bad', role: 'alert' })
  const button = h('button', { type: 'submit' }, 'Approve')
  const onsubmit = async (event) => {
    event.preventDefault()
    button.disabled = true
    const wanted = { owner: owner.value, cell: cell.value, placement: placement.value }
    problem.textContent = (await approve(device, wanted)) ?? ''
    button.disabled = false
  }
  const name = h('span', { className: 'mono' }, device)
  const what = h('span', { className: 'faint' }, `${model} ${firmware}`)
  const parts = [name, what, owner, cell, placement, button, problem]
  return h('form', { className: 'card', onsubmit }, parts)
}

function input(className, placeholder, pattern) {
  const label = placeholder.split(',')[0]
  return h('input', { className, placeholder, pattern, required: true, 'aria-label': label })
}

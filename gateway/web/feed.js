/** The newest events as lines, and refusals by reason. */
import { h } from './dom.js'
import { clock, count, ends, quantity } from './format.js'

const linesMax = 60

export function createFeed() {
  const events = []
  return {
    add(event) {
      events.unshift(event)
      if (events.length > linesMax) events.pop()
    },
    draw(target) {
      if (events.length === 0)
        target.replaceChildren(
          h('li', {}, h('span'), h('span', { className: 'faint' }, 'listening')),
        )
      else target.replaceChildren(...events.map(line))
    },
  }
}

function line(event) {
  const { className, text } = words(event)
  return h(
    'li',
    {},
    h('time', {}, clock(event.atMs)),
    h('span', { className: `text ${className}` }, text),
  )
}

function words(event) {
  const { type, device } = event
  if (type === 'reading') {
    const values = event.values.map((each) => quantity(each.value, each.unit))
    return { className: '', text: `${device} #${event.seq}  ${values.join(', ')}` }
  }
  if (type === 'refusal')
    return { className: 'bad', text: `${device ?? event.transport} refused: ${event.reason}` }
  if (type === 'checkpoint')
    return { className: 'faint', text: `checkpoint over ${count(event.size)}, ${ends(event.root)}` }
  if (type === 'epoch')
    return { className: '', text: `epoch ${event.n} is closed, ${count(event.devices)} devices` }
  if (type === 'device') return { className: '', text: `${device} is ${event.state}` }
  return {
    className: event.level === 'info' ? 'faint' : 'bad',
    text: `${event.source}: ${event.text}`,
  }
}

export function drawRefusals(target, refused) {
  const rows = Object.entries(refused)
    .filter(([, n]) => n > 0)
    .sort((a, b) => b[1] - a[1])
  const most = rows[0]?.[1] ?? 1
  if (rows.length === 0)
    target.replaceChildren(h('span', { className: 'faint' }, 'Nothing was refused.'))
  else
    target.replaceChildren(
      ...rows.map(([reason, n]) =>
        h(
          'div',
          { className: 'refusal' },
          h('span', {}, reason),
          bar(n / most),
          h('b', {}, count(n)),
        ),
      ),
    )
}

function bar(part) {
  const filled = h('span')
  filled.style.width = `${Math.max(2, 100 * part)}%`
  return h('span', { className: 'bar-of', 'aria-hidden': 'true' }, filled)
}

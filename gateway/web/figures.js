/** The row of figures that everyone sees; for the operator with a little more. */
import { h, sparkline } from './dom.js'
import { ago, count, ends, rate } from './format.js'

/** How many samples a sparkline shows: two minutes, one each 2 s. */
const samplesMax = 60

/** Keeps the last samples of each figure, for its sparkline. */
export function createHistory() {
  const kept = new Map()
  return {
    add(name, value) {
      const values = kept.get(name) ?? []
      values.push(value)
      if (values.length > samplesMax) values.shift()
      kept.set(name, values)
    },
    of: (name) => kept.get(name) ?? [],
  }
}

function figure(label, value, note, spark) {
  return h(
    'div',
    { className: 'card figure' },
    h('div', { className: 'label' }, label),
    value,
    note,
    spark,
  )
}

function big(text, small) {
  return h('div', { className: 'value' }, text, small ? h('small', {}, ` ${small}`) : '')
}

function note(text) {
  return h('div', { className: 'note', title: text }, text)
}

/** `numbers`: as read by app.js from the status or from the public metrics. */
export function drawFigures(target, numbers, history, nowMs) {
  const { accepted, perSecond, refused, entries, checkpoint, lagRecords, store } = numbers
  target.replaceChildren(
    figure(
      'Accepted readings',
      big(rate(perSecond), 'per second'),
      note(`${count(accepted)} in all`),
      sparkline(history.of('perSecond'), 'readings per second, last two minutes'),
    ),
    figure(
      'Log entries',
      big(count(entries)),
      note('append-only, provable'),
      sparkline(history.of('entries'), 'log entries, last two minutes'),
    ),
    figure(
      'Signed checkpoint',
      big(checkpoint ? count(checkpoint.size) : '–', checkpoint ? 'entries' : 'none yet'),
      checkpoint ? note(`root ${ends(checkpoint.root)}`) : undefined,
      checkpoint ? note(ago(checkpoint.seenMs, nowMs)) : undefined,
    ),
    figure(
      'Refused',
      big(count(refused)),
      note(refused === 0 ? 'nothing was refused' : 'forged, repeated or malformed'),
      sparkline(history.of('refused'), 'refusals, last two minutes'),
    ),
    figure(
      'Series store',
      big(lagRecords === 0 ? 'in step' : count(lagRecords), lagRecords === 0 ? '' : 'behind'),
      note(store ?? ''),
    ),
  )
}

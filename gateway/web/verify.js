/** The page that checks proof files: same core as `fieldproof verify`, nothing is sent anywhere. */
import { h } from './dom.js'
import { verifyProofFile } from './proofLinks.js'
import { factsOf, steps } from './verifyWords.js'

/** Beyond what any proof file may have: the check says that it is too long without reading it all. */
const bytesReadMax = 1024 * 1024 + 1
const at = (id) => document.getElementById(id)

async function check(file) {
  const bytes = new Uint8Array(await file.slice(0, bytesReadMax).arrayBuffer())
  draw(file.name, verifyProofFile(bytes))
}

function draw(name, report) {
  const { failed } = report
  at('verdict-card').className = `verdict card ${failed ? 'bad' : 'good'}`
  at('verdict').textContent = failed ? 'This proof does not hold' : 'Every step holds'
  at('verdict-text').textContent = failed
    ? `${name} breaks at the step “${planOf(failed.link)}”: ${failed.detail}.`
    : closing(name, report)
  at('links').replaceChildren(...steps.flatMap((step) => rowOf(step, report)))
  at('outcome').hidden = !report.outcome
  at('facts').replaceChildren(
    ...(report.outcome ? factsOf(report.outcome) : []).flatMap(([label, text]) => [
      h('dt', {}, label),
      h('dd', {}, text),
    ]),
  )
  at('result').hidden = false
  at('verdict').focus()
}

function planOf(link) {
  return steps.find((step) => step.link === link)?.plain ?? link
}

function closing(name, { file, outcome }) {
  const start = `${name} is good for gateway ${file.gateway.id}.`
  return outcome
    ? `${start} Compare that name with your gateway’s.`
    : `${start} The epoch of this reading was still open: a later proof also shows what it came to.`
}

/** A link that the file has; after the first that failed, those that could not be checked. */
function rowOf(step, { links, failed, file }) {
  const found = links.find(({ link }) => link === step.link)
  if (!found) return failed && hasPart(step.link, file) ? [row('skipped', step)] : []
  const title = found.ok ? step.title(file ?? {}) : step.plain
  // Who must have signed is said to the command; without that, nothing was shown and nothing failed.
  const good = step.link === 'witness' ? 'idle' : 'good'
  return [row(found.ok ? good : 'bad', step, title, found.detail)]
}

/** Whether a link was to come, as far as the file can be read. */
function hasPart(link, file) {
  const ofEpoch = ['record', 'epoch', 'contribution', 'reading', 'reward'].includes(link)
  return !ofEpoch || !file || file.epoch !== undefined
}

const marks = {
  good: ['✓', 'holds'],
  bad: ['✗', 'broken'],
  idle: ['–', 'not asked'],
  skipped: ['–', 'not checked'],
}

function row(state, step, title = step.plain, detail = '') {
  const [mark, word] = marks[state]
  return h(
    'li',
    { className: state, 'data-link': step.link },
    h('span', { className: 'mark', 'aria-hidden': 'true' }, mark),
    h('span', { className: 'title' }, title),
    h('span', { className: 'word' }, word),
    detail && h('span', { className: 'detail mono' }, detail),
  )
}

at('choose').addEventListener('change', ({ target }) => {
  const [file] = target.files
  // The same file may be chosen again after it was changed.
  if (file) void check(file).finally(() => (target.value = ''))
})
document.addEventListener('dragover', (event) => {
  event.preventDefault()
  document.body.classList.add('dragging')
})
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) document.body.classList.remove('dragging')
})
document.addEventListener('drop', (event) => {
  event.preventDefault()
  document.body.classList.remove('dragging')
  const [file] = event.dataTransfer.files
  if (file) void check(file)
})

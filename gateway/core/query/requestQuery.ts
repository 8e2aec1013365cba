/** The member `q` of a request: which rows it is about. */
import { windowTimeMax, windowTimeMin } from '../limits.js'
import type { MetricName } from '../metric.js'
import { isLabel, isReleased } from '../privacy/rowKey.js'
import { daySec } from '../privacy/steps.js'
import { formatDuration, parseDuration, parseInstant } from '../time.js'
import { type Judged, judged, problem } from './problem.js'
import { isCount, isObject, type Members, unknownMember } from './requestForm.js'
import type { Selection } from './selection.js'

/** Some cells of a metric, at one length of windows. */
export interface Place {
  readonly metric: MetricName
  /** Ascending, each once. */
  readonly cells: readonly string[]
  /** Seconds. */
  readonly step: number
}

/** What there are rows of. */
export interface Released {
  /** Lengths of windows of which the metric has rows, seconds; none where it is not released. */
  steps(metric: MetricName): readonly number[]
  /** Length of its windows today; `undefined` where it is not released today. */
  today(metric: MetricName): number | undefined
}

/** A place, and how many cells were sent: duplicates count. */
export interface SentPlace {
  readonly place: Place
  readonly sentCells: number
}

export interface SentRange extends SentPlace {
  readonly selection: Selection
}

/** The number that `epoch` names, in q or beside it; none for the newest. */
export function readEpoch({ q, n }: Members): Judged<number | undefined> {
  if (q === undefined && n === undefined) return judged(undefined)
  const named = q === undefined ? { n } : q
  const isOnce = q === undefined || n === undefined
  if (isOnce && isObject(named) && unknownMember(named, ['n']) === undefined)
    if (isCount(named.n) && named.n > 0) return judged(named.n)
  return problem('bad-request', 'Expected n: the number of an epoch, from 1.')
}

/** q of `latest`, `subscribe` and `unsubscribe`: metric, cells, and step where it is not today's. */
export function readPlace(q: unknown, released: Released): Judged<SentPlace> {
  return readMembers(q, ['metric', 'cells'], ['step'], released)
}

/** q of `query`, `quote` and `proof`. */
export function readRange(q: unknown, released: Released): Judged<SentRange> {
  const sent = readMembers(q, ['metric', 'cells', 'from', 'to', 'step'], [], released)
  if (!sent.ok) return sent
  const { from, to } = q as Members
  const [start, end] = [readTime(from), readTime(to)]
  if (start === undefined || end === undefined)
    return problem('bad-request', `Expected q.from and q.to: ${timeForm}.`)
  if (start >= end) return problem('bad-request', 'Expected q.from before q.to.')
  return judged({ ...sent.value, selection: { ...sent.value.place, from: start, to: end } })
}

/** q of `export`: metric, cells, a UTC day, and step where it is not today's. */
export function readDay(q: unknown, released: Released): Judged<SentRange> {
  const sent = readMembers(q, ['metric', 'cells', 'day'], ['step'], released)
  if (!sent.ok) return sent
  const { day } = q as Members
  const from = typeof day === 'string' ? readTime(`${day}T00:00:00Z`) : undefined
  if (from === undefined) return problem('bad-request', 'Expected q.day: a UTC day, 2026-11-21.')
  return judged({ ...sent.value, selection: { ...sent.value.place, from, to: from + daySec } })
}

const timeForm = 'whole seconds in UTC, 2026-11-21T00:00:00Z'

/** Unix seconds of ten digits. */
function readTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? parseInstant(value) : undefined
  return time !== undefined && time >= windowTimeMin && time <= windowTimeMax ? time : undefined
}

function readMembers(
  q: unknown,
  required: readonly string[],
  optional: readonly string[],
  released: Released,
): Judged<SentPlace> {
  if (!isObject(q)) return problem('bad-request', `Expected q: an object with ${required.join()}.`)
  const unknown = unknownMember(q, [...required, ...optional])
  if (unknown !== undefined) return problem('bad-request', `q has no member ${unknown} here.`)
  const missing = required.find((name) => q[name] === undefined)
  if (missing !== undefined) return problem('bad-request', `q.${missing} is missing.`)
  const { metric, cells, step } = q
  const steps = typeof metric === 'string' && isReleased(metric) ? released.steps(metric) : []
  if (steps.length === 0)
    return problem('bad-request', 'Expected q.metric: one that the catalogue lists.')
  if (!isCells(cells))
    return problem('bad-request', 'Expected q.cells: a list of H3 indexes of resolution 3 to 7.')
  const name = metric as MetricName
  const seconds = readStep(name, step, steps, released)
  if (!seconds.ok) return seconds
  const place = { metric: name, cells: [...new Set(cells)].sort(), step: seconds.value }
  return judged({ place, sentCells: cells.length })
}

function isCells(value: unknown): value is string[] {
  if (!Array.isArray(value) || value.length === 0) return false
  return value.every((cell) => typeof cell === 'string' && isLabel(cell))
}

function readStep(
  metric: MetricName,
  step: unknown,
  steps: readonly number[],
  released: Released,
): Judged<number> {
  const asked = step === undefined ? released.today(metric) : seconds(step)
  if (asked !== undefined && steps.includes(asked)) return judged(asked)
  const texts = steps.map(formatDuration).join(' or ')
  return problem('bad-request', `Expected q.step: ${metric} has rows of ${texts}.`)
}

function seconds(step: unknown): number | undefined {
  return typeof step === 'string' ? parseDuration(step) : undefined
}

/** Reads the `q` of a query or an answer (PROTOCOL 8) as what it selects. */
import { windowTimeMax, windowTimeMin } from '../limits.js'
import { isLabel, isReleased } from '../privacy/rowKey.js'
import { isWindowStep } from '../privacy/windows.js'
import { parseDuration, parseInstant } from '../time.js'
import { accept, type Result, refuse } from '../verdict.js'
import type { Selection } from './selection.js'

const names = ['cells', 'from', 'metric', 'step', 'to']

/** Cells in order, each once, whatever their order was; `malformed` with what is wrong otherwise. */
export function readSelection(value: unknown): Result<Selection> {
  if (typeof value !== 'object' || value === null) return refuse('malformed', 'q is not an object')
  if (Object.keys(value).sort().join() !== names.join())
    return refuse('malformed', `q has not exactly the members ${names.join(', ')}`)
  const { metric, cells, ...times } = value as Record<string, unknown>
  if (typeof metric !== 'string' || !isReleased(metric))
    return refuse('malformed', 'q.metric is none that is released')
  if (!Array.isArray(cells) || cells.length === 0 || !cells.every(isLabelText))
    return refuse('malformed', 'q.cells are not cells of resolution 3 to 7')
  const step = typeof times.step === 'string' ? parseDuration(times.step) : undefined
  if (step === undefined || !isWindowStep(step))
    return refuse('malformed', 'q.step is no length of a window such as PT1H')
  const [from, to] = [times.from, times.to].map(timeOf)
  if (from === undefined || to === undefined || from >= to)
    return refuse(
      'malformed',
      'q.from and q.to are not two times in UTC, the first before the other',
    )
  return accept({ metric, cells: [...new Set(cells)].sort(), step, from, to })
}

function isLabelText(value: unknown): value is string {
  return typeof value === 'string' && isLabel(value)
}

/** Times of rows have ten digits, so that keys in text order are in the order of time. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? parseInstant(value) : undefined
  return time !== undefined && time >= windowTimeMin && time <= windowTimeMax ? time : undefined
}

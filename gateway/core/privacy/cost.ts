/** What a durable release record costs. The row itself is the record: cost and row are one. */
import { isRegistrableCell } from '../device/cell.js'
import { metricByName } from '../metric.js'
import { accept, type Result, refuse } from '../verdict.js'
import { parseEpsilon, type Rational } from './rational.js'
import { daySec, windowSteps } from './steps.js'

/** Epsilon spent by every owner of a node, in one UTC day. */
export interface Cost {
  /** `metric|cell|step|t`: a row is released once. */
  readonly key: string
  readonly metric: string
  readonly cell: string
  /** 00:00 UTC of the day whose readings the row is of, Unix seconds. */
  readonly dayStart: number
  readonly epsilon: Rational
}

/**
 * The cost of a released row (PROTOCOL 7); `undefined` for one that costs nothing: withheld because
 * of its roster, or k-anonymous. Anything that cannot be understood whole is `malformed`, never
 * free.
 */
export function readCost(record: unknown): Result<Cost | undefined> {
  if (typeof record !== 'object' || record === null) return refuse('malformed', 'no release record')
  const { cell, class: released, epsilon, metric, step, t } = record as Record<string, unknown>
  const known = typeof metric === 'string' ? metricByName(metric) : undefined
  if (known === undefined || known.class === 'none') return refuse('malformed', 'unknown metric')
  if (typeof cell !== 'string' || !isRegistrableCell(cell)) return refuse('malformed', 'no cell')
  if (typeof step !== 'number' || !windowSteps.includes(step)) return refuse('malformed', 'no step')
  if (typeof t !== 'number' || !Number.isSafeInteger(t) || t < 0 || t % step !== 0)
    return refuse('malformed', 't is no start of a window')
  if (released === 'withheld' && epsilon === undefined) return accept(undefined)
  if (released === 'k-anonymous' && epsilon === undefined && known.class === 'environment')
    return accept(undefined)
  if (released !== 'differentially-private') return refuse('malformed', 'unknown class of release')
  const spent = parseEpsilon(epsilon)
  if (!spent.ok) return spent
  const key = `${known.name}|${cell}|${step}|${t}`
  return accept({ key, metric: known.name, cell, dayStart: t - (t % daySec), epsilon: spent.value })
}

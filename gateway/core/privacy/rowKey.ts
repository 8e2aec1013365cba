/** The name of an aggregate row, `metric|cell|step|t` (PROTOCOL 7). Text order is the order of trees. */
import { cellResolution } from '../device/cell.js'
import { cellResolutionMax, labelResolutionMin } from '../limits.js'
import { type MetricName, metricByName } from '../metric.js'
import { isWindowStart, isWindowStep } from './windows.js'

export interface RowKey {
  readonly metric: MetricName
  /** Label of the node: an H3 index of resolution 3 to 7. */
  readonly cell: string
  /** Length of the window, seconds. */
  readonly step: number
  /** Start of the window, Unix seconds. */
  readonly t: number
}

/** The key as text. */
export function formatRowKey({ metric, cell, step, t }: RowKey): string {
  return `${metric}|${cell}|${step}|${t}`
}

/** Whether a metric is released at all: all but those of class `none`. */
export function isReleased(metric: string): metric is MetricName {
  const row = metricByName(metric)
  return row !== undefined && row.class !== 'none'
}

/** Whether a cell may be the label of a node: resolution 3 to 7. */
export function isLabel(cell: string): boolean {
  const resolution = cellResolution(cell)
  return (
    resolution !== undefined && resolution >= labelResolutionMin && resolution <= cellResolutionMax
  )
}

/** The parts of a key in its one form; a text that says what is wrong with any other. */
export function parseRowKey(text: string): RowKey | string {
  const [metric = '', cell = '', stepText = '', timeText = '', ...rest] = text.split('|')
  const [step, t] = [Number(stepText), Number(timeText)]
  if (rest.length > 0 || `${step}|${t}` !== `${stepText}|${timeText}`)
    return `${text} is not metric|cell|step|t`
  if (!isReleased(metric)) return `${text} names no metric that is released`
  if (!isLabel(cell)) return `${text} names no cell of resolution 3 to 7`
  if (!isWindowStep(step)) return `${text} names no length of a window`
  if (!isWindowStart(step, t)) return `${text} names no start of such a window`
  return { metric, cell, step, t }
}

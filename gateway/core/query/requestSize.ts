/** How much a request may ask for (PROTOCOL 8); its form has been read. */
import { pageRowsMax, queryCellsMax, queryDaysMax, queryWindowsMax } from '../limits.js'
import { daySec } from '../privacy/steps.js'
import { formatDuration } from '../time.js'
import { type Problem, problem } from './problem.js'
import type { SentPlace, SentRange } from './requestQuery.js'

type Fault = { readonly ok: false; readonly problem: Problem }

/** Windows of that length which a query may span: 31 d at PT1H, 366 d at P1D, 744 of any other. */
export function windowsMax(step: number): number {
  return step === daySec ? queryDaysMax : queryWindowsMax
}

/** What is too much: cells as sent, then time. An export is of a day, whatever its step. */
export function sizeFault(sent: SentPlace | SentRange): Fault | undefined {
  if (sent.sentCells > queryCellsMax)
    return problem('too-large', `Expected at most ${queryCellsMax} cells.`)
  if (!('selection' in sent)) return undefined
  const { from, to, step } = sent.selection
  const seconds = Math.max(daySec, windowsMax(step) * step)
  return to - from > seconds
    ? problem(
        'too-large',
        `Expected at most ${formatDuration(seconds)} of ${formatDuration(step)}.`,
      )
    : undefined
}

export function pageFault(limit: number): Fault | undefined {
  return limit > pageRowsMax
    ? problem('too-large', `Expected page.limit: at most ${pageRowsMax} rows.`)
    : undefined
}

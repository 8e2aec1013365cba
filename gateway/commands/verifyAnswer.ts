/** What `fieldproof verify` says of an answer to a query. */
import { Failure } from '../core/failure.js'
import type { Comparison } from '../core/proof/against.js'
import { compareRecords, recordsOfOther } from '../core/query/answerAgainst.js'
import {
  type AnswerOutcome,
  type AnswerReport,
  wordsOfSelection,
} from '../core/query/verifyAnswer.js'
import { formatDuration, formatInstant } from '../core/time.js'
import { print, printJson } from './output.js'
import { printLinks, tellComparison } from './verifyFork.js'

/** Another file that the answer's epoch records are compared with. */
export interface OtherFile {
  readonly name: string
  readonly text: string
}

/** Prints a report; rejects with Failure('check') where a link is broken or the records differ. */
export function tellAnswer(
  report: AnswerReport,
  other: OtherFile | undefined,
  json: boolean,
): void {
  const { failed, outcome } = report
  const compared = outcome && other && compareWith(outcome, other)
  if (json) printJson({ ...summary(report), ...(compared && { against: compared }) })
  else {
    printLinks(report.links)
    if (outcome !== undefined) for (const line of wordsOf(outcome)) print(line)
  }
  if (failed !== undefined)
    throw new Failure('check', `broken link: ${failed.link}: ${failed.detail}`)
  if (compared !== undefined) tellComparison(compared, json, 'compare answers of the same days')
}

function compareWith(outcome: AnswerOutcome, { name, text }: OtherFile): Comparison {
  const records = recordsOfOther(text, outcome)
  if (!records.ok) throw new Failure('check', `${name} cannot be compared: ${records.detail}`)
  return compareRecords(outcome.records, records.value)
}

function summary({ ok, links, failed, outcome }: AnswerReport): object {
  const base = { kind: 'answer', ok, links, failed: failed?.link ?? null }
  if (outcome === undefined) return base
  const { gateway, network, selection, rows, withheld, records, beginsAfter, endsAt } = outcome
  const { metric, cells, step, from, to } = selection
  const times = { from: formatInstant(from), to: formatInstant(to), step: formatDuration(step) }
  return {
    ...base,
    gateway,
    network: network ?? null,
    q: { metric, cells, ...times },
    rows: rows.length,
    withheld,
    epochs: [...records.keys()],
    beginsAfter,
    endsAt,
  }
}

function wordsOf(outcome: AnswerOutcome): string[] {
  const { gateway, network, selection, rows, withheld, beginsAfter, endsAt } = outcome
  const lines = [
    `\nThese ${rows.length} rows are exactly what gateway ${gateway} published for this query:`,
    `  ${wordsOfSelection(selection)}${network === undefined ? '' : `, network ${network}`}`,
    `  ${selection.cells.join(' ')}`,
  ]
  if (withheld > 0) lines.push(`${withheld} of them say that nothing could be released.`)
  if (beginsAfter !== null) lines.push(`A part: it begins behind ${beginsAfter}.`)
  if (endsAt !== null) lines.push(`A part: rows behind ${endsAt} are in further pages.`)
  lines.push(
    'Not shown: that others were told the same. Compare the records with those of another',
    'person, or of the gateway: --against theirs.json, or the JSON of its /epochs.',
  )
  return lines
}

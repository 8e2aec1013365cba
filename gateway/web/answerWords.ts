/** The links of an answer to a query and what it shows, in a buyer's words. */
import type { AnswerLinkName, AnswerOutcome } from '../core/query/verifyAnswer.js'
import { number } from './proofWords.js'

/** Every link in order: its title when it holds; `plain` where nothing is known. */
export const answerSteps: readonly { link: AnswerLinkName; plain: string; title(): string }[] = [
  { link: 'file', plain: 'The file is an answer', title: () => 'The file is an answer' },
  {
    link: 'gateway',
    plain: 'The answer is the gateway’s',
    title: () => 'The name of the gateway follows from its key',
  },
  {
    link: 'pages',
    plain: 'The pages follow each other',
    title: () => 'The pages follow each other, and answer one query',
  },
  {
    link: 'proof',
    plain: 'The answer carries its proof',
    title: () => 'Each stretch of rows has its place in an epoch',
  },
  {
    link: 'rows',
    plain: 'The rows are those that were published',
    title: () => 'No row was changed, dropped, added or moved',
  },
]

/** What follows the name of a file that holds. */
export function answerClosing({ gateway, beginsAfter, endsAt }: AnswerOutcome): string {
  const part = beginsAfter !== null || endsAt !== null
  const start = `has ${part ? 'a part of what' : 'exactly what'} gateway ${gateway} published.`
  return `${start} Compare that name with the one you bought from.`
}

/** Pairs of label and text. */
export function answerFacts(outcome: AnswerOutcome): [string, string][] {
  const { network, selection, rows, withheld, records, beginsAfter, endsAt } = outcome
  const { metric, step, cells, from, to } = selection
  const facts: [string, string][] = [
    ['Metric', `${metric}, windows of ${number(step)} s`],
    ['Cells', cells.join(', ')],
    ['From', instant(from)],
    ['To', instant(to)],
    ['Rows', `${number(rows.length)}, of which ${number(withheld)} say that nothing was released`],
    ['Epochs', [...records.keys()].join(', ') || 'none'],
    ['Network', network ?? 'not named'],
  ]
  if (beginsAfter !== null) facts.push(['Begins behind', beginsAfter])
  if (endsAt !== null) facts.push(['Ends with', `${endsAt}; rows behind it are in further pages`])
  return [
    ...facts,
    ['Not shown', 'That others were told the same: fieldproof verify --against compares.'],
  ]
}

function instant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

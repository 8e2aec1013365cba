/**
 * Verifies an answer file offline (schemas/range-proofs.md): a list of links, each checked for every
 * page, and only once those before it hold, so that the first one that fails is the one to name.
 * What it shows: these are all rows that the gateway published for that query, as it published them.
 * What it does not: that they are true, and that the gateway told everybody the same.
 */
import { fromB64u } from '../bytes.js'
import type { VerifySignature } from '../device/message.js'
import type { AggregateRow } from '../privacy/row.js'
import { formatRowKey } from '../privacy/rowKey.js'
import { formatDuration, formatInstant } from '../time.js'
import { accept, type Result, refuse } from '../verdict.js'
import type { Answer } from './answer.js'
import { parseAnswerFile } from './answerFile.js'
import {
  checkAnswerGateway,
  checkFollows,
  checkProofGiven,
  createRowsChecker,
} from './answerPage.js'
import type { RangeElementJson } from './rangeElement.js'
import type { Selection } from './selection.js'

export type AnswerLinkName = 'file' | 'gateway' | 'pages' | 'proof' | 'rows'

/** One link of the chain; `detail` is for people. */
export interface AnswerLink {
  link: AnswerLinkName
  ok: boolean
  detail: string
}

/** What an answer shows once every link holds. */
export interface AnswerOutcome {
  gateway: string
  /** Ed25519, 32 bytes. */
  gatewayKey: Uint8Array
  /** `undefined` where the query has no window, and so no record. */
  network: string | undefined
  selection: Selection
  rows: readonly AggregateRow[]
  /** Rows that say that nothing could be released. */
  withheld: number
  /** COSE bytes of the epoch records, by number, ascending. */
  records: ReadonlyMap<number, Uint8Array>
  /** The row that the file begins behind, and the one with which it ends: null where it is whole there. */
  beginsAfter: string | null
  endsAt: string | null
}

export interface AnswerReport {
  ok: boolean
  /** Links in order; the last one is the one that failed, if one did. */
  links: AnswerLink[]
  failed: AnswerLink | undefined
  outcome: AnswerOutcome | undefined
}

export interface VerifyAnswerOptions {
  /** The gateway that must have answered; without it, the file's own word is taken. */
  gateway?: string
  verify?: VerifySignature
}

interface Context {
  readonly pages: readonly Answer[]
  readonly options: VerifyAnswerOptions
}

const links: readonly {
  readonly link: AnswerLinkName
  readonly check: (context: Context) => Result<string>
}[] = [
  { link: 'gateway', check: checkGateway },
  { link: 'pages', check: checkPages },
  { link: 'proof', check: checkProof },
]

/** Checks the text of an answer file link by link, up to the first one that fails. */
export function verifyAnswerFile(text: string, options: VerifyAnswerOptions = {}): AnswerReport {
  const reports: AnswerLink[] = []
  const note = (link: AnswerLinkName, found: Result<string>): boolean => {
    reports.push({ link, ok: found.ok, detail: found.ok ? found.value : found.detail })
    return found.ok
  }
  const parsed = parseAnswerFile(text)
  if (!parsed.ok) {
    note('file', parsed)
    return reportOf(reports, undefined)
  }
  const pages = parsed.value
  note('file', accept(`${counted(pages.length, 'page')} of an answer`))
  for (const { link, check } of links)
    if (!note(link, check({ pages, options }))) return reportOf(reports, undefined)
  const outcome = checkRows(pages, options)
  note('rows', outcome.ok ? accept(rowsDetail(outcome.value)) : outcome)
  return reportOf(reports, outcome.ok ? outcome.value : undefined)
}

function reportOf(reports: AnswerLink[], outcome: AnswerOutcome | undefined): AnswerReport {
  const failed = reports.find(({ ok }) => !ok)
  return { ok: failed === undefined, links: reports, failed, outcome }
}

function checkGateway({ pages, options }: Context): Result<string> {
  return checkAnswerGateway(pages[0]!, options.gateway)
}

/** One page may stand alone; several are the whole answer. */
function checkPages({ pages }: Context): Result<string> {
  const [first, last] = [pages[0]!, pages.at(-1)!]
  for (const [i, page] of pages.entries()) {
    const follows = i === 0 ? undefined : checkFollows(page, pages[i - 1]!)
    if (follows?.ok === false) return refuse(follows.reason, `page ${i + 1}: ${follows.detail}`)
  }
  const query = wordsOfSelection(first.selection)
  if (pages.length === 1) return accept(first.isCut || first.after ? `a part of ${query}` : query)
  if (first.after !== undefined)
    return refuse('malformed', 'the pages before the first one of the file are missing')
  return last.isCut
    ? refuse('malformed', 'the pages behind the last one of the file are missing')
    : accept(`all of ${query}`)
}

function checkProof({ pages }: Context): Result<string> {
  let elements = 0
  for (const [i, page] of pages.entries()) {
    const proof = checkProofGiven(page)
    if (!proof.ok) return refuse(proof.reason, `${placeOf(pages, i)}${proof.detail}`)
    elements += proof.value.length
  }
  return accept(`${counted(elements, 'stretch', 'es')} of rows, each with its place in an epoch`)
}

function checkRows(
  pages: readonly Answer[],
  { verify }: VerifyAnswerOptions,
): Result<AnswerOutcome> {
  const checker = createRowsChecker(verify)
  const rows: AggregateRow[] = []
  const records = new Map<number, Uint8Array>()
  for (const [i, page] of pages.entries()) {
    const found = checker.check(page)
    if (!found.ok) return refuse(found.reason, `${placeOf(pages, i)}${found.detail}`)
    rows.push(...found.value)
    // They were read when the page was checked.
    for (const { epoch, record } of page.proof as readonly RangeElementJson[])
      records.set(epoch, fromB64u(record)!)
  }
  const [first, last] = [pages[0]!, pages.at(-1)!]
  const end = last.isCut ? rows.at(-1) : undefined
  return accept({
    gateway: first.gateway.id,
    gatewayKey: first.gateway.key,
    network: checker.network,
    selection: first.selection,
    rows,
    withheld: rows.filter((row) => row.class === 'withheld').length,
    records: new Map([...records].sort(([a], [b]) => a - b)),
    beginsAfter: first.after === undefined ? null : formatRowKey(first.after),
    endsAt: end === undefined ? null : formatRowKey(end),
  })
}

function placeOf(pages: readonly Answer[], i: number): string {
  return pages.length > 1 ? `page ${i + 1}: ` : ''
}

function rowsDetail({ rows, records }: AnswerOutcome): string {
  const epochs = [...records.keys()]
  const [first, last] = [epochs[0], epochs.at(-1)]
  const span = first === last ? `epoch ${first}` : `epochs ${first} to ${last}`
  const source = first === undefined ? 'no epoch' : span
  return `${counted(rows.length, 'row')}, exactly those that the gateway published in ${source}`
}

/** What a query asked for: `pm25, windows of PT1H, 2 cells, from .. to ..`. */
export function wordsOfSelection({ metric, step, cells, from, to }: Selection): string {
  const times = `from ${formatInstant(from)} to ${formatInstant(to)}`
  return `${metric}, windows of ${formatDuration(step)}, ${counted(cells.length, 'cell')}, ${times}`
}

function counted(count: number, noun: string, plural = 's'): string {
  return `${count} ${noun}${count === 1 ? '' : plural}`
}

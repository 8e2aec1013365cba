/** `query`, `quote`, `proof` and `latest`: rows that were released, counted, sold or proved. */
import { assert } from '../../core/failure.js'
import { answerBytesMax } from '../../core/limits.js'
import type { ChargeRecord } from '../../core/market/record.js'
import { formatRowKey } from '../../core/privacy/rowKey.js'
import { type Judged, judged, problem } from '../../core/query/problem.js'
import type { BuyerRequest, RangeAsk } from '../../core/query/request.js'
import type { Place } from '../../core/query/requestQuery.js'
import {
  formatAnswer,
  formatItems,
  formatMembers,
  placeJson,
  rangeJson,
  sizeOf,
} from './envelope.js'
import type { AnswerParts, Draft } from './parts.js'
import type { PageProof } from './prove.js'
import { countRows, type RowsPage, readPage, readSold, saleOf } from './rows.js'

/** What all of it would cost, over all pages behind the cursor. */
export async function quote(parts: AnswerParts, ask: RangeAsk): Promise<Judged<Draft>> {
  const { selection, after } = ask
  const span = await parts.prover.spanOf(selection)
  if (!span.ok) return span
  const { rows, priced } = await countRows(parts.releases, selection, after)
  const cost = priced * parts.terms.priceOf(selection.metric)
  const members = formatMembers({ q: rangeJson(selection), quote: { rows, cost } })
  return judged({ members, sale: undefined })
}

/**
 * A page of rows, with their proof where it is asked for, as long as one message may be. `sold`: the
 * page was paid for before; it has those rows again.
 */
export async function query(
  parts: AnswerParts,
  id: string,
  ask: RangeAsk,
  sold: ChargeRecord | undefined,
): Promise<Judged<Draft>> {
  const { selection, after, limit, withProof } = ask
  const span = await parts.prover.spanOf(selection)
  if (!span.ok) return span
  const whole: RowsPage =
    sold === undefined
      ? await readPage(parts.releases, selection, after, limit)
      : { rows: await readSold(parts.releases, sold), isCut: sold.cut ?? false }
  for (let length = whole.rows.length; ; ) {
    const page: RowsPage = {
      rows: whole.rows.slice(0, length),
      isCut: whole.isCut || length < whole.rows.length,
    }
    const proof = withProof
      ? await parts.prover.prove(span.value, selection, after, page)
      : judged(undefined)
    if (!proof.ok && proof.problem.type !== 'too-large') return proof
    const draft = proof.ok ? draftOf(parts, ask, page, proof.value) : undefined
    const size = draft === undefined ? 2 * answerBytesMax : sizeWith(parts, id, draft)
    if (draft !== undefined && size <= answerBytesMax) return judged(draft)
    // What was paid for was an answer once, so it fits; its proof may have come since, and may not.
    if (sold !== undefined && withProof) return query(parts, id, { ...ask, withProof: false }, sold)
    if (length <= 1)
      return problem('too-large', 'No page fits an answer: ask for fewer cells or days.')
    const share = Math.floor((length * answerBytesMax * 0.95) / size)
    length = Math.max(1, Math.min(length - 1, share))
  }
}

function draftOf(
  { terms }: AnswerParts,
  { op, selection, after }: RangeAsk,
  { rows, isCut }: RowsPage,
  proof: PageProof | undefined,
): Draft {
  const last = rows.at(-1)
  assert(!isCut || last !== undefined, 'a cut page has a row')
  const page = {
    after: after === undefined ? null : formatRowKey(after),
    next: isCut ? last!.key : null,
  }
  const isSold = op === 'query'
  const { metric, step } = selection
  return {
    members: [
      formatMembers({ q: rangeJson(selection) }),
      ...(isSold ? [formatItems(rows)] : []),
      formatMembers({ page, ...(proof !== undefined && { proof }) }),
    ].join(),
    sale: isSold ? saleOf({ metric, step }, rows, terms.priceOf(metric), isCut) : undefined,
  }
}

/** Digits of a meter that is not known yet, at their longest. */
const longest = { cost: 2 ** 53 - 1, balance: 2 ** 53 - 1, remaining: 2 ** 53 - 1 }

/** Bytes of the answer at the most: counted exactly only where three for each unit would be too many. */
function sizeWith({ terms }: AnswerParts, id: string, { members }: Draft): number {
  const text = formatAnswer(terms, id, members, longest)
  return 3 * text.length <= answerBytesMax ? 3 * text.length : sizeOf(text)
}

/** The newest row of each cell that has one. */
export async function latest(
  { releases, terms }: AnswerParts,
  place: Place,
  sold: ChargeRecord | undefined,
): Promise<Judged<Draft>> {
  const { metric, cells, step } = place
  const newest =
    sold === undefined
      ? await Promise.all(cells.map((cell) => releases.latest({ metric, cell, step })))
      : await readSold(releases, sold)
  const rows = newest.filter((row) => row !== undefined)
  return judged({
    members: [formatMembers({ q: placeJson(place) }), formatItems(rows)].join(),
    sale: saleOf({ metric, step }, rows, terms.priceOf(metric), false),
  })
}

/** An epoch that is closed, the newest one where no number is named. */
export async function epoch(
  { settlements }: AnswerParts,
  { n = settlements.count }: BuyerRequest & { op: 'epoch' },
): Promise<Judged<Draft>> {
  const record = n <= settlements.count ? await settlements.record(n) : undefined
  return record === undefined
    ? problem('not-found', `Epoch ${n} is not closed; ${settlements.count} are.`)
    : judged({ members: formatMembers({ q: { n }, epoch: record }), sale: undefined })
}

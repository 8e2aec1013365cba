/** All pages of a query, each checked as it arrives. */

import { Failure } from '../../core/failure.js'
import { type AggregateRow, readAggregateRow } from '../../core/privacy/row.js'
import { formatRowKey } from '../../core/privacy/rowKey.js'
import { type Answer, readAnswer } from '../../core/query/answer.js'
import { checkAnswerGateway, checkFollows, createRowsChecker } from '../../core/query/answerPage.js'
import { readSelection } from '../../core/query/readSelection.js'
import { isSameSelection, type Selection, selects } from '../../core/query/selection.js'
import type { AnswerJson } from './answers.js'
import type { BuyerClient } from './buyer.js'
import type { PartFile } from './partFile.js'

export interface QueryJson {
  readonly metric: string
  readonly cells: readonly string[]
  readonly from: string
  readonly to: string
  readonly step: string
}

export interface QueryTerms {
  readonly q: QueryJson
  /** Credits for all pages together. */
  readonly maxCost: number | undefined
  readonly limit: number
  /** Only this gateway's word is taken. */
  readonly gateway: string | undefined
}

export interface QueryResult {
  /** As they came, in order. */
  readonly pages: readonly AnswerJson[]
  readonly rows: readonly AggregateRow[]
  /** Credits that the pages cost, those of an earlier run among them. */
  readonly cost: number
  readonly balance: number | undefined
  /** Whether every page was proved; some may be `pending`. */
  readonly isProved: boolean
}

/** Told after each page. */
export type PageListener = (rows: number) => void

/**
 * Asks page by page, following the cursor, and begins behind the pages that the part file has.
 * Rejects with Failure('check') at the first page that is not what was asked for or does not hold.
 */
export async function fetchPages(
  client: BuyerClient,
  terms: QueryTerms,
  part: PartFile,
  told: PageListener,
): Promise<QueryResult> {
  const checker = createPageChecker(terms)
  const pages: AnswerJson[] = []
  const take = (page: AnswerJson): void => {
    checker.take(page)
    pages.push(page)
    told(checker.rows.length)
  }
  for (const line of part.lines) take(JSON.parse(line) as AnswerJson)
  while (checker.cursor !== undefined) {
    const spent = costOf(pages)
    const page = await client.ask(`${part.run}-${pages.length + 1}`, {
      op: 'query',
      q: terms.q,
      page: { limit: terms.limit, cursor: checker.cursor },
      proof: true,
      ...(terms.maxCost !== undefined && { maxCost: Math.max(0, terms.maxCost - spent) }),
    })
    take(page)
    part.add(JSON.stringify(page))
  }
  const { rows, isProved } = checker
  const balance = pages.at(-1)?.meter?.balance
  return { pages, rows, cost: costOf(pages), balance, isProved }
}

function costOf(pages: readonly AnswerJson[]): number {
  return pages.reduce((sum, { meter }) => sum + (meter?.cost ?? 0), 0)
}

export interface PageChecker {
  readonly rows: readonly AggregateRow[]
  readonly isProved: boolean
  /** Of the next page: `null` before the first, `undefined` behind the last. */
  readonly cursor: string | null | undefined
  /** Throws Failure('check'). */
  take(page: AnswerJson): void
}

/** Checks that pages answer this query, follow each other, and are proved where they say so. */
export function createPageChecker({ q, gateway }: Pick<QueryTerms, 'q' | 'gateway'>): PageChecker {
  const asked = readSelection(q)
  if (!asked.ok) throw new Failure('usage', asked.detail)
  const records = createRowsChecker()
  const rows: AggregateRow[] = []
  let before: Answer | undefined
  let cursor: string | null | undefined = null
  let isProved = true
  let number = 0
  return {
    rows,
    get isProved() {
      return isProved
    },
    get cursor() {
      return cursor
    },
    take(page) {
      number += 1
      const answer = checked(number, readAnswer(page))
      checked(number, checkAnswerGateway(answer, gateway))
      if (!isSameSelection(answer.selection, asked.value))
        throw new Failure('check', `page ${number} answers another query than was asked`)
      if (before !== undefined) checked(number, checkFollows(answer, before))
      else if (answer.after !== undefined)
        throw new Failure('check', `page 1 begins behind ${formatRowKey(answer.after)}`)
      if (answer.proof === 'pending') isProved = false
      const found = answer.proof === 'pending' ? rowsOf(answer, asked.value) : records.check(answer)
      rows.push(...checked(number, found))
      before = answer
      cursor = (page.page as { next: string | null }).next ?? undefined
    },
  }
}

type Found<T> = { ok: true; value: T } | { ok: false; detail: string }

function checked<T>(page: number, found: Found<T>): T {
  if (found.ok) return found.value
  throw new Failure('check', `page ${page} does not hold: ${found.detail}`)
}

/** Rows of a page that is not proved yet: of the query, and in order. */
function rowsOf({ items }: Answer, selection: Selection): Found<AggregateRow[]> {
  const rows: AggregateRow[] = []
  for (const [i, item] of items.entries()) {
    const row = readAggregateRow(item)
    if (!row.ok) return { ok: false, detail: `row ${i + 1}: ${row.detail}` }
    const last = rows.at(-1)
    if (!selects(selection, row.value) || (last && placeOf(last) >= placeOf(row.value)))
      return { ok: false, detail: `row ${i + 1} is none of the query, or not in order` }
    rows.push(row.value)
  }
  return { ok: true, value: rows }
}

/** Text order of keys is by cell, then time. */
function placeOf(row: AggregateRow): string {
  return formatRowKey(row)
}

/** What every answer has around it (PROTOCOL 8). */
import { utf8 } from '../../core/bytes.js'
import { type Problem, problemJson } from '../../core/query/problem.js'
import type { Place } from '../../core/query/requestQuery.js'
import type { Selection } from '../../core/query/selection.js'
import { formatDuration, formatInstant } from '../../core/time.js'
import type { ReleasedRow } from '../../ports/releases.js'
import type { Asker, MarketTerms } from './parts.js'

/** Where answers go whose request had no usable id: `res/!`. */
export const noId = '!'

/** Balance after the answer, and requests that are left. */
export interface Meter {
  readonly cost: number
  readonly balance: number
  readonly remaining: number
}

export function meterOf({ buyer, bucket }: Asker, cost: number, nowMs: number): Meter {
  return { cost, balance: buyer.balance, remaining: bucket.remaining(nowMs) }
}

function tail({ rate }: MarketTerms, { cost, balance, remaining }: Meter): object {
  return { meter: { cost, balance }, limits: { ...rate, remaining } }
}

/**
 * Members of an object as JSON without its braces: those of an answer are written once, also where
 * its length is asked for before it is paid.
 */
export function formatMembers(members: object): string {
  return JSON.stringify(members).slice(1, -1)
}

/** `items`: rows as the text that they were published with. */
export function formatItems(rows: readonly ReleasedRow[]): string {
  return `"items":[${rows.map(({ text }) => text).join()}]`
}

/** The text of an answer; `members` as of `formatMembers`, at least one. */
export function formatAnswer(
  terms: MarketTerms,
  id: string,
  members: string,
  meter: Meter,
): string {
  const { gateway, licence, attribution } = terms
  const begin = formatMembers({ v: 1, id, ok: true, gateway })
  const end = formatMembers({ ...tail(terms, meter), licence, attribution })
  return `{${begin},${members},${end}}`
}

/** The text of a problem; `id` null where the request had none. */
export function formatProblem(
  terms: MarketTerms,
  id: string | undefined,
  wrong: Problem,
  meter: Meter | undefined,
): string {
  const end = meter === undefined ? {} : tail(terms, meter)
  return JSON.stringify({ v: 1, id: id ?? null, ok: false, problem: problemJson(wrong), ...end })
}

/** Bytes of a text. */
export function sizeOf(text: string): number {
  return utf8(text).length
}

/** `q` of an answer: what was understood, cells ascending, each once. */
export function rangeJson({ metric, cells, from, to, step }: Selection): object {
  const times = { from: formatInstant(from), to: formatInstant(to) }
  return { metric, cells, ...times, step: formatDuration(step) }
}

export function placeJson({ metric, cells, step }: Place): object {
  return { metric, cells, step: formatDuration(step) }
}

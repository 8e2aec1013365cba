/** One request in its buyer's turn: what stands for its id, else rights, the answer, and its price. */
import { answerBytesMax, answerKeptMs, exportsMax } from '../../core/limits.js'
import { grantFault } from '../../core/market/buyer.js'
import { catalogOf } from '../../core/market/catalog.js'
import type { ChargeRecord } from '../../core/market/record.js'
import { type Judged, judged, type Problem, problem } from '../../core/query/problem.js'
import type { BuyerRequest } from '../../core/query/request.js'
import type { AnswerSink, StoredAnswer } from '../../ports/market.js'
import {
  formatAnswer,
  formatMembers,
  formatProblem,
  meterOf,
  noId,
  placeJson,
  sizeOf,
} from './envelope.js'
import { chunkMembers, exportFile } from './exports.js'
import type { Live } from './live.js'
import type { AnswerParts, Asker, Draft } from './parts.js'
import { epoch, latest, query, quote } from './range.js'
import type { Sale } from './rows.js'

export interface Desk {
  /** Answers, or tells the problem; a bug is `internal`, and rejects as well. */
  answer(asker: Asker, request: BuyerRequest, sink: AnswerSink): Promise<void>
  tell(asker: Asker, id: string | undefined, wrong: Problem, sink: AnswerSink): Promise<void>
}

type ExportRequest = BuyerRequest & { op: 'export' }

export function createDesk(parts: AnswerParts, live: Live): Desk {
  const { answers, clock, credits, releases, terms } = parts
  let exporting = 0

  async function tell(
    asker: Asker,
    id: string | undefined,
    wrong: Problem,
    sink: AnswerSink,
  ): Promise<void> {
    const meter = meterOf(asker, 0, clock.monotonic())
    await sink.send(id ?? noId, formatProblem(terms, id, wrong, meter))
  }

  async function answer(asker: Asker, request: BuyerRequest, sink: AnswerSink): Promise<void> {
    const { id } = request
    try {
      const done = await judge(asker, request, sink)
      if (!done.ok) await tell(asker, id, done.problem, sink)
    } catch (error) {
      const detail = 'The gateway met a defect; nothing was charged that is not answered again.'
      await tell(asker, id, { type: 'internal', detail }, sink)
      throw error
    }
  }

  async function judge(
    asker: Asker,
    request: BuyerRequest,
    sink: AnswerSink,
  ): Promise<Judged<unknown>> {
    const { buyer } = asker
    const { id } = request
    const { hash } = request
    const stored = await storedFor(asker, id)
    const sold = credits.ledger.charged(buyer.name, id, clock.now())?.charge
    const standing = stored?.hash ?? sold?.hash
    if (standing !== undefined && standing !== hash)
      return problem('conflict', `The id ${id} stands for another request; take a new one.`)
    if (stored !== undefined) return judged(await sink.send(id, stored.text))
    const wrong = sold === undefined ? rightsFault(asker, request) : undefined
    if (wrong !== undefined) return problem('forbidden', wrong)
    if (request.op === 'export') return sendExport(asker, request, sold, sink)
    const draft = await draftOf(asker, request, sold)
    if (!draft.ok) return draft
    const paid = await pay(asker, request, draft.value.sale, sold)
    if (!paid.ok) return paid
    const meter = meterOf(asker, paid.value, clock.monotonic())
    const text = formatAnswer(terms, id, draft.value.members, meter)
    if (isKept(request)) keep(asker, id, { atMs: clock.now(), hash, text })
    return judged(await sink.send(id, text))
  }

  function keyOf({ buyer }: Asker, id: string): string {
    return `${buyer.since}/${id}`
  }

  async function storedFor(asker: Asker, id: string): Promise<StoredAnswer | undefined> {
    const found = await answers.load(keyOf(asker, id)).catch(parts.report)
    return found !== undefined && clock.now() - found.atMs < answerKeptMs ? found : undefined
  }

  /**
   * What is lost is made again, so nobody waits for the store, and one that fails keeps nobody from an
   * answer.
   */
  function keep(asker: Asker, id: string, text: StoredAnswer): void {
    answers.save(keyOf(asker, id), text).catch(parts.report)
  }

  async function draftOf(
    { buyer }: Asker,
    request: BuyerRequest,
    sold: ChargeRecord | undefined,
  ): Promise<Judged<Draft>> {
    switch (request.op) {
      case 'catalog':
        return catalog(request.id)
      case 'account':
        return judged(free({ account: accountOf(buyer.name) }))
      case 'epoch':
        return epoch(parts, request)
      case 'quote':
        return quote(parts, request)
      case 'query':
      case 'proof':
        return query(parts, request.id, request, sold)
      case 'latest':
        return latest(parts, request.place, sold)
      case 'subscribe': {
        const topics = live.subscribe({ ...request, op: 'subscribe' }, buyer.name)
        if (!topics.ok) return topics
        return judged(free({ q: placeJson(request.place), topics: topics.value }))
      }
      case 'unsubscribe':
        return judged(free({ topics: live.unsubscribe(buyer.name, request.place) }))
      case 'export':
        return problem('internal', 'An export is no single answer.')
    }
  }

  function catalog(id: string): Judged<Draft> {
    const draft = free({ items: catalogOf(releases.offers(), terms.priceOf) })
    const meter = { cost: 0, balance: Number.MAX_SAFE_INTEGER, remaining: terms.rate.burst }
    return sizeOf(formatAnswer(terms, id, draft.members, meter)) > answerBytesMax
      ? problem('too-large', 'The catalogue does not fit an answer: read the topic pub/catalog.')
      : judged(draft)
  }

  function accountOf(name: string): object {
    const { metrics, cells, wallet } = credits.ledger.buyer(name)!.grant
    return {
      name,
      metrics,
      ...(cells && { cells }),
      ...(wallet !== undefined && { wallet }),
      subscriptions: live.topics(name),
    }
  }

  /** Takes the price, unless it was taken before; the credits that it cost. */
  async function pay(
    { buyer }: Asker,
    request: BuyerRequest,
    sale: Sale | undefined,
    sold: ChargeRecord | undefined,
  ): Promise<Judged<number>> {
    if (sold !== undefined) return judged(sold.cost)
    if (sale === undefined || sale.cost === 0) return judged(0)
    const { cost, metric, step, price, rows, isCut } = sale
    if (request.maxCost !== undefined && cost > request.maxCost)
      return problem('insufficient-credits', `This costs ${cost}, above maxCost.`, { cost })
    const fault = await credits.append({
      kind: 'charge',
      name: buyer.name,
      id: request.id,
      hash: request.hash,
      cut: isCut,
      ...{ metric, step, price, cost, rows },
    })
    return fault === undefined ? judged(cost) : { ok: false, problem: fault }
  }

  async function sendExport(
    asker: Asker,
    request: ExportRequest,
    sold: ChargeRecord | undefined,
    sink: AnswerSink,
  ): Promise<Judged<unknown>> {
    if (exporting >= exportsMax)
      return problem('unavailable', 'Too many exports are under way; ask again in a minute.')
    exporting += 1
    try {
      const span = await parts.prover.spanOf(request.selection)
      if (!span.ok) return span
      const { chunks, sale } = await exportFile(parts, request, sold)
      const paid = await pay(asker, request, sale, sold)
      if (!paid.ok) return paid
      for (const index of chunks.keys()) {
        const meter = meterOf(asker, paid.value, clock.monotonic())
        const members = formatMembers(chunkMembers(chunks, index))
        const text = formatAnswer(terms, request.id, members, meter)
        if (!(await sink.send(request.id, text))) break
      }
      return judged(undefined)
    } finally {
      exporting -= 1
    }
  }

  return { answer, tell }
}

function free(members: object): Draft {
  return { members: formatMembers(members), sale: undefined }
}

/** An answer to these says what holds now: the same id again is judged anew. */
function isKept({ op }: BuyerRequest): boolean {
  return op !== 'subscribe' && op !== 'unsubscribe'
}

function rightsFault({ buyer }: Asker, request: BuyerRequest): string | undefined {
  if ('selection' in request)
    return grantFault(buyer.grant, request.selection.metric, request.selection.cells)
  return request.op === 'latest' || request.op === 'subscribe'
    ? grantFault(buyer.grant, request.place.metric, request.place.cells)
    : undefined
}

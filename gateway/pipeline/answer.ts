/**
 * Buyer's request > authorise > meter > rows that were released > answer and proof (PROTOCOL 8).
 *
 * One buyer's requests are answered one after the other, different buyers' side by side. An answer is
 * made, then paid for, and leaves once the charge is durable; what is made twice in between costs
 * nothing. An id stands for its answer for ten minutes: from the store of answers, and where that
 * was lost, made again from the charge, which names the rows.
 */
import { answerKeptMs } from '../core/limits.js'
import { Bucket } from '../core/market/bucket.js'
import type { Buyer } from '../core/market/ledger.js'
import type { Problem } from '../core/query/problem.js'
import { readRequest } from '../core/query/request.js'
import type { Released } from '../core/query/requestQuery.js'
import type { AnswerSink, Market, RequestPacket } from '../ports/market.js'
import { createDesk } from './answer/desk.js'
import { formatProblem, noId } from './answer/envelope.js'
import { createEpochRows } from './answer/epochRows.js'
import { createLive } from './answer/live.js'
import type { Asker, MarketParts } from './answer/parts.js'
import { createRangeProver } from './answer/prove.js'

export interface RunningMarket extends Market {
  stop(): Promise<void>
}

/** How often answers that have had their time are removed, ms. */
const dropEveryMs = 60_000

interface Session extends Asker {
  /** Ends when what this buyer asked so far is answered. */
  turn: Promise<void>
}

export function createMarket(parts: MarketParts): RunningMarket {
  const { answers, clock, credits, releases, terms } = parts
  const { ledger } = credits
  const sessions = new Map<string, Session>()
  const live = createLive(parts)
  const desk = createDesk(
    { ...parts, prover: createRangeProver(createEpochRows(parts.settlements)) },
    live,
  )
  const released: Released = {
    steps: (metric) => releases.steps(metric),
    today: (metric) => releases.offer(metric)?.step,
  }

  function sessionOf(buyer: Buyer): Session {
    const known = sessions.get(buyer.name)
    if (known?.buyer === buyer) return known
    const bucket = new Bucket(terms.rate, clock.monotonic())
    const session: Session = { buyer, bucket, turn: Promise.resolve() }
    sessions.set(buyer.name, session)
    return session
  }

  function inTurn(session: Session, work: () => Promise<void>): Promise<void> {
    session.turn = session.turn.then(work).catch(parts.report)
    return session.turn
  }

  async function request(
    name: string,
    payload: Uint8Array,
    sink: AnswerSink,
    packet: RequestPacket = {},
  ): Promise<void> {
    const { id, request } = readRequest(payload, released)
    const buyer = ledger.buyer(name)
    if (buyer === undefined) {
      const gone: Problem = { type: 'unauthenticated', detail: `No buyer is named ${name}.` }
      await sink.send(id ?? noId, formatProblem(terms, id, gone, undefined))
      return
    }
    const session = sessionOf(buyer)
    const wrong = rateFault(session) ?? packetFault(name, id, packet)
    if (wrong !== undefined) return desk.tell(session, id, wrong, sink)
    if (!request.ok) return desk.tell(session, id, request.problem, sink)
    return inTurn(session, () => desk.answer(session, request.value, sink))
  }

  function rateFault({ bucket }: Session): Problem | undefined {
    const nowMs = clock.monotonic()
    if (bucket.take(nowMs)) return undefined
    const retryAfter = bucket.retryAfter(nowMs)
    const { perSecond, burst } = terms.rate
    const detail = `At most ${perSecond} requests a second, and ${burst} at once.`
    return { type: 'rate-limited', detail, retryAfter }
  }

  const unwatch = releases.watch((rows) => {
    for (const { buyer: name, pay } of live.dueOf(rows)) {
      const buyer = ledger.buyer(name)
      if (buyer === undefined) live.unsubscribe(name, undefined)
      else inTurn(sessionOf(buyer), pay).catch(parts.report)
    }
  })
  const dropper = setInterval(() => {
    answers.drop(clock.now() - answerKeptMs).catch(parts.report)
  }, dropEveryMs)
  dropper.unref()

  return {
    request,
    grants: live.grants,
    async newest(name, topic) {
      const buyer = ledger.buyer(name)
      let text: string | undefined
      if (buyer !== undefined)
        await inTurn(sessionOf(buyer), async () => {
          text = await live.newest(name, topic)
        })
      return text
    },
    left(buyer) {
      live.unsubscribe(buyer, undefined)
    },
    async stop() {
      unwatch()
      clearInterval(dropper)
      await Promise.all([...sessions.values()].map(({ turn }) => turn))
    },
  }
}

/** What is wrong with how a request came. */
function packetFault(
  buyer: string,
  id: string | undefined,
  { responseTopic, isRetained }: RequestPacket,
): Problem | undefined {
  const own = `b/${buyer}/res/${id ?? noId}`
  if (isRetained === true)
    return { type: 'bad-request', detail: 'Expected a request that is not retained.' }
  return responseTopic === undefined || responseTopic === own
    ? undefined
    : { type: 'bad-request', detail: `Expected the response topic ${own}, below the root.` }
}

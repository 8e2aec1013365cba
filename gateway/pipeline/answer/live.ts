/**
 * Live subscriptions (PROTOCOL 8). A row is charged before it is handed over, and only where it reaches
 * somebody; a grant ends at once with its `maxCost`, the credits, a day, `unsubscribe` or the session,
 * for each row asks for its grant again. Grants are in memory: a restart ends every session too.
 */
import { subscriptionMsMax, subscriptionsMax } from '../../core/limits.js'
import { isReleased } from '../../core/privacy/rowKey.js'
import { type Judged, judged, problem } from '../../core/query/problem.js'
import type { BuyerRequest } from '../../core/query/request.js'
import type { Place } from '../../core/query/requestQuery.js'
import type { ReleasedRow, RowSeries } from '../../ports/releases.js'
import type { MarketParts } from './parts.js'
import { isPriced, saleOf } from './rows.js'

/** One `subscribe`: what it may still cost, and how long. */
interface Grant {
  readonly buyer: string
  readonly id: string
  readonly hash: string
  readonly topics: Set<string>
  readonly untilMs: number
  /** Credits; `undefined`: the balance alone bounds it. */
  left: number | undefined
  /** Key of the newest row that was paid for, by topic. */
  readonly paid: Map<string, string>
  /** A row came that it could not pay: it ends. */
  isSpent: boolean
}

type SubscribeRequest = BuyerRequest & { op: 'subscribe' }

export interface Live {
  /** The topics that are granted: live ones, or the answer's own where the link cannot watch them. */
  subscribe(request: SubscribeRequest, buyer: string): Judged<readonly string[]>
  /** Ends what covers the place, or everything; the topics that are left. */
  unsubscribe(buyer: string, place: Place | undefined): readonly string[]
  /** Live topics of the buyer that are granted now, in order. */
  topics(buyer: string): readonly string[]
  grants(buyer: string, topic: string): boolean
  /** The newest row of a topic that is granted, paid for; to be called in the buyer's turn. */
  newest(buyer: string, topic: string): Promise<string | undefined>
  /** The grants that rows of a slot are for; `pay` charges and hands over, in the buyer's turn. */
  dueOf(rows: readonly ReleasedRow[]): { buyer: string; pay(): Promise<void> }[]
}

export function createLive(parts: MarketParts): Live {
  const { clock, credits, link, releases, terms } = parts
  const byBuyer = new Map<string, Grant[]>()

  /** Those that have not ended. */
  function grantsOf(buyer: string): Grant[] {
    const nowMs = clock.monotonic()
    const alive = (byBuyer.get(buyer) ?? []).filter(
      ({ topics, untilMs }) => topics.size > 0 && untilMs > nowMs,
    )
    if (alive.length === 0) byBuyer.delete(buyer)
    else byBuyer.set(buyer, alive)
    return alive
  }

  function end(grant: Grant): void {
    grant.topics.clear()
  }

  function subscribe(request: SubscribeRequest, buyer: string): Judged<readonly string[]> {
    const { id, place, maxCost, hash } = request
    const wanted = topicsOf(place)
    const grants = grantsOf(buyer)
    const same = grants.find((grant) => grant.id === id)
    if (same !== undefined && same.hash !== hash) return conflict(id)
    if (same === undefined) {
      const others = grants.flatMap(({ topics }) =>
        [...topics].filter((one) => !wanted.includes(one)),
      )
      if (others.length + wanted.length > subscriptionsMax)
        return problem('too-large', `Expected at most ${subscriptionsMax} subscriptions at once.`)
      const price = terms.priceOf(place.metric)
      const balance = credits.ledger.buyer(buyer)?.balance ?? 0
      if (price > Math.min(maxCost ?? balance, balance))
        return problem('insufficient-credits', `A row costs ${price}, and ${balance} are left.`, {
          cost: price,
        })
      // A topic is of one grant: the newest that names it.
      for (const grant of grants) for (const topic of wanted) grant.topics.delete(topic)
      const untilMs = clock.monotonic() + subscriptionMsMax
      const topics = new Set(wanted)
      const grant: Grant = {
        ...{ buyer, id, hash, topics, untilMs },
        left: maxCost,
        paid: new Map(),
        isSpent: false,
      }
      byBuyer.set(buyer, [...grants, grant])
    }
    return judged(link.isWatched ? wanted : [`b/${buyer}/res/${id}`])
  }

  /** Charges what the grant allows of rows of one metric; those that are paid for, durably. */
  async function charge(grant: Grant, rows: readonly ReleasedRow[]) {
    const [first] = rows
    if (first === undefined) return []
    const { metric, step } = first.row
    const price = terms.priceOf(metric)
    const balance = credits.ledger.buyer(grant.buyer)?.balance ?? 0
    const affordable = affordableOf(rows, price, Math.min(grant.left ?? balance, balance))
    const sale = saleOf({ metric, step }, affordable, price, false)
    for (const row of affordable) grant.paid.set(liveTopic(row), row.key)
    if (sale.cost > 0) {
      const { cost } = sale
      if (grant.left !== undefined) grant.left -= cost
      const fault = await credits.append({
        kind: 'charge',
        name: grant.buyer,
        id: grant.id,
        ...{ metric, step, price, cost, rows: sale.rows },
      })
      if (fault !== undefined) {
        end(grant)
        return []
      }
    }
    if (affordable.length < rows.length) grant.isSpent = true
    return affordable
  }

  async function pay(grant: Grant, rows: readonly ReleasedRow[]): Promise<void> {
    const topicOf = (row: ReleasedRow): string =>
      link.isWatched ? liveTopic(row) : `b/${grant.buyer}/res/${grant.id}`
    const isDue = (row: ReleasedRow): boolean =>
      grant.topics.has(liveTopic(row)) &&
      grant.paid.get(liveTopic(row)) !== row.key &&
      grant.untilMs > clock.monotonic() &&
      link.hears(grant.buyer, topicOf(row))
    // While a charge is written, the session may go, and the grant with it.
    for (const row of await charge(grant, rows.filter(isDue)))
      if (grant.topics.has(liveTopic(row))) link.deliver(grant.buyer, topicOf(row), row.text)
    if (grant.isSpent) end(grant)
  }

  /** What a broker retains: the newest row, which costs its price unless this grant has paid for it. */
  async function newest(buyer: string, topic: string): Promise<string | undefined> {
    const grant = grantsOf(buyer).find(({ topics }) => topics.has(topic))
    const series = grant && seriesOf(topic)
    const row = series && (await releases.latest(series))
    if (grant === undefined || row === undefined) return undefined
    if (grant.paid.get(topic) === row.key) return row.text
    const [paid] = await charge(grant, [row])
    const isGranted = grant.topics.has(topic)
    if (grant.isSpent) end(grant)
    return isGranted ? paid?.text : undefined
  }

  return {
    subscribe,
    newest,
    unsubscribe(buyer, place) {
      const ended = place === undefined ? undefined : topicsOf(place)
      for (const { topics } of grantsOf(buyer)) {
        if (ended === undefined) topics.clear()
        else for (const topic of ended) topics.delete(topic)
      }
      return topics(buyer)
    },
    topics,
    grants: (buyer, topic) => link.isWatched && topics(buyer).includes(topic),
    dueOf(rows) {
      const due: { buyer: string; pay(): Promise<void> }[] = []
      for (const series of bySeries(rows)) {
        for (const buyer of byBuyer.keys())
          for (const grant of grantsOf(buyer)) {
            const wanted = series.filter((row) => grant.topics.has(liveTopic(row)))
            if (wanted.length > 0) due.push({ buyer, pay: () => pay(grant, wanted) })
          }
      }
      return due
    },
  }

  function topics(buyer: string): readonly string[] {
    return grantsOf(buyer)
      .flatMap((grant) => [...grant.topics])
      .sort()
  }
}

function conflict(id: string): ReturnType<typeof problem> {
  return problem('conflict', `The id ${id} stands for another request; take a new one.`)
}

/** Below the root. */
function liveTopic({ row }: ReleasedRow): string {
  return `live/${row.metric}/${row.cell}/${row.step}`
}

/** The series of a live topic; `undefined` for another topic. */
function seriesOf(topic: string): RowSeries | undefined {
  const [, metric = '', cell = '', step] = topic.split('/')
  return isReleased(metric) ? { metric, cell, step: Number(step) } : undefined
}

function topicsOf({ metric, cells, step }: Place): string[] {
  return cells.map((cell) => `live/${metric}/${cell}/${step}`)
}

/** The first rows that a sum pays for. */
function affordableOf(
  rows: readonly ReleasedRow[],
  price: number,
  credits: number,
): readonly ReleasedRow[] {
  let left = credits
  const end = rows.findIndex((row) => {
    left -= isPriced(row) ? price : 0
    return left < 0
  })
  return end < 0 ? rows : rows.slice(0, end)
}

/** Rows of one metric and step together, for a charge is of one such. */
function bySeries(rows: readonly ReleasedRow[]): ReleasedRow[][] {
  const groups = new Map<string, ReleasedRow[]>()
  for (const one of rows) {
    const name = `${one.row.metric} ${one.row.step}`
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [one])
    else group.push(one)
  }
  return [...groups.values()]
}

/**
 * A market on rows in memory, with closed epochs over them and a ledger on a disk in memory: the rows
 * stand in for released ones, all else is real.
 */
import { openRecordLog } from '../../gateway/adapters/journal/recordLog.js'
import { toB64u } from '../../gateway/core/bytes.js'
import { sha256 } from '../../gateway/core/crypto.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { MetricName } from '../../gateway/core/metric.js'
import { type AggregateRow, formatAggregateRow, keyOfRow } from '../../gateway/core/privacy/row.js'
import { publicationOf } from '../../gateway/core/privacy/windows.js'
import { createMarket, type RunningMarket } from '../../gateway/pipeline/answer.js'
import { type Buyers, createBuyers } from '../../gateway/pipeline/buyers.js'
import { type Credits, openCredits } from '../../gateway/pipeline/credits.js'
import type { BuyerLink, StoredAnswer } from '../../gateway/ports/market.js'
import type { RecordLog } from '../../gateway/ports/records.js'
import type { ReleasedRow, ReleasedRows } from '../../gateway/ports/releases.js'
import type { EpochFiles, Settlements } from '../../gateway/ports/settlements.js'
import { epochsOver } from '../../schemas/vectors/epochsOver.js'
import { Disk } from '../adapters/journal/disk.js'
import { testClock } from '../adapters/journal/support.js'
import { holderOf } from './holder.js'

export const midnight = 1_761_955_200
export const cells = ['86195da4fffffff', '87195da4affffff', '87195da4bffffff'] as const
export const network = 'testnet'
export const gatewayKey = holderOf(7)

/** A row; every tenth is withheld. */
export function rowOf(metric: MetricName, cell: string, t: number, step = 3_600): AggregateRow {
  const salt = toB64u(sha256(new TextEncoder().encode(`${metric}${cell}${t}`)).subarray(0, 16))
  const common = { cell, metric, salt, step, t }
  const i = Math.floor(t / step)
  if (i % 10 === 9) return { ...common, class: 'withheld' }
  const mean = (i % 400) / 10
  const unit = metric === 'rain' ? 'mm' : 'Cel'
  return { ...common, class: 'k-anonymous', k: 5, mean, median: mean, n: 10, unit }
}

function released(row: AggregateRow): ReleasedRow {
  const text = formatAggregateRow(row)
  return { key: keyOfRow(row), row, text, publishedSec: publicationOf(row.step, row.t) }
}

/** Rows in memory. What is added is told to whoever watches. */
export class RowsInMemory implements ReleasedRows {
  readonly #rows = new Map<string, ReleasedRow>()
  readonly #listeners = new Set<(rows: readonly ReleasedRow[]) => void>()
  /** Set by a test: every read fails. */
  broken = false

  add(rows: readonly AggregateRow[]): void {
    const all = rows.map(released)
    for (const row of all) this.#rows.set(row.key, row)
    for (const listener of this.#listeners) listener(all)
  }

  all(): ReleasedRow[] {
    if (this.broken) throw new Error('the rows cannot be read')
    return [...this.#rows.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  #of(series: { metric: string; cell: string; step: number }, from = 0, to = 1e11): ReleasedRow[] {
    return this.all().filter(
      ({ row }) =>
        row.metric === series.metric &&
        row.cell === series.cell &&
        row.step === series.step &&
        row.t >= from &&
        row.t < to,
    )
  }

  range: ReleasedRows['range'] = async (series, from, to, limit) =>
    this.#of(series, from, to).slice(0, limit)

  count: ReleasedRows['count'] = async (series, from, to) => {
    const rows = this.#of(series, from, to)
    return { rows: rows.length, priced: rows.filter(({ row }) => row.class !== 'withheld').length }
  }

  latest: ReleasedRows['latest'] = async (series) => this.#of(series).at(-1)

  offers: ReleasedRows['offers'] = () =>
    (['temperature', 'rain'] as const).map((metric) => ({
      metric,
      unit: metric === 'rain' ? 'mm' : 'Cel',
      class: 'environment',
      step: 3_600,
      cells: [...cells],
    }))

  offer: ReleasedRows['offer'] = (metric) => this.offers().find((offer) => offer.metric === metric)

  steps: ReleasedRows['steps'] = (metric) =>
    metric === 'temperature' ? [60, 900, 3_600, 86_400] : metric === 'rain' ? [3_600] : []

  watch: ReleasedRows['watch'] = (listener) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** Closed epochs over rows, which meet at `cuts`. */
export function settlementsOver(
  rows: readonly AggregateRow[],
  cuts: readonly number[],
): Settlements {
  const terms = { network, gateway: gatewayKey, perHour: 1n }
  const closed = epochsOver(terms, rows, cuts).map(({ closed: epoch }): EpochFiles => {
    const { json, contributions, aggregates, rewards } = epoch
    return { record: json, contributions, aggregates, rewards }
  })
  return {
    count: closed.length,
    read: async (n) => closed[n - 1],
    record: async (n) => closed[n - 1]?.record,
    owning: async () => undefined,
  }
}

/** A link that remembers what it was given. */
export class RecordingLink implements BuyerLink {
  isWatched = true
  deaf = false
  readonly delivered: { buyer: string; topic: string; payload: string }[] = []
  readonly dismissed: string[] = []
  hears: BuyerLink['hears'] = () => !this.deaf
  deliver(buyer: string, topic: string, payload: string): void {
    this.delivered.push({ buyer, topic, payload })
  }
  dismiss(buyer: string): void {
    this.dismissed.push(buyer)
  }
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into by their JSON.
export type AnswerJson = any

export interface Site {
  readonly clock: ReturnType<typeof testClock>
  readonly rows: RowsInMemory
  readonly link: RecordingLink
  readonly answers: Map<string, StoredAnswer>
  readonly log: RecordLog
  readonly credits: Credits
  readonly buyers: Buyers
  readonly market: RunningMarket
  readonly reports: unknown[]
  settlements: Settlements
  /** Sends a request, an object or its text; the one answer. */
  ask(buyer: string, request: object | string | Uint8Array): Promise<AnswerJson>
  /** As `ask`, all messages with their topics' ids. */
  askAll(
    buyer: string,
    request: object | string | Uint8Array,
  ): Promise<{ id: string; payload: AnswerJson }[]>
  /** Stops, and starts on the same ledger; `lost`: the store of answers is gone. */
  restart(options?: { lost?: boolean; kill?: boolean }): Promise<Site>
}

export interface SiteOptions {
  disk?: Disk
  rows?: RowsInMemory
  answers?: Map<string, StoredAnswer>
  snapshot?: { entries: number; state: Uint8Array } | undefined
  clock?: ReturnType<typeof testClock>
  settlements?: Settlements
  /** In place of one that remembers. */
  link?: BuyerLink
  rate?: { perSecond: number; burst: number }
  price?: number
}

/** Opens the market; buyers are added by the test. */
export async function openSite(options: SiteOptions = {}): Promise<Site> {
  const { disk = new Disk(), rows = new RowsInMemory(), clock = testClock() } = options
  const { answers = new Map(), rate = { perSecond: 1_000, burst: 1_000 }, price = 2 } = options
  let { snapshot } = options
  const reports: unknown[] = []
  const recording = new RecordingLink()
  const link = options.link ?? recording
  const log = await openRecordLog({
    folder: '/data/credits',
    clock,
    fatal: (failure) => reports.push(failure),
    fileSystem: disk,
  })
  const credits = await openCredits({
    log,
    snapshots: {
      load: async () => snapshot,
      save: async (entries, state) => {
        snapshot = { entries, state }
      },
    },
    clock,
    report: (error) => reports.push(error),
  })
  let drawn = 0
  const buyers = createBuyers({
    credits,
    link,
    randomBytes: (length) => sha256(Uint8Array.of(drawn++)).subarray(0, length),
  })
  const site = { settlements: options.settlements ?? settlementsOver([], []) }
  const key = toB64u(gatewayKey.publicKey)
  const market = createMarket({
    terms: {
      rate,
      priceOf: () => price,
      licence: 'https://example.org/licence',
      attribution: 'The owners of testnet',
      gateway: { id: deviceIdOf(gatewayKey.publicKey), key },
    },
    credits,
    releases: rows,
    settlements: {
      get count() {
        return site.settlements.count
      },
      read: (n) => site.settlements.read(n),
      record: (n) => site.settlements.record(n),
      owning: (index) => site.settlements.owning(index),
    },
    answers: {
      load: async (name) => answers.get(name),
      save: async (name, answer) => void answers.set(name, answer),
      drop: async () => undefined,
    },
    link,
    clock,
    report: (error) => reports.push(error),
  })
  const askAll: Site['askAll'] = async (buyer, request) => {
    const sent: { id: string; payload: AnswerJson }[] = []
    const text = typeof request === 'string' ? request : JSON.stringify(request)
    const payload = request instanceof Uint8Array ? request : new TextEncoder().encode(text)
    await market.request(buyer, payload, {
      send: async (id, answer) => {
        sent.push({ id, payload: JSON.parse(answer) })
        return true
      },
    })
    return sent
  }
  return Object.assign(site, {
    ...{ clock, rows, link: recording, answers, log, credits, buyers, market, reports, askAll },
    ask: async (buyer: string, request: object | string | Uint8Array) =>
      (await askAll(buyer, request))[0]?.payload,
    async restart({ lost = false, kill = false } = {}) {
      await market.stop()
      if (!kill) {
        await credits.close()
        await log.close()
      }
      const next = kill ? disk.powerCut(() => 0) : disk
      return openSite({
        ...options,
        ...{ disk: next ?? disk, rows, clock, settlements: site.settlements },
        snapshot,
        answers: lost ? new Map() : answers,
      })
    },
  }) as Site
}

/** A query of the second and third cell from midnight on. */
export function queryOf(id: string, hours: number, more: object = {}): object {
  const at = (sec: number): string => `${new Date(sec * 1_000).toISOString().slice(0, 19)}Z`
  const q = {
    metric: 'temperature',
    cells: [cells[1], cells[2]],
    from: at(midnight),
    to: at(midnight + hours * 3_600),
    step: 'PT1H',
  }
  return { v: 1, id, op: 'query', q, ...more }
}

/** Rows of both metrics, every cell, for some hours from midnight on. */
export function someRows(hours: number, from = 0): AggregateRow[] {
  return cells.flatMap((cell) =>
    Array.from({ length: hours - from }, (_, h) => midnight + (h + from) * 3_600).flatMap((t) => [
      rowOf('rain', cell, t),
      rowOf('temperature', cell, t),
    ]),
  )
}

/**
 * Closes epochs (PROTOCOL 6.3, 6.5): on time, after an outage, and on the operator's word. An epoch's
 * bytes are durable in the settlement store, then its record goes into the log, then it is published.
 *
 * A crash before the store has it leaves an open epoch, which is closed at the next start; a crash
 * after it leaves bytes without an entry, and the start appends exactly these: the cut held every
 * other append back, so their place in the log is still free.
 */
import { equal, fromB64u } from '../core/bytes.js'
import { Failure, messageOf } from '../core/failure.js'
import { epochsPerCutMax, epochsRetainedMax } from '../core/limits.js'
import { parseAmount } from '../core/log/amount.js'
import type { EpochJson } from '../core/log/epoch.js'
import { type Before, closeEpoch, type EpochTerms } from '../core/rewards/closing.js'
import { closedNow, dueEpochs, nextEnd } from '../core/rewards/epochSpan.js'
import { ledgerOf } from '../core/rewards/ledger.js'
import { historySec } from '../core/rewards/quality.js'
import type { Span } from '../core/rewards/slots.js'
import { accept, type Result, refuse } from '../core/verdict.js'
import type { Clock } from '../ports/clock.js'
import type { Journal } from '../ports/journal.js'
import type { SavedEpoch, SettlementStore, Settlements } from '../ports/settlements.js'
import type { ContributionLog } from './contributionLog.js'
import { createEpochReader, type EpochReaderParts } from './epochReader.js'
import { EpochRefusals } from './refusals.js'

/** The clock may be set: what is due is looked for at least this often. */
const lookEveryMs = 60_000
const saveRefusalsEveryMs = 5_000
/** Entries left to the cut, during which nothing else is appended: some milliseconds of reading. */
const cutEntriesMax = 256

export interface EpochsParts extends EpochReaderParts {
  journal: Journal
  terms: EpochTerms
  log: ContributionLog
  store: SettlementStore
  clock: Clock
  /** `epoch.length`, s. */
  lengthSec: number
  /** Called with each record once it is durable and in the log, and with those to be shown at start. */
  publish(record: EpochJson): void
  /** Called now and then while many epochs are closed at once. */
  progress(n: number): void
  /** Called where epochs can no longer be closed; the process must end. */
  fatal(error: Failure): void
}

export interface Epochs {
  readonly settlements: Settlements
  /** Of the open epoch: its number, its first second and the one in which it ends. */
  open(): { n: number; from: number; to: number }
  refused(device: string, reason: string): void
  /** Ends the open epoch now; refused with `bad-time` within the second in which it began. */
  closeNow(): Promise<Result<EpochJson>>
  /** Journal times (ms since 1970) from which on bodies are still read. */
  neededFromMs(): number
  /** Records that a broker should hold, oldest first. */
  recent(): Promise<EpochJson[]>
  stop(): Promise<void>
}

interface State {
  before: Before | undefined
  /** End of the epoch before, or the first start. */
  from: number
  firstIndex: number
  intervals: ReadonlyMap<string, number>
}

/** Finishes what a crash left, and closes what fell due while the gateway was away. */
export async function startEpochs(parts: EpochsParts): Promise<Epochs> {
  const { log, store, clock, lengthSec } = parts
  let state = await load(parts)
  await finishInterrupted(parts, state)
  let count = store.newest
  const refusals = new EpochRefusals(await store.loadRefusals(count + 1))
  let stopped = false
  /** One close after the other. */
  let running: Promise<void> = Promise.resolve()

  const nowSec = (): number => Math.floor(clock.now() / 1_000)

  /** Epochs in a row, with one cut: all but the first own nothing but the record before. */
  async function close(spans: readonly Span[]): Promise<void> {
    const reader = createEpochReader(parts, spans[0]!, state.firstIndex, state.intervals)
    let at = state.firstIndex
    while (log.size - at > cutEntriesMax) {
      at = log.size
      await reader.readTo(at)
    }
    const made: SavedEpoch[] = []
    await log.cut(spans.length, async (size) => {
      let next = state
      const records: Uint8Array[] = []
      await reader.readTo(size)
      for (const [i, span] of spans.entries()) {
        const devices =
          i === 0 ? reader : createEpochReader(parts, span, next.firstIndex, next.intervals)
        const closed = closeEpoch(parts.terms, {
          span,
          firstIndex: next.firstIndex,
          endIndex: size + i,
          devices: devices.finish(i === 0 ? refusals.take() : {}),
          usage: { usageIn: 0n, owed: new Map() },
          aggregates: [],
          before: next.before,
        })
        const { json, contributions, aggregates, rewards, record } = closed
        const intervals = activeIntervals(parts)
        const saved = { intervals: Object.fromEntries(intervals) }
        made.push({ record: json, contributions, aggregates, rewards, private: saved })
        records.push(record)
        next = {
          before: { record, n: json.n, carryOut: closed.carryOut, ledger: closed.ledger },
          from: span.to,
          firstIndex: size + i,
          intervals,
        }
      }
      await store.save(made)
      state = next
      return records.map((bytes) => ({ kind: 'ep' as const, bytes }))
    })
    count = store.newest
    for (const { record } of made) parts.publish(record)
  }

  async function closeDue(): Promise<void> {
    let batch: Span[] = []
    for (const span of dueEpochs(state.from, nowSec(), lengthSec)) {
      if (stopped) return
      batch.push(span)
      if (batch.length < epochsPerCutMax) continue
      await close(batch)
      parts.progress(state.before!.n)
      batch = []
    }
    if (batch.length > 0) await close(batch)
  }

  /** Runs after what runs already. A failure is the end: the log can take no record any more. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    running = running.then(work).catch((error: unknown) => {
      stopped = true
      const text = `an epoch cannot be closed: ${messageOf(error)}`
      parts.fatal(error instanceof Failure ? error : new Failure('data', text))
    })
    return running
  }

  let timer: NodeJS.Timeout | undefined
  function waitForEnd(): void {
    if (stopped) return
    const leftMs = nextEnd(state.from, lengthSec) * 1_000 - clock.now()
    timer = setTimeout(
      () => void inTurn(closeDue).then(waitForEnd),
      Math.min(lookEveryMs, Math.max(1, leftMs)),
    )
  }

  async function saveRefusals(): Promise<void> {
    const changes = refusals.changes()
    if (changes) await store.saveRefusals(store.newest + 1, changes)
  }
  const saving = setInterval(() => void inTurn(saveRefusals), saveRefusalsEveryMs)

  await inTurn(closeDue)
  waitForEnd()
  return {
    settlements: settlementsOf(parts, () => count),
    open: () => ({ n: count + 1, from: state.from, to: nextEnd(state.from, lengthSec) }),
    refused: (device, reason) => refusals.add(device, reason),
    async closeNow() {
      let outcome: Result<EpochJson> = refuse('bad-time', 'the epoch has not lasted a second yet')
      await inTurn(async () => {
        await closeDue()
        const span = closedNow(state.from, nowSec(), lengthSec)
        if (span === undefined) return
        await close([span])
        outcome = accept((await store.loadRecord(count))!)
      })
      return outcome
    },
    neededFromMs() {
      const longest = [...parts.registry.devices()].reduce(
        (most, { intervalSec }) => Math.max(most, historySec(intervalSec)),
        0,
      )
      return (state.from - longest) * 1_000
    },
    async recent() {
      const from = Math.max(1, count - epochsRetainedMax + 1)
      const records: EpochJson[] = []
      for (let n = from; n <= count; n++) records.push((await store.loadRecord(n))!)
      return records
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      clearInterval(saving)
      await inTurn(saveRefusals)
    },
  }
}

/** Seconds between readings of everyone who is active now. */
function activeIntervals({ registry }: EpochsParts): ReadonlyMap<string, number> {
  const active = [...registry.devices()].filter(({ state }) => state === 'active')
  return new Map(active.map(({ id, intervalSec }) => [id, intervalSec]))
}

async function load({ store, clock }: EpochsParts): Promise<State> {
  const begin = await store.begin(Math.floor(clock.now() / 1_000))
  const newest = await store.load(store.newest)
  if (newest === undefined)
    return { before: undefined, from: begin, firstIndex: 0, intervals: new Map() }
  const { record, rewards } = newest
  const ledger = ledgerOf(rewards)
  const bytes = fromB64u(record.record)
  const carryOut = parseAmount(record.money[4])
  if (ledger === undefined || bytes === undefined || carryOut === undefined)
    throw new Failure('data', `epoch ${record.n} is damaged: restore the newest backup`)
  return {
    before: { record: bytes, n: record.n, carryOut, ledger },
    from: record.to,
    firstIndex: record.endIndex,
    intervals: new Map(Object.entries(newest.private.intervals)),
  }
}

/** The newest records may be saved and not in the log yet: they go there before anything else. */
async function finishInterrupted(parts: EpochsParts, { before }: State): Promise<void> {
  const { store, journal, log } = parts
  if (before === undefined) return
  const missing: { endIndex: number; bytes: Uint8Array }[] = []
  for (let n = before.n; n >= 1; n--) {
    const { record, endIndex } = (await store.loadRecord(n))!
    const bytes = fromB64u(record)!
    if (endIndex >= log.size) {
      missing.unshift({ endIndex, bytes })
      continue
    }
    const entry = await journal.read(endIndex)
    if (entry?.bytes && equal(entry.bytes, bytes)) break
    throw mixed(n, endIndex)
  }
  const [first] = missing
  if (first === undefined) return
  // Only a crash leaves a record without its entry, and then the entry's place is the next one.
  if (first.endIndex !== log.size) throw mixed(before.n, first.endIndex)
  await log.append(missing.map(({ bytes }) => ({ kind: 'ep' as const, bytes })))
}

function mixed(n: number, index: number): Failure {
  return new Failure(
    'data',
    `entry ${index} of the log is not the record of epoch ${n}: the data directory holds parts of ` +
      'two; restore the newest backup',
  )
}

function settlementsOf({ store }: EpochsParts, count: () => number): Settlements {
  const isClosed = (n: number): boolean => n <= count()
  return {
    get count() {
      return count()
    },
    read: async (n) => (isClosed(n) ? store.load(n) : undefined),
    record: async (n) => (isClosed(n) ? store.loadRecord(n) : undefined),
    async owning(index) {
      let [low, high] = [1, count() + 1]
      while (low < high) {
        const middle = Math.floor((low + high) / 2)
        if ((await store.loadRecord(middle))!.endIndex > index) high = middle
        else low = middle + 1
      }
      return isClosed(low) ? store.loadRecord(low) : undefined
    },
  }
}

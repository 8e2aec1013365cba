/**
 * Journal > windows > private release > live topics (PROTOCOL 7). A slot's rows are drawn when its
 * time P has come, from what was journalled before, are durable before anybody sees them, and are
 * published together at a fixed moment after P: how long a draw took tells nothing.
 *
 * What fell due while the gateway was away is drawn at the start, before links are open.
 */
import type { Registry } from '../core/device/registry.js'
import { Failure, messageOf } from '../core/failure.js'
import { publicationLagMs, skewSecMax, slotLeadSecMax } from '../core/limits.js'
import { createHalfWidths } from '../core/privacy/halfWidth.js'
import { hashRow, type RowHash } from '../core/privacy/rowHash.js'
import { nextSlot, type Slot, slotsDue } from '../core/privacy/slots.js'
import { daySec } from '../core/privacy/steps.js'
import type { ReleaseTerms } from '../core/privacy/terms.js'
import type { RandomBytes } from '../core/privacy/uniform.js'
import { dayOf, firstWindowDue } from '../core/privacy/windows.js'
import type { Span } from '../core/rewards/slots.js'
import type { Sale } from '../core/rewards/usage.js'
import type { Clock } from '../ports/clock.js'
import type { Journal } from '../ports/journal.js'
import type { RosterStore } from '../ports/releaseStore.js'
import type { ReleasedRow, ReleasedRows } from '../ports/releases.js'
import type { SoldRows } from '../ports/sales.js'
import { drawSlot } from './release/draw.js'
import type { ReleaseLedger } from './release/ledger.js'
import { createSlotReader, type SlotReader } from './release/reader.js'
import { createRosters } from './release/rosters.js'
import { createPublishedRows, recordOf, withText } from './release/rows.js'
import { salesOf } from './release/usage.js'

/** The clock may be set: what is due is looked for at least this often. */
const lookEveryMs = 30_000
/** Slots that are drawn at the start between two lines of progress. */
const progressSlots = 500
/** Slots that are drawn at the start between two marks: without one they would be looked at again. */
const slotsPerMark = 100

export interface ReleaseParts {
  journal: Pick<Journal, 'read' | 'scan' | 'size' | 'append'>
  registry: Registry
  ledger: ReleaseLedger
  rosters: RosterStore
  terms: ReleaseTerms
  /** When the gateway first started, Unix seconds. */
  beganSec: number
  clock: Clock
  random: RandomBytes
  /** Publishes a row on its live topic, retained. */
  publish(topic: string, text: string): void
  /** Called now and then while many slots are drawn at once. */
  progress(done: number): void
  /** Called where rows can no longer be made durable; the process must end. */
  fatal(error: Failure): void
}

export interface Releases {
  readonly rows: ReleasedRows
  /** Slots before this Unix second are published. */
  readonly publishedSec: number
  /** Draws every slot before `sec`, Unix seconds, which must have come. Durable on resolve. */
  drawBefore(sec: number): Promise<void>
  /** The rows that belong to an epoch, by key; its slots must be drawn. */
  hashesOf(span: Span): Promise<RowHash[]>
  /** Who is paid for what was sold. */
  salesOf(sold: AsyncIterable<SoldRows>): Promise<Sale[]>
  /** Journal times (ms since 1970) from which on bodies are still read. */
  neededFromMs(): number
  /** Publishes the newest row of each series again: a broker may have lost what it retained. */
  announce(): Promise<void>
  stop(): Promise<void>
}

/** Draws what fell due, then goes on. */
export async function startReleases(parts: ReleaseParts): Promise<Releases> {
  const { ledger, clock, terms, beganSec } = parts
  const rosters = createRosters({ ...parts, store: parts.rosters })
  const fromSec = Math.max(beganSec, ledger.doneSec + 1)
  const odometer = await ledger.odometer((dayOf(fromSec) - 2) * daySec)
  const nowSec = (): number => Math.floor(clock.now() / 1_000)
  const rows = await createPublishedRows(ledger.index, () => rosters.steps(dayOf(nowSec())))
  const drawing = {
    ledger,
    rosters,
    odometer,
    terms,
    fromSec: parts.rosters.fromSec,
    random: parts.random,
    halfWidthOf: createHalfWidths(),
  }
  /** Slots before this second are drawn. */
  let drawnSec = fromSec
  /** Drawn, and not published yet. */
  let waiting: ReleasedRow[] = []
  let early: SlotReader | undefined
  /** Nobody waits for the moment of what fell due long ago. */
  let isStarting = true
  let stopped = false
  let running: Promise<void> = Promise.resolve()

  async function readerOf(slot: Slot): Promise<SlotReader> {
    const reader = early?.slot.p === slot.p ? early : createSlotReader(parts, slot)
    early = undefined
    // Everything that was handed in before P is durable once this resolves.
    if (!isStarting) await parts.journal.append([])
    await reader.readOn()
    return reader
  }

  async function draw(sec: number): Promise<void> {
    let done = 0
    while (drawnSec < sec && !stopped) {
      const day = dayOf(drawnSec)
      // The oldest window of this day's slots began two days before.
      for (let one = day - 2; one <= day; one++) await rosters.prepare(one)
      const end = Math.min(sec, (day + 1) * daySec)
      for (const slot of slotsDue(rosters.steps, drawnSec, end)) {
        if (stopped) return
        const made = (await drawSlot(drawing, await readerOf(slot))).map(withText)
        if (isStarting) await rows.publish(slot.p + 1, made)
        else waiting.push(...made)
        drawnSec = slot.p + 1
        done++
        if (!isStarting || done % slotsPerMark === 0) await ledger.done(slot.p)
        if (done % progressSlots === 0) parts.progress(done)
      }
      drawnSec = end
    }
    if (isStarting && done > 0) await ledger.done(drawnSec - 1)
    await rosters.prepare(dayOf(sec))
  }

  async function publish(sec: number): Promise<void> {
    const due = waiting.filter(({ publishedSec }) => publishedSec < sec)
    waiting = waiting.filter(({ publishedSec }) => publishedSec >= sec)
    await rows.publish(sec, due)
    for (const row of due) parts.publish(topicOf(row), row.text)
  }

  /** Runs after what runs already. A failure is the end: nobody knows what was made durable. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    running = running.then(work).catch((error: unknown) => {
      stopped = true
      const text = `releases cannot go on: ${messageOf(error)}`
      parts.fatal(error instanceof Failure ? error : new Failure('data', text))
    })
    return running
  }

  async function drawBefore(sec: number): Promise<void> {
    await inTurn(() => draw(sec))
    waitForSlot()
  }

  let timer: NodeJS.Timeout | undefined
  const after = (ms: number, work: () => Promise<void>): void => {
    clearTimeout(timer)
    if (stopped) return
    timer = setTimeout(
      () => void inTurn(work).then(waitForSlot),
      Math.min(lookEveryMs, Math.max(1, ms)),
    )
  }

  /** Before P: reads most of it ahead. At P: draws. At the fixed moment after it: publishes. */
  function waitForSlot(): void {
    const [oldest] = waiting
    if (oldest === undefined) waitToDraw()
    else waitToPublish(oldest.publishedSec * 1_000)
  }

  /** A draw that took longer is published at the next such moment. */
  function waitToPublish(pMs: number): void {
    const now = clock.now()
    const atMs = pMs + Math.max(1, Math.ceil((now - pMs) / publicationLagMs)) * publicationLagMs
    after(atMs - now, async () => {
      if (clock.now() >= atMs) await publish(nowSec())
    })
  }

  function waitToDraw(): void {
    const now = clock.now()
    const slot = nextSlot(rosters.steps, drawnSec)
    const pMs = slot.p * 1_000
    const leadMs = pMs - leadSec(slot) * 1_000
    const midnightMs = (dayOf(nowSec()) + 1) * daySec * 1_000
    if (early === undefined && leadMs > now && leadMs < midnightMs)
      after(leadMs - now, async () => {
        if (clock.now() >= leadMs) await readAhead(slot)
      })
    else after(Math.min(pMs, midnightMs) - now, () => draw(nowSec() + 1))
  }

  async function readAhead(slot: Slot): Promise<void> {
    early = createSlotReader(parts, slot)
    await early.readOn()
  }

  await inTurn(async () => {
    await draw(nowSec())
    await rows.publish(nowSec(), [])
    isStarting = false
  })
  waitForSlot()
  return {
    rows,
    get publishedSec() {
      return rows.publishedSec
    },
    drawBefore,
    async hashesOf({ from, to }) {
      const found: RowHash[] = []
      for await (const { text } of ledger.index.inSlots(from, to))
        found.push(hashRow(recordOf(text).row))
      return found.sort((a, b) => (a.key < b.key ? -1 : 1))
    },
    salesOf: (sold) => salesOf(ledger.index, rosters, sold),
    neededFromMs() {
      const steps = rosters.stepsInUse(dayOf(drawnSec))
      return (
        (Math.min(drawnSec, ...steps.map((step) => firstWindowDue(step, drawnSec))) - skewSecMax) *
        1_000
      )
    },
    async announce() {
      for (const { metric, step, cells } of rows.offers())
        for (const cell of cells) {
          const row = await rows.latest({ metric, cell, step })
          if (row !== undefined) parts.publish(topicOf(row), row.text)
        }
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}

/** Below the root: `live/<metric>/<cell>/<step>` (PROTOCOL 5). */
function topicOf({ row: { metric, cell, step } }: ReleasedRow): string {
  return `live/${metric}/${cell}/${step}`
}

/** How long before P most of a slot is read: the shortest window has ended then. */
function leadSec({ windows }: Slot): number {
  return Math.min(slotLeadSecMax, ...windows.map(({ step }) => step / 5))
}

/**
 * Closes epochs (PROTOCOL 6.3, 6.5): on time, after an outage, and on the operator's word. An epoch's
 * bytes are durable in the settlement store, then its record goes into the log, then it is published.
 *
 * A crash before the store has it leaves an open epoch, which is closed at the next start; a crash
 * after it leaves bytes without an entry, and the start appends exactly these: the cut held every
 * other append back, so their place in the log is still free.
 */
import { Failure, messageOf } from '../core/failure.js'
import { epochsPerCutMax, epochsRetainedMax } from '../core/limits.js'
import type { EpochJson } from '../core/log/epoch.js'
import { closedNow, dueEpochs, nextEnd } from '../core/rewards/epochSpan.js'
import { historySec } from '../core/rewards/quality.js'
import type { Span } from '../core/rewards/slots.js'
import { accept, type Result, refuse } from '../core/verdict.js'
import type { Settlements } from '../ports/settlements.js'
import { type CutParts, closeSpans } from './epochs/cut.js'
import { EpochRefusals } from './epochs/refusals.js'
import { settlementsOf } from './epochs/settlements.js'
import { finishInterrupted, loadState, type StateParts } from './epochs/state.js'

/** The clock may be set: what is due is looked for at least this often. */
const lookEveryMs = 30_000
const saveRefusalsEveryMs = 5_000

export interface EpochsParts extends CutParts, StateParts {
  journal: CutParts['journal']
  log: CutParts['log']
  /** `epoch.length`, s. */
  lengthSec: number
  /** Called with each record once it is durable and in the log. */
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

/** Finishes what a crash left, and closes what fell due while the gateway was away. */
export async function startEpochs(parts: EpochsParts): Promise<Epochs> {
  const { store, clock, lengthSec } = parts
  let state = await loadState(parts)
  await finishInterrupted(parts, state)
  let count = store.newest
  const refusals = new EpochRefusals(await store.loadRefusals(count + 1))
  let stopped = false
  /** One close after the other. */
  let running: Promise<void> = Promise.resolve()

  const nowSec = (): number => Math.floor(clock.now() / 1_000)

  async function close(spans: readonly Span[]): Promise<void> {
    const closed = await closeSpans(parts, state, spans, refusals)
    state = closed.state
    count = store.newest
    for (const { record } of closed.made) parts.publish(record)
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
    settlements: settlementsOf(store, () => count),
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
      for (let n = from; n <= count; n++) {
        const record = await store.loadRecord(n)
        if (record !== undefined) records.push(record)
      }
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

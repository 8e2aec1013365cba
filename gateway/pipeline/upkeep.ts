/** What is done now and then beside the data path: index flushes, snapshots, retention. */
import type { Clock } from '../ports/clock.js'
import type { Journal } from '../ports/journal.js'
import type { SequenceIndex } from '../ports/registry.js'
import type { SeriesStore } from '../ports/series.js'
import type { ContributionLog } from './contributionLog.js'

/** The index overlay in memory stays small, and a start after a crash has little to read again. */
const flushEveryMs = 5_000
/** Old bodies go within this time after the retention has run out. */
const retainEveryMs = 3_600_000
/** A start has better things to do, and devices come back all at once. */
const retainFirstMs = 60_000

export interface UpkeepParts {
  log: ContributionLog
  journal: Journal
  sequences: SequenceIndex
  store: SeriesStore
  clock: Clock
  /** `retention.raw`, seconds. */
  retentionSec(): number
  /** From this time on (ms since 1970) bodies stay: the open epoch still reads them. */
  neededFromMs(): number
  snapshots: { consider(): void; save(): Promise<void> }
  /** Told of a job that failed; it is done again at its next time. */
  report(job: string, error: unknown): void
}

export interface Upkeep {
  /** Ends the jobs and saves what makes the next start short. */
  stop(): Promise<void>
}

export function startUpkeep(parts: UpkeepParts): Upkeep {
  let running: Promise<void> = Promise.resolve()
  function run(job: string, work: () => Promise<unknown>): void {
    running = running
      .then(work)
      .catch((error: unknown) => parts.report(job, error))
      .then(() => undefined)
  }
  const stopping = new AbortController()
  const retain = (): void => run('retention', () => retainNow(parts, stopping.signal))
  const flush = setInterval(() => {
    parts.snapshots.consider()
    run('flushing the sequence index', () => parts.sequences.flush(parts.log.size))
  }, flushEveryMs)
  const retainFirst = setTimeout(retain, retainFirstMs)
  const retainAgain = setInterval(retain, retainEveryMs)
  return {
    async stop() {
      clearInterval(flush)
      clearTimeout(retainFirst)
      clearInterval(retainAgain)
      stopping.abort()
      await running
      await parts.snapshots.save()
      await parts.sequences.flush(parts.log.size)
    },
  }
}

async function retainNow(parts: UpkeepParts, signal: AbortSignal): Promise<void> {
  const oldestMs = parts.clock.now() - parts.retentionSec() * 1000
  // Bodies go only once everything that is read from them is stored elsewhere.
  if ((await parts.store.cursor()) >= parts.log.size)
    await parts.journal.dropBodies(Math.min(oldestMs, parts.neededFromMs()))
  await parts.store.retain(Math.floor(oldestMs / 1000), signal)
}

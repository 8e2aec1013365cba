/** A simulation under way, whatever it sends: what a command or a demo holds in its hand. */
import type { Crew, PlannedDevice, RunReport } from './crew.js'
import { answerMsMax } from './limits.js'
import { type Audit, audit } from './oracle.js'

export interface Run {
  /** Known before the first device says a word. */
  readonly devices: readonly PlannedDevice[]
  /**
   * Resolves when everything was sent and answered and the links are closed, also after `stop`.
   * Rejects with a `Failure` where the run could not begin.
   */
  readonly finished: Promise<void>
  /** How far it is, 0..1; `undefined` where it has no end. */
  progress(): number | undefined
  report(): RunReport
  /** Sends nothing new, waits for answers at most `settleMs` (default 15 s), closes every link. */
  stop(settleMs?: number): Promise<void>
  /** After the end: compares with what the gateway holds. Needs `operator`. */
  audit(): Promise<Audit>
}

/** Sends messages until done or `signal` aborts. */
export type Source = (crew: Crew, signal: AbortSignal) => Promise<void>

export function startRun(crew: Crew, source: Source, progress: Run['progress']): Run {
  const ending = new AbortController()
  let settleMs = answerMsMax
  const finished = (async () => {
    try {
      await crew.start()
      await source(crew, ending.signal)
      await crew.settle(settleMs)
    } finally {
      await crew.stop()
    }
  })()
  // Whoever awaits `finished` sees the error; nobody has to.
  finished.catch(() => {})
  return {
    devices: crew.planned,
    finished,
    progress,
    report: () => crew.report(),
    stop(wait = answerMsMax) {
      settleMs = wait
      ending.abort()
      return finished
    },
    audit: () => audit(crew),
  }
}

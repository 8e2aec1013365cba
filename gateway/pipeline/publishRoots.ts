/**
 * Publishes the root of each closed epoch to the chain: one transaction at a time, recorded before it
 * is sent, so that a crash at any point leaves either nothing or bytes that are sent again. The
 * account's nonce and the contract's index both stand in these bytes; sent twice they count once.
 * Where nothing can be published, it says why and tries again for ever (schemas/chain.md).
 */
import { Failure } from '../core/failure.js'
import {
  chainPollMs,
  chainRetryMsMax,
  chainRetryMsMin,
  chainWatchMs,
  projectStopMs,
} from '../core/limits.js'
import type { PublicationStore, SubmittedRoot } from '../ports/chain.js'
import { createSleeper, type Sleeper } from './project/sleeper.js'
import { openRecord } from './publishRoots/record.js'
import { createTurns, type Turn, type TurnParts, type Turns } from './publishRoots/turn.js'

export interface PublishParts extends TurnParts {
  store: PublicationStore
  /** Waits; those of limits.ts where absent. */
  pollMs?: number
  retryMsMin?: number
  /** Called where publishing stops for another reason than before, or goes on (`undefined`). */
  report?(problem: string | undefined): void
}

export interface RootPublisher {
  /** Says that an epoch was closed. */
  notify(): void
  /** Empty when well; otherwise why nothing is published, for /readyz. */
  condition(): string[]
  /** Every epoch up to this one is published. */
  readonly epoch: number
  /** The newest standing root that the chain has shown since the start: a restored log must reach it. */
  readonly newest: SubmittedRoot | undefined
  /** Stops; what waits is recorded and goes on at the next start. */
  stop(): Promise<void>
}

/** Loads the record and begins. Rejects with a Failure where it is damaged or of another contract. */
export async function startRootPublisher(parts: PublishParts): Promise<RootPublisher> {
  const record = await openRecord(parts.store)
  const turns = createTurns(parts, record)
  const sleeper = createSleeper()
  let problem: string | undefined
  const watch = setInterval(() => sleeper.wake(), chainWatchMs)
  const running = run(parts, turns, sleeper, (found) => {
    if (found !== problem) parts.report?.(found)
    problem = found
  })
  return {
    notify: () => sleeper.wake(),
    condition: () => (problem === undefined ? [] : [`chain: ${problem}`]),
    get epoch() {
      return record.state.epoch
    },
    get newest() {
      return turns.newest
    },
    async stop() {
      clearInterval(watch)
      sleeper.stop()
      await within(projectStopMs, running)
      await record.close()
    },
  }
}

/** Takes turns until stopped. `say`: what is wrong, after each turn; `undefined`: nothing. */
async function run(
  { pollMs = chainPollMs, retryMsMin = chainRetryMsMin }: PublishParts,
  turns: Turns,
  sleeper: Sleeper,
  say: (problem: string | undefined) => void,
): Promise<void> {
  let retryMs = retryMsMin
  while (!sleeper.stopped) {
    const turn = await turns.take().catch(problemOf)
    const isStuck = typeof turn === 'object'
    say(isStuck ? turn.problem : undefined)
    if (isStuck) await sleeper.sleep(retryMs)
    else if (turn === 'waiting') await sleeper.sleep(pollMs)
    else if (turn === 'idle') await sleeper.untilWoken()
    retryMs = isStuck ? Math.min(2 * retryMs, chainRetryMsMax) : retryMsMin
  }
}

/** A failure is shown and tried again; anything else is a defect. */
function problemOf(error: unknown): Turn {
  if (error instanceof Failure) return { problem: error.message }
  throw error
}

/** A question to a node that does not answer is not waited for. */
async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}

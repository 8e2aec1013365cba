/** Work on a store that may be away: tried again for ever, ever more seldom up to a bound. */
import { Failure, messageOf } from '../../core/failure.js'
import type { Sleeper } from './sleeper.js'

/** Waits between attempts while the store is away, ms; doubled from the first to the last. */
export interface RetryWaits {
  min: number
  max: number
}

/**
 * Repeats `step` until the sleeper is stopped. After a Failure `failed` hears why, and the wait
 * before the next attempt grows; anything else is a bug and ends it.
 */
export async function persist(
  sleeper: Sleeper,
  waits: RetryWaits,
  step: () => Promise<void>,
  failed: (why: string) => void,
): Promise<void> {
  let waitMs = waits.min
  while (!sleeper.stopped) {
    try {
      await step()
      waitMs = waits.min
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause
      failed(messageOf(cause))
      await sleeper.sleep(waitMs)
      waitMs = Math.min(2 * waitMs, waits.max)
    }
  }
}

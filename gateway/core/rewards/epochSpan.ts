/** When epochs end (PROTOCOL 6.5): they tile time, so each begins where the last one ended. */
import { assert } from '../failure.js'
import type { Span } from './slots.js'

/** First multiple of `lengthSec` since 1970 (UTC) after `from`, Unix seconds. */
export function nextEnd(from: number, lengthSec: number): number {
  assert(Number.isSafeInteger(from) && from >= 0, 'an epoch begins at a time')
  assert(Number.isSafeInteger(lengthSec) && lengthSec > 0, 'epoch.length is whole seconds')
  return (Math.floor(from / lengthSec) + 1) * lengthSec
}

/**
 * The epochs that have ended by `now`, oldest first; `from`: end of the last one, or the gateway's
 * first start. Lazy, for a year away is a great many epochs of two minutes. None while the clock is
 * behind `from`.
 */
export function* dueEpochs(from: number, now: number, lengthSec: number): Generator<Span> {
  for (let start = from; ; ) {
    const end = nextEnd(start, lengthSec)
    if (end > now) return
    yield { from: start, to: end }
    start = end
  }
}

/**
 * The epoch that `epoch close` ends at `now`, once all that fell due is done; `undefined` where that
 * would leave it without a second, or would run past an end that is due.
 */
export function closedNow(from: number, now: number, lengthSec: number): Span | undefined {
  return now > from && now <= nextEnd(from, lengthSec) ? { from, to: now } : undefined
}

/**
 * The windows of released aggregates (PROTOCOL 7): they tumble, are aligned to 00:00 UTC, and each is
 * published in one fixed slot. All times are Unix seconds.
 */
import { assert } from '../failure.js'
import { publicationDelaySecMax, windowTimeMax, windowTimeMin } from '../limits.js'
import { daySec, windowSteps } from './steps.js'

/** Whether a number of seconds is the length of a window. */
export function isWindowStep(step: number): boolean {
  return windowSteps.includes(step)
}

/** Whether a window of that length begins at `t`: on the grid of 00:00 UTC, with ten digits. */
export function isWindowStart(step: number, t: number): boolean {
  return Number.isSafeInteger(t) && t >= windowTimeMin && t <= windowTimeMax && t % step === 0
}

/** Start of the window that holds a time. */
export function windowOf(step: number, time: number): number {
  return Math.floor(time / step) * step
}

/** UTC day of a time, counted from 1970-01-01. */
export function dayOf(time: number): number {
  return Math.floor(time / daySec)
}

/** P: when the row of window `t` is published. It holds what was journalled before. */
export function publicationOf(step: number, t: number): number {
  return t + publicationLag(step)
}

/** From the start of a window to its publication: 75 s, 1,125 s, 4,500 s, 22,500 s, 87,300 s. */
function publicationLag(step: number): number {
  assert(isWindowStep(step), 'a step is the length of a window')
  return step + Math.min(step / 4, publicationDelaySecMax)
}

/** Start of the first window with P >= `time`. */
export function firstWindowDue(step: number, time: number): number {
  return Math.ceil((time - publicationLag(step)) / step) * step
}

/** Starts of the windows with from <= P < to, in order. */
export function* windowsDue(step: number, from: number, to: number): Generator<number> {
  const end = to - publicationLag(step)
  for (let t = firstWindowDue(step, from); t < end; t += step) yield t
}

/** Whether the row of window `t` belongs to the epoch [from, to): from <= P < to. */
export function isWindowOf(
  epoch: { readonly from: number; readonly to: number },
  step: number,
  t: number,
): boolean {
  const published = publicationOf(step, t)
  return epoch.from <= published && published < epoch.to
}

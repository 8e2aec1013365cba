/**
 * Loaded before a program (`node --import`): its wall clock is off by CLOCK_SHIFT_MS, so that a day
 * need not be waited for.
 */
const shiftMs = Number(process.env.CLOCK_SHIFT_MS ?? 0)
const realNow = Date.now
Date.now = () => realNow() + shiftMs

/** Environment of a process whose clock is that far ahead (behind: negative), ms. */
export function shiftedBy(ms: number): Record<string, string> {
  return { NODE_OPTIONS: `--import ${import.meta.url}`, CLOCK_SHIFT_MS: String(ms) }
}

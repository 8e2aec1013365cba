/** Lengths of time that windows and budgets share (PROTOCOL 7.2). */

/** Seconds of a UTC day. */
export const daySec = 86_400

/** Lengths of a window, seconds, shortest first; each divides a day, so no window is in two. */
export const windowSteps: readonly number[] = [60, 900, 3_600, 21_600, daySec]

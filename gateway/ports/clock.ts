/** Time is passed in, so that every run can be replayed. */
export interface Clock {
  /** Wall clock, integer milliseconds since 1970 (UTC). May step. */
  now(): number
  /** Monotonic milliseconds, for durations and time-outs. Never steps back. */
  monotonic(): number
}

/** One stored value. (device, metric, second) names it; a later sequence replaces it. */
export interface Point {
  device: string
  /** Metric name, not the wire name. */
  metric: string
  /** Unix seconds. */
  time: number
  value: number
}

/** One step of a downsampled range. */
export interface Bucket {
  /** Unix seconds, aligned to the step. */
  time: number
  mean: number
  min: number
  max: number
  count: number
}

export interface SeriesRange {
  device: string
  metric: string
  /** Unix seconds, half-open [from, to). */
  from: number
  to: number
}

/**
 * Time series of raw values; local only. Rebuilt from the journal where lost.
 *
 * `write` is idempotent: the same points again change nothing, so a caller resumes from its cursor.
 * It resolves when the points are stored, or rejects with `Failure('unavailable')` (try again later) or
 * resolves with the points that the store refuses for ever (`dead`), each with the store's words.
 */
export interface SeriesStore {
  readonly kind: 'embedded' | 'influxdb'
  /** Creates what is missing (database, retention policies). Rejects with Failure('unavailable'). */
  prepare(): Promise<void>
  /**
   * Stores points, and `cursor` (journal entries consumed) in the same durable step where the store
   * can; where it cannot, the cursor is stored after the points.
   */
  write(
    points: readonly Point[],
    cursor: number,
  ): Promise<{ dead: { point: Point; error: string }[] }>
  /** Journal entries whose points are stored. */
  cursor(): Promise<number>
  /** Points by time, oldest first, at most `limit`. */
  range(range: SeriesRange, limit: number): Promise<{ time: number; value: number }[]>
  /** Aligned buckets of `stepSec`, oldest first; empty steps are absent. */
  downsample(range: SeriesRange, stepSec: number): Promise<Bucket[]>
  /** Newest value per metric of a device. */
  latest(device: string): Promise<{ metric: string; time: number; value: number }[]>
  /** Removes points older than this, Unix seconds. May end early once `signal` is aborted. */
  retain(oldest: number, signal?: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** The durable cursor of a store that cannot hold one itself. May fall back after a power cut. */
export interface CursorStore {
  /** Journal entries consumed; 0 where none was saved. */
  load(): Promise<number>
  save(cursor: number): Promise<void>
}

/** Points that a store refuses for ever, kept for people; the journal still holds the message. */
export interface DeadLetters {
  /** Points kept since the file began, and those for which there was no room. */
  readonly count: number
  /** Durable on resolve. */
  add(dead: readonly { point: Point; error: string }[]): Promise<void>
}

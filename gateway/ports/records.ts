/** A record of a `RecordLog`. */
export interface LogRecord {
  /** Position, from 0. */
  index: number
  /** When it was made durable, ms since 1970; never falls from one record to the next. */
  atMs: number
  /** JSON. */
  text: string
}

/**
 * A durable sequence of JSON texts that are no leaves of the contribution log: releases, credits. Like the
 * journal it has one writer, appends share commits and keep their order, and a torn tail is cut at
 * the start; damage before the tail refuses the start (Failure('data')). A failed write is fatal and
 * reported once to whoever opened it.
 */
export interface RecordLog {
  /** Records that are durable. */
  readonly size: number
  /** Each text is at most `recordBytesMax` bytes. Resolves, once all are durable, with the first index. */
  append(texts: readonly string[]): Promise<number>
  /** Durable records [from, to) in order; `to` defaults to the size at call. */
  scan(from: number, to?: number): AsyncIterable<LogRecord>
  close(): Promise<void>
}

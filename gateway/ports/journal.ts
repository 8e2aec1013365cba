/**
 * What an entry is; stored beside it, not part of the leaf. `js` is a record of a `RecordLog`, which
 * shares the journal's files and is no contribution.
 */
export type EntryKind = 'rd' | 'en' | 'ro' | 'rv' | 'ap' | 'ep' | 'js'

export interface NewEntry {
  kind: EntryKind
  /** Exact COSE bytes; at most `entryBytesMax`. */
  bytes: Uint8Array
}

export interface Entry extends NewEntry {
  /** Position in the log, from 0. */
  index: number
  /** When the gateway journalled it, ms since 1970; never falls from one entry to the next. */
  atMs: number
}

/** An entry whose body has been dropped after the raw retention. */
export interface DroppedEntry {
  index: number
  atMs: number
  kind: 'rd'
  bytes: undefined
  /** What admission needs of a dropped reading. */
  kid: Uint8Array
  seq: number
  /** Leaf hash, 32 bytes: lost tiles are rebuilt although the body is gone. */
  leaf: Uint8Array
}

/**
 * The journal is the contribution log: entry i is leaf i. One writer.
 *
 * Durability: `append` resolves after fdatasync of the entries and of the directory where a segment
 * began. Concurrent appends share one commit and keep their order. A failed write or sync is fatal:
 * the adapter reports it once through the `fatal` callback it was opened with and never resolves an
 * append after it.
 */
export interface Journal {
  /** Entries that are durable. */
  readonly size: number
  /** Bytes on disk, all segments. */
  readonly bytes: number
  /**
   * Appends in order; resolves with the index of the first one and the time given to them.
   * The entries of one call stand side by side and are all or none of them there after a crash;
   * together they are at most `commitBytesMax`.
   * With no entries it resolves once everything appended before is durable.
   */
  append(entries: readonly NewEntry[]): Promise<{ first: number; atMs: number }>
  /** One durable entry, `undefined` where there is none. */
  read(index: number): Promise<Entry | DroppedEntry | undefined>
  /** Durable entries [from, to) in order, read in large blocks; `to` defaults to the size at call. */
  scan(from: number, to?: number): AsyncIterable<Entry | DroppedEntry>
  /**
   * Drops the bodies of readings in whole segments that ended before `beforeMs`. The new segment is
   * durable before the old one goes. Resolves with how many bodies were dropped.
   */
  dropBodies(beforeMs: number): Promise<number>
  /** Commits what is waiting, then releases the files. */
  close(): Promise<void>
}

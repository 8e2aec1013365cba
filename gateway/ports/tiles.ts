/**
 * Hashes of the log as C2SP tlog-tiles: level L holds the roots of complete subtrees of 256^L
 * leaves, 32 bytes each, in order. A tile is 256 consecutive hashes of a level.
 *
 * Durability: `append` buffers; `sync` makes everything appended durable. Rebuilt from the journal
 * where it is short or lost. One writer, any number of readers.
 */
export interface Tiles {
  /** Leaves held (durable or not). */
  readonly size: number
  /** Appends leaf hashes, 32 bytes each, concatenated; derives the higher levels. */
  append(leaves: Uint8Array): void
  /** Makes what was appended durable. */
  sync(): Promise<void>
  /** `count` hashes of `level` from `start`, concatenated; rejects where the tree is shorter. */
  read(level: number, start: number, count: number): Promise<Uint8Array>
  /**
   * Root of the first `size` leaves, recomputed from what is stored, not from memory: asked before a
   * checkpoint is signed. Rejects where that many are not stored.
   */
  storedRoot(size: number): Promise<Uint8Array>
  /** Forgets leaves from `size` on, durably: they were ahead of the journal or are not trusted. */
  truncate(size: number): Promise<void>
  close(): Promise<void>
}

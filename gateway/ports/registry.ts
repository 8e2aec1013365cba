/**
 * Keeps what the registry needs between starts that is not in the journal: candidates that wait for
 * approval. Losing it costs nothing but a repeated enrolment.
 */
export interface PendingStore {
  load(): Promise<Uint8Array[]>
  /** Replaces the whole list (at most `pendingMax` proofs); durable on resolve. */
  save(proofs: readonly Uint8Array[]): Promise<void>
}

/** A snapshot of the folds over the journal, so that a start need not read it all. */
export interface SnapshotStore {
  /** The newest snapshot that was saved whole, with the entries it covers. */
  load(): Promise<{ entries: number; state: Uint8Array } | undefined>
  save(entries: number, state: Uint8Array): Promise<void>
}

/**
 * Finds an accepted message by (device, seq), however old. A projection of the journal with a
 * cursor; what is not yet written is found too (overlay).
 */
export interface SequenceIndex {
  /** Log index, or `undefined`. */
  find(device: string, seq: number): Promise<number | undefined>
  add(device: string, seq: number, index: number): void
  /** Accepted sequences of a device in [from, to], ascending, with their log index. */
  list(
    device: string,
    from: number,
    to: number,
    limit: number,
  ): Promise<{ seq: number; index: number }[]>
  /** Journal entries covered on disk. */
  readonly cursor: number
  /** Writes what was added; `cursor` = journal entries now covered. */
  flush(cursor: number): Promise<void>
}

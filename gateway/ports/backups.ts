/** A backup that was restored once, to see that it can be. */
export interface VerifiedBackup {
  folder: string
  /** When it was begun, ms since 1970. */
  atMs: number
  /** Entries of the log in it. */
  entries: number
}

/** Makes backups beside the running gateway; ingest does not wait for it. */
export interface BackupMaker {
  /** The newest one that was verified; `undefined` for none. */
  newest(): Promise<VerifiedBackup | undefined>
  /**
   * Makes one, restores it to a folder that is removed again, and then drops the oldest beyond `keep`.
   * Rejects with a Failure; the older ones are then as they were.
   */
  make(atMs: number, keep: number): Promise<VerifiedBackup>
  /** Ends what is under way. */
  stop(): Promise<void>
}

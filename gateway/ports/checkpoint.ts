/** Keeps the newest signed checkpoint. */
export interface CheckpointStore {
  /** The newest checkpoint text that was saved whole, or `undefined`. */
  load(): Promise<string | undefined>
  /** Durable on resolve; a crash leaves the old text or the new one, never a mixture. */
  save(text: string): Promise<void>
}

/** Somebody outside who has seen checkpoints of this log: a broker, a witness, a chain, a mirror. */
export interface Onlooker {
  /** For people: `witness one`, `the broker at mqtt://broker.lan`. */
  readonly where: string
  /**
   * The newest checkpoint it has seen, `undefined` where it has seen none. Rejects with
   * Failure('unavailable') where it cannot be asked; in a few seconds at most.
   */
  seen(): Promise<Sighting | undefined>
}

export interface Sighting {
  /** Entries under that checkpoint. */
  size: number
  /** Its root, where the onlooker tells it. */
  root?: Uint8Array
  /** What it saw is no part of this log, as is known without its root: `of a later log, ...`. */
  differs?: string
  /** It would not know of newer checkpoints, so it can refuse, but not vouch for a log. */
  partial?: boolean
  /** In words, where it is something else than a checkpoint that stands against going on. */
  against?: string
}

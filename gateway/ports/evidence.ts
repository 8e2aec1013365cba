/** A second, different message for a (device, seq) that was already accepted. */
export interface Equivocation {
  device: string
  seq: number
  /** The refused message, with its valid signature; the accepted one is in the journal. */
  message: Uint8Array
  atMs: number
}

/** Keeps proofs of misbehaviour for the operator; bounded. Never blocks the caller. */
export interface EvidenceStore {
  keep(evidence: Equivocation): void
}

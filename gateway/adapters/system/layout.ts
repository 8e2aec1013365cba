/**
 * Names inside the data directory of what a running gateway keeps (dataDir.ts has those of the
 * directory itself). A backup holds journal, checkpoint, evidence and secrets; the rest is rebuilt.
 */
export const layout = {
  /** Segments of the contribution log. */
  journal: 'journal',
  /** Text of the newest signed checkpoint. */
  checkpoint: 'checkpoint',
  /** Pairs of messages that prove an equivocation, JSON lines. */
  evidence: 'evidence.jsonl',
  /** Hash tiles; rebuilt from the journal. */
  tiles: 'tiles',
  /** Embedded database: series, sequence index, snapshot; rebuilt from the journal. */
  database: 'database',
  /** Points that the series store refuses for ever, JSON lines. */
  deadLetters: 'dead-letters.jsonl',
} as const

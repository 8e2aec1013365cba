/**
 * Evidence that a log has forked: two checkpoints that its key signed and that cannot both be true.
 * They have one size and two roots; or a path shows that the first entries of the larger tree are not
 * those of the smaller one (schemas/witness.md). Anyone can check it with the log's key alone.
 */
import { equal, fromB64u, toB64u } from '../bytes.js'
import { ed25519Verify } from '../crypto.js'
import type { VerifySignature } from '../device/message.js'
import { forkBytesMax, proofPathMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type Checkpoint, openCheckpoint } from './checkpoint.js'
import { olderRoot } from './consistency.js'
import { formatVkey, type NoteKey, parseVkey } from './note.js'

export interface ForkEvidence {
  v: 1
  kind: 'fork'
  /** The log's key under its origin. */
  log: string
  /** Signed notes; the first is of the smaller tree, or as large. */
  older: string
  newer: string
  /** Consistency path from the older size to the newer root, b64u; empty for two of one size. */
  path: string[]
}

/** What evidence shows. */
export interface Fork {
  origin: string
  older: Checkpoint
  newer: Checkpoint
}

/** Whether two tree heads of one log contradict each other; `path`: from the older to the newer. */
export function contradicts(
  older: Checkpoint,
  newer: Checkpoint,
  path: readonly Uint8Array[],
): boolean {
  if (older.origin !== newer.origin) return false
  if (older.size === newer.size) return !equal(older.root, newer.root)
  const root = olderRoot(older.size, newer.size, newer.root, path)
  return root !== undefined && !equal(root, older.root)
}

/** The evidence of two notes that `contradicts` has judged. */
export function buildFork(
  log: NoteKey,
  older: string,
  newer: string,
  path: readonly Uint8Array[],
): ForkEvidence {
  return { v: 1, kind: 'fork', log: formatVkey(log), older, newer, path: path.map(toB64u) }
}

/** Reads and checks evidence; the refusal says why it shows nothing. */
export function openFork(json: string, verify: VerifySignature = ed25519Verify): Result<Fork> {
  const evidence = parseFork(json)
  if (!evidence.ok) return evidence
  const { log, older, newer, path } = evidence.value
  const key = parseVkey(log)
  if (!key.ok) return key
  const { name, publicKey } = key.value
  const [a, b] = [older, newer].map((note) => openCheckpoint(note, name, publicKey, verify))
  if (a === undefined || !a.ok) return refuse('bad-signature', `older: ${a?.detail}`)
  if (b === undefined || !b.ok) return refuse('bad-signature', `newer: ${b?.detail}`)
  const hashes = path.map(fromB64u)
  if (!hashes.every((hash) => hash !== undefined)) return refuse('malformed', 'path is not b64u')
  if (!contradicts(a.value, b.value, hashes))
    return refuse('malformed', 'the two checkpoints do not contradict each other')
  return accept({ origin: name, older: a.value, newer: b.value })
}

/** Whether a text is meant as evidence of a fork, whatever it shows. */
export function isForkText(json: string): boolean {
  return objectOf(json)?.kind === 'fork'
}

function parseFork(json: string): Result<ForkEvidence> {
  const value = objectOf(json)
  const keys = ['kind', 'log', 'newer', 'older', 'path', 'v']
  if (value === undefined || Object.keys(value).sort().join() !== keys.join())
    return refuse('malformed', `evidence of a fork has exactly the fields ${keys.join(', ')}`)
  const { v, kind, log, older, newer, path } = value
  const areTexts = [log, older, newer].every((text) => typeof text === 'string')
  const isPath =
    Array.isArray(path) &&
    path.length <= proofPathMax &&
    path.every((hash) => typeof hash === 'string')
  if (v !== 1 || kind !== 'fork' || !areTexts || !isPath)
    return refuse('malformed', 'a field of the evidence is not what it should be')
  return accept(value as unknown as ForkEvidence)
}

function objectOf(json: string): Record<string, unknown> | undefined {
  if (json.length > forkBytesMax) return undefined
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch {
    return undefined
  }
}

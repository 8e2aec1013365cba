/** Checkpoints of the contribution log: C2SP tlog-checkpoint v1 in a signed note (PROTOCOL 6.1). */
import { ed25519Verify } from '../crypto.js'
import { assert } from '../failure.js'
import { accept, type Result, refuse } from '../verdict.js'
import { fromBase64, toBase64 } from './base64.js'
import { openNote, signNote } from './note.js'
import { hashBytes } from './tree.js'

/** A tree head. */
export interface Checkpoint {
  /** Identity of the log; also the name of its key. */
  origin: string
  /** Leaves, from 0 below 2^53. */
  size: number
  /** 32 bytes. */
  root: Uint8Array
}

/**
 * `fieldproof/<network>/<gatewayId>`; `run` from 2 is appended where a restored gateway began a new
 * log under its key (PROTOCOL 6.1).
 */
export function originOf(network: string, gatewayId: string, run = 1): string {
  const origin = `fieldproof/${network}/${gatewayId}`
  return run === 1 ? origin : `${origin}/${run}`
}

/** Whether an origin is that of a log of this gateway, the first or a later one. */
export function isOriginOf(origin: string, network: string, gatewayId: string): boolean {
  const first = originOf(network, gatewayId)
  if (origin === first) return true
  const run = /^\/([1-9][0-9]{0,8})$/.exec(origin.slice(first.length))
  return origin.startsWith(first) && run !== null && Number(run[1]) >= 2
}

/** The checkpoint as a note, signed under its origin. `sign` gives 64 bytes. */
export function formatCheckpoint(
  checkpoint: Checkpoint,
  publicKey: Uint8Array,
  sign: (message: Uint8Array) => Uint8Array,
): string {
  const { origin, size, root } = checkpoint
  assert(Number.isSafeInteger(size) && size >= 0, 'a size is a count')
  assert(root.length === hashBytes, 'a root is a hash')
  return signNote(`${origin}\n${size}\n${toBase64(root)}\n`, { name: origin, publicKey }, sign)
}

/** The first line of a note: whose checkpoint it says it is. Nothing is verified. */
export function claimedOrigin(note: string): string {
  return note.slice(0, Math.max(0, note.indexOf('\n')))
}

/** Reads the text of a checkpoint; extension lines are allowed and ignored. Otherwise `malformed`. */
export function parseCheckpoint(text: string): Result<Checkpoint> {
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.length < 3 || lines.includes(''))
    return refuse('malformed', 'a checkpoint is three or more lines, none of them empty')
  const [origin, digits, encoded] = [lines[0]!, lines[1]!, lines[2]!]
  const size = /^(0|[1-9][0-9]*)$/.test(digits) ? Number(digits) : Number.NaN
  if (!Number.isSafeInteger(size)) return refuse('malformed', 'the tree size is not one')
  const root = fromBase64(encoded)
  if (root?.length !== hashBytes) return refuse('malformed', 'the root is not a hash in base64')
  return accept({ origin, size, root })
}

/** The checkpoint of a note that the log `origin` signed with its key. */
export function openCheckpoint(
  note: string,
  origin: string,
  publicKey: Uint8Array,
  verify: (signature: Uint8Array, message: Uint8Array, key: Uint8Array) => boolean = ed25519Verify,
): Result<Checkpoint> {
  const text = openNote(note, { name: origin, publicKey }, verify)
  if (!text.ok) return text
  const checkpoint = parseCheckpoint(text.value)
  if (!checkpoint.ok) return checkpoint
  if (checkpoint.value.origin !== origin)
    return refuse('malformed', `the checkpoint is of another log than ${origin}`)
  return checkpoint
}

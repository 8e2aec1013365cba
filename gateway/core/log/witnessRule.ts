/**
 * What a witness answers (C2SP tlog-witness): a pure function of what it has cosigned last and of the
 * request. It cosigns growth only; two trees of one log are kept as evidence.
 */
import { equal } from '../bytes.js'
import { ed25519Verify } from '../crypto.js'
import type { VerifySignature } from '../device/message.js'
import { parseAddCheckpoint } from './addCheckpoint.js'
import { type Checkpoint, claimedOrigin, parseCheckpoint } from './checkpoint.js'
import { verifyConsistency } from './consistency.js'
import { buildFork, contradicts, type ForkEvidence } from './fork.js'
import { type NoteKey, openNote } from './note.js'
import { emptyRoot } from './tree.js'

/** What a witness has cosigned last of one log. */
export interface Witnessed {
  size: number
  /** 32 bytes. */
  root: Uint8Array
  /** The note that it cosigned, with the log's signature. */
  note: string
}

/** What the witness knows when a request comes. */
export interface WitnessKnowledge {
  /** Key of a log by its origin. */
  keyOf(origin: string): NoteKey | undefined
  /** `undefined` where it never cosigned a checkpoint of that log. */
  lastOf(origin: string): Witnessed | undefined
}

export type WitnessVerdict =
  /** Make `next` durable, then cosign `text`. */
  | { status: 200; origin: string; text: string; next: Witnessed }
  | {
      status: 400 | 403 | 404 | 422
      detail: string
      fork?: ForkEvidence
    }
  | {
      status: 409
      /** The size that was cosigned last: what the log should prove from. */
      size: number
      detail: string
      fork?: ForkEvidence
    }

/** The origin that a request is about, before anything of it is believed; '' where there is none. */
export function originOfRequest(body: string): string {
  const split = body.indexOf('\n\n')
  return split < 0 ? '' : claimedOrigin(body.slice(split + 2))
}

/** Judges the body of an add-checkpoint request, in C2SP's order. */
export function judgeAddCheckpoint(
  body: string,
  knowledge: WitnessKnowledge,
  verify: VerifySignature = ed25519Verify,
): WitnessVerdict {
  const request = parseAddCheckpoint(body)
  if (!request.ok) return { status: 400, detail: request.detail }
  const { oldSize, proof, checkpoint: note } = request.value
  const origin = claimedOrigin(note)
  const key = knowledge.keyOf(origin)
  if (key === undefined) return { status: 404, detail: 'this witness does not follow that log' }
  const text = openNote(note, key, verify)
  if (!text.ok) return { status: text.reason === 'malformed' ? 400 : 403, detail: text.detail }
  const head = parseCheckpoint(text.value)
  if (!head.ok) return { status: 400, detail: head.detail }
  if (oldSize > head.value.size)
    return { status: 400, detail: 'the old size is above that of the checkpoint' }
  return judgeGrowth({ oldSize, proof, note, text: text.value, head: head.value, key }, knowledge)
}

interface Opened {
  oldSize: number
  proof: Uint8Array[]
  note: string
  text: string
  head: Checkpoint
  key: NoteKey
}

/** The checkpoint is the log's own: does it grow out of the one before? */
function judgeGrowth(opened: Opened, knowledge: WitnessKnowledge): WitnessVerdict {
  const { oldSize, proof, note, text, head, key } = opened
  const { origin } = head
  const last = knowledge.lastOf(origin)
  const { size, root } = last ?? { size: 0, root: emptyRoot() }
  const fork = last === undefined ? undefined : forkOf(opened, last)
  const evidence = fork === undefined ? {} : { fork }
  if (oldSize !== size)
    return { status: 409, size, detail: `the last size cosigned is ${size}`, ...evidence }
  if (head.size === size && !equal(head.root, root))
    return {
      status: 409,
      size,
      detail: `another tree of ${size} entries was cosigned`,
      ...evidence,
    }
  if (!verifyConsistency(size, head.size, root, head.root, proof))
    return { status: 422, detail: 'the consistency proof does not verify', ...evidence }
  return { status: 200, origin, text, next: { size: head.size, root: head.root, note } }

  function forkOf(request: Opened, before: Witnessed): ForkEvidence | undefined {
    const cosigned = { origin, size: before.size, root: before.root }
    // The path is one from the old size of the request: it says nothing of another.
    const path = request.oldSize === before.size ? request.proof : []
    if (head.size < before.size || !contradicts(cosigned, head, path)) return undefined
    return buildFork(key, before.note, request.note, head.size === before.size ? [] : path)
  }
}

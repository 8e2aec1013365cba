/** The request by which a log asks a witness for a cosignature (C2SP tlog-witness, add-checkpoint). */
import { assert } from '../failure.js'
import { noteBytesMax, witnessProofMax } from '../limits.js'
import { accept, type Result, refuse } from '../verdict.js'
import { fromBase64, toBase64 } from './base64.js'
import { hashBytes } from './tree.js'

export interface AddCheckpoint {
  /** Size of the tree that the witness has cosigned last, as the log believes; 0: none. */
  oldSize: number
  /** Consistency path from there to the checkpoint's tree. */
  proof: Uint8Array[]
  /** The signed note. */
  checkpoint: string
}

const proofLineChars = 45
/** Bytes of a request, with a note of ASCII; what is longer is refused before it is read. */
export const addCheckpointBytesMax = noteBytesMax + (witnessProofMax + 2) * proofLineChars

/** The body of the request. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  assert(Number.isSafeInteger(oldSize) && oldSize >= 0, 'a size is a count')
  assert(proof.length <= witnessProofMax, 'a path is at most as long as a tree is high')
  return `old ${oldSize}\n${proof.map((hash) => `${toBase64(hash)}\n`).join('')}\n${checkpoint}`
}

/** Reads a body: strict in form, the checkpoint is not looked at. Otherwise `malformed`. */
export function parseAddCheckpoint(body: string): Result<AddCheckpoint> {
  if (body.length > addCheckpointBytesMax) return refuse('malformed', 'the request is too long')
  const split = body.indexOf('\n\n')
  if (split < 0) return refuse('malformed', 'no empty line after the consistency proof')
  const [first, ...lines] = body.slice(0, split).split('\n')
  const digits = /^old (0|[1-9][0-9]*)$/.exec(first!)?.[1]
  const oldSize = Number(digits ?? Number.NaN)
  if (!Number.isSafeInteger(oldSize)) return refuse('malformed', 'the first line is no old size')
  if (lines.length > witnessProofMax)
    return refuse('malformed', `a consistency proof has at most ${witnessProofMax} hashes`)
  const proof: Uint8Array[] = []
  for (const line of lines) {
    const hash = fromBase64(line)
    if (hash?.length !== hashBytes) return refuse('malformed', 'a line of the proof is no hash')
    proof.push(hash)
  }
  return accept({ oldSize, proof, checkpoint: body.slice(split + 2) })
}

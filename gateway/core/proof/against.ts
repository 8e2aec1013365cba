/**
 * Two views of one log, offline: do they show one tree? What both know of the same leaves must be
 * the same: the root where they are of one size, and every complete subtree that the path of a proof
 * file passes through, for an append-only tree never changes one.
 */
import { equal, fromB64u } from '../bytes.js'
import { ed25519Verify } from '../crypto.js'
import type { VerifySignature } from '../device/message.js'
import { type Checkpoint, claimedOrigin, openCheckpoint } from '../log/checkpoint.js'
import { leafHash, nodeHash, powerWithin } from '../log/tree.js'
import { accept, type Result, refuse } from '../verdict.js'
import type { ProofFile } from './proofFile.js'
import { verifyProofFile } from './proofLinks.js'

/** What a verified file shows of a log. */
export interface LogView {
  head: Checkpoint
  /** Roots of complete subtrees, by `<first leaf>-<leaves>`. */
  subtrees: Map<string, Uint8Array>
}

export type Comparison =
  /** The log's key signed two trees. */
  | { kind: 'fork'; detail: string }
  /** What both know is the same. */
  | { kind: 'agree'; detail: string }
  /** They know nothing of the same leaves. */
  | { kind: 'apart'; detail: string }

/** What a proof file shows; every link of it must have been verified. */
export function viewOfProof(file: ProofFile, verify: VerifySignature = ed25519Verify): LogView {
  const { index, size, path, checkpoint } = file.log
  const origin = claimedOrigin(checkpoint)
  const head = openCheckpoint(checkpoint, origin, fromB64u(file.gateway.key)!, verify)
  if (!head.ok) throw new Error(`not a verified proof: ${head.detail}`)
  const subtrees = new Map<string, Uint8Array>()
  const hashes = path.map((hash) => fromB64u(hash)!)
  climb({ leaf: leafHash(fromB64u(file.message)!), index, subtrees }, 0, size, hashes)
  return { head: head.value, subtrees }
}

/**
 * The other file, a proof file or the text of a checkpoint, as a view of the same log. Refused where
 * it does not verify under that log's key, or is of another log.
 */
export function viewOfOther(
  text: string,
  { gateway, log }: ProofFile,
  verify: VerifySignature = ed25519Verify,
): Result<LogView> {
  const origin = claimedOrigin(log.checkpoint)
  if (!text.startsWith('{')) {
    const head = openCheckpoint(text, origin, fromB64u(gateway.key)!, verify)
    return head.ok ? accept({ head: head.value, subtrees: new Map() }) : head
  }
  const report = verifyProofFile(text, { gateway: gateway.id, verify })
  if (report.failed !== undefined || report.file === undefined)
    return refuse('malformed', `broken link ${report.failed?.link}: ${report.failed?.detail}`)
  const view = viewOfProof(report.file, verify)
  if (view.head.origin === origin) return accept(view)
  return refuse('malformed', `it is of the log ${view.head.origin}, not of ${origin}`)
}

/** Compares two views of one log. */
export function compareViews(a: LogView, b: LogView): Comparison {
  const { origin, size } = a.head
  if (size === b.head.size) {
    const isSame = equal(a.head.root, b.head.root)
    return isSame
      ? { kind: 'agree', detail: `the same tree of ${size} entries` }
      : { kind: 'fork', detail: `${origin} has two trees of ${size} entries` }
  }
  const [known, other] = [withRoot(a), withRoot(b)]
  let shared = 0
  for (const [range, hash] of known) {
    const same = other.get(range)
    if (same === undefined) continue
    if (!equal(hash, same)) return { kind: 'fork', detail: `${origin} has two ${inWords(range)}` }
    shared += 1
  }
  const sizes = `trees of ${size} and ${b.head.size} entries`
  return shared > 0
    ? { kind: 'agree', detail: `${sizes} with ${shared} subtrees in common, all the same` }
    : { kind: 'apart', detail: `${sizes} of which the two files show no common part` }
}

interface Climb {
  leaf: Uint8Array
  index: number
  subtrees: Map<string, Uint8Array>
}

/** The root of leaves [start, end) from the path's hashes; notes each complete subtree on the way. */
function climb(way: Climb, start: number, end: number, path: readonly Uint8Array[]): Uint8Array {
  const count = end - start
  const note = (from: number, to: number, hash: Uint8Array): Uint8Array => {
    if (powerWithin(to - from) === to - from) way.subtrees.set(`${from}-${to - from}`, hash)
    return hash
  }
  if (count === 1) return note(start, end, way.leaf)
  const middle = start + powerWithin(count - 1)
  const [sibling, rest] = [path.at(-1)!, path.slice(0, -1)]
  if (way.index < middle) {
    const left = climb(way, start, middle, rest)
    return note(start, end, nodeHash(left, note(middle, end, sibling)))
  }
  const right = climb(way, middle, end, rest)
  return note(start, end, nodeHash(note(start, middle, sibling), right))
}

/** The root is a complete subtree as well where the size is a power of two. */
function withRoot({ head, subtrees }: LogView): Map<string, Uint8Array> {
  if (head.size === 0 || powerWithin(head.size) !== head.size) return subtrees
  return new Map([...subtrees, [`0-${head.size}`, head.root]])
}

function inWords(range: string): string {
  const [first, leaves] = range.split('-').map(Number)
  return leaves === 1
    ? `different entries ${first}`
    : `different ranges of entries ${first} to ${first! + leaves! - 1}`
}

/**
 * Has the gateway's checkpoints cosigned (schemas/witness.md): each new one is offered to every
 * witness, with the path from what that witness signed last. Nothing waits for it: a checkpoint is
 * published as it was signed, and again with each line that it gets.
 */

import { witnessProofWaitMs, witnessRecentMax } from '../core/limits.js'
import { isLineOf, openCosignature, withCosignatures } from '../core/log/cosignature.js'
import type { NoteSignature } from '../core/log/note.js'
import { parseSignatures } from '../core/log/note.js'
import type { Tiles } from '../ports/tiles.js'
import { type FollowedWitness, followWitness, type WitnessRow } from './followWitness.js'
import type { SignedCheckpoint } from './settle.js'

export interface CosignParts {
  witnesses: readonly FollowedWitness[]
  /** Whether these witnesses, by name, are enough. */
  isQuorumMet(names: ReadonlySet<string>): boolean
  tiles: Pick<Tiles, 'read'>
  /** Called with the newest checkpoint each time it is new or has got a line. */
  publish(checkpoint: SignedCheckpoint): void
}

export interface Cosign {
  /** The newest checkpoint, with the lines it has got so far. */
  readonly latest: SignedCheckpoint | undefined
  /** Takes a checkpoint that is durable; publishes it at once. */
  add(checkpoint: SignedCheckpoint): void
  /** The newest checkpoint over at least `size` entries that enough witnesses have signed. */
  witnessed(size: number): SignedCheckpoint | undefined
  /** The same, waiting a moment for witnesses that answer; else `checkpoint` as it is then. */
  whenWitnessed(checkpoint: SignedCheckpoint): Promise<SignedCheckpoint>
  /** What each witness has signed, and what is wrong with it. */
  rows(): WitnessRow[]
  stop(): Promise<void>
}

interface Candidate {
  /** As the log signed it. */
  plain: SignedCheckpoint
  lines: Map<string, NoteSignature>
}

export function createCosign(parts: CosignParts): Cosign {
  const { witnesses } = parts
  /** Newest last. */
  let recent: Candidate[] = []
  const waiting = new Set<() => void>()

  const followers = witnesses.map((witness) =>
    followWitness(witness, parts.tiles, {
      newest: () => recent.at(-1)?.plain,
      cosigned: (checkpoint, lines) => take(witness, checkpoint, lines),
    }),
  )

  /** Says whether one of the lines is the witness's own and verifies. */
  function take(witness: FollowedWitness, checkpoint: SignedCheckpoint, text: string): boolean {
    const lines = parseSignatures(text)
    const own = lines.ok && lines.value.find((line) => isLineOf(line, witness.key))
    if (!own) return false
    const signed = checkpoint.text.slice(0, checkpoint.text.indexOf('\n\n') + 1)
    if (!openCosignature(signed, own, witness.key, witness.verify).ok) return false
    const candidate = recent.find(({ plain }) => plain === checkpoint)
    candidate?.lines.set(witness.name, own)
    if (candidate !== undefined && candidate === recent.at(-1)) parts.publish(withLines(candidate))
    for (const look of waiting) look()
    return true
  }

  function found(size: number): Candidate | undefined {
    return recent.findLast(
      ({ plain, lines }) => plain.size >= size && parts.isQuorumMet(new Set(lines.keys())),
    )
  }

  /** Whether those witnesses that answer would be enough. */
  function canBeMet(): boolean {
    const well = followers.map(({ row }) => row()).filter(({ error }) => error === undefined)
    return parts.isQuorumMet(new Set(well.map(({ name }) => name)))
  }

  function witnessed(size: number): SignedCheckpoint | undefined {
    const candidate = found(size)
    return candidate && withLines(candidate)
  }

  return {
    get latest() {
      const newest = recent.at(-1)
      return newest && withLines(newest)
    },
    add(plain) {
      const lines = new Map<string, NoteSignature>()
      // The last one that enough have signed stays, however many come after it.
      const kept = found(0)
      recent = recent.slice(1 - witnessRecentMax)
      if (kept !== undefined && !recent.includes(kept)) recent.unshift(kept)
      recent.push({ plain, lines })
      parts.publish(plain)
      for (const follower of followers) follower.wake()
    },
    witnessed,
    async whenWitnessed(checkpoint) {
      const { size } = checkpoint
      if (found(size) === undefined && canBeMet()) {
        let look = (): void => undefined
        await untilOr(witnessProofWaitMs, (resolve) => {
          look = () => found(size) !== undefined && resolve()
          waiting.add(look)
        })
        waiting.delete(look)
      }
      const own = recent.find(({ plain }) => plain.size === size)
      return witnessed(size) ?? (own === undefined ? checkpoint : withLines(own))
    },
    rows: () => followers.map((follower) => follower.row()),
    async stop() {
      await Promise.all(followers.map((follower) => follower.stop()))
    },
  }
}

function withLines({ plain, lines }: Candidate): SignedCheckpoint {
  if (lines.size === 0) return plain
  return { ...plain, text: withCosignatures(plain.text, [...lines.values()]) }
}

/** Resolves when `begin` calls back, after `ms` at the latest. */
function untilOr(ms: number, begin: (resolve: () => void) => void): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    begin(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

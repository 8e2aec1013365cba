/**
 * Keeps one witness up to the newest checkpoint. It remembers what the witness signed last, so that
 * one request does, and learns it from the witness's own 409 where it does not know.
 */
import type { VerifySignature } from '../core/device/message.js'
import { messageOf } from '../core/failure.js'
import { witnessBackoffMsMax, witnessBackoffMsMin, witnessStopMsMax } from '../core/limits.js'
import { formatAddCheckpoint } from '../core/log/addCheckpoint.js'
import type { NoteKey } from '../core/log/note.js'
import { consistencyPath } from '../core/log/tree.js'
import type { Tiles } from '../ports/tiles.js'
import type { WitnessAnswer, WitnessPeer } from '../ports/witness.js'
import type { SignedCheckpoint } from './settle.js'

export interface FollowedWitness {
  /** Of the policy. */
  name: string
  key: NoteKey
  peer: WitnessPeer
  verify?: VerifySignature
}

/** How it stands with one witness. */
export interface WitnessRow {
  name: string
  /** Entries under the newest checkpoint that it signed for this process. */
  size: number
  error?: string
}

interface Follower {
  /** There is a new checkpoint. */
  wake(): void
  row(): WitnessRow
  /** Lets a request under way end, for a moment. */
  stop(): Promise<void>
}

interface Source {
  newest(): SignedCheckpoint | undefined
  /** Takes the lines of an answer; false where they are not the witness's. */
  cosigned(checkpoint: SignedCheckpoint, lines: string): boolean
}

export function followWitness(
  { name, peer }: FollowedWitness,
  tiles: Pick<Tiles, 'read'>,
  source: Source,
): Follower {
  /** What the witness signed last, as far as is known here. */
  let known = 0
  /** What it has signed for this process. */
  let signed: number | undefined
  let error: string | undefined
  let backoffMs = witnessBackoffMsMin
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let stopped = false
  const read = (level: number, start: number, count: number): Promise<Uint8Array> =>
    tiles.read(level, start, count)

  /** One request; says what is wrong, or that the size it was made for was another. */
  async function ask(target: SignedCheckpoint): Promise<string | 'again' | undefined> {
    if (known > target.size) {
      const seen = known
      // Its word is taken once: the next time it is asked anew.
      known = 0
      return largerTree(seen, target.size)
    }
    const proof = await consistencyPath(read, known, target.size)
    const answer = await peer.add(
      formatAddCheckpoint({ oldSize: known, proof, checkpoint: target.text }),
    )
    if (answer.kind === 'conflict') {
      if (answer.size === known) return otherTree(known)
      known = answer.size
      return 'again'
    }
    if (answer.kind === 'refused') return refusal(answer)
    if (!source.cosigned(target, answer.lines)) return 'its signature does not verify'
    known = target.size
    signed = target.size
    return undefined
  }

  async function catchUp(): Promise<void> {
    // Each 409 teaches a size; a witness that never keeps to one gets no third try in a row.
    for (let tries = 0; tries < 3 && !stopped; ) {
      const target = source.newest()
      if (target === undefined || (signed === target.size && error === undefined)) return
      const outcome = await ask(target)
      if (outcome === 'again') {
        tries += 1
        continue
      }
      if (outcome !== undefined) throw new Error(outcome)
      error = undefined
      backoffMs = witnessBackoffMsMin
      tries = 0
    }
    if (!stopped) throw new Error('it names another size each time it is asked')
  }

  function run(): void {
    running = catchUp()
      .catch((thrown: unknown) => {
        error = messageOf(thrown)
        timer = setTimeout(() => {
          timer = undefined
          run()
        }, backoffMs)
        backoffMs = Math.min(backoffMs * 2, witnessBackoffMsMax)
      })
      .finally(() => {
        running = undefined
        const isBehind = source.newest() !== undefined && source.newest()?.size !== signed
        if (isBehind && timer === undefined && !stopped) run()
      })
  }

  return {
    wake() {
      if (running === undefined && timer === undefined && !stopped) run()
    },
    row: () => ({ name, size: signed ?? 0, ...(error === undefined ? {} : { error }) }),
    async stop() {
      stopped = true
      clearTimeout(timer)
      const moment = new Promise((resolve) => setTimeout(resolve, witnessStopMsMax).unref())
      await Promise.race([running, moment])
      clearTimeout(timer)
    },
  }
}

/** The witness has seen more than there is. */
export function largerTree(seen: number, size: number): string {
  return (
    `it has signed ${seen} entries of this log, and this gateway has ${size}: ` +
    'another gateway with this key is running, or this data directory is an old copy'
  )
}

/** The witness has seen something else. */
export function otherTree(size: number): string {
  return (
    `it has signed another tree of ${size} entries under this key: the log has forked; ` +
    'another gateway with this key is running, or this data directory is an old copy'
  )
}

function refusal({ status, detail }: Extract<WitnessAnswer, { kind: 'refused' }>): string {
  if (status === 422) return `it refuses this log, whose tree is not the one it has signed before`
  if (status === 404)
    return 'it does not follow this log: give its operator the vkey of /gateway.json'
  return `it refuses: ${status} ${detail}`
}

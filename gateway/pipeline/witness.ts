/**
 * A witness of other logs: judges a request, makes what it is about to sign durable, signs. Requests
 * about one log are handled one after the other, so that no state is ever rolled back.
 */

import type { VerifySignature } from '../core/device/message.js'
import { messageOf } from '../core/failure.js'
import { cosign } from '../core/log/cosignature.js'
import type { NoteKey } from '../core/log/note.js'
import {
  judgeAddCheckpoint,
  originOfRequest,
  type WitnessVerdict,
} from '../core/log/witnessRule.js'
import type { Clock } from '../ports/clock.js'
import type { ForkStore, WitnessLedger } from '../ports/witness.js'

export interface WitnessParts {
  /** Name and public key of the witness. */
  key: NoteKey
  sign(message: Uint8Array): Uint8Array
  /** Key of a log that it follows. */
  keyOf(origin: string): NoteKey | undefined
  ledger: WitnessLedger
  forks: ForkStore
  clock: Clock
  verify?: VerifySignature
  /** Told of what the operator should see: refusals of followed logs, faults of the disk. */
  note(text: string): void
}

/** An HTTP answer. */
export interface WitnessResponse {
  status: number
  type: string
  body: string
}

export interface Witness {
  /** Answers the body of an add-checkpoint request; never rejects. */
  add(body: string): Promise<WitnessResponse>
}

export function createWitness(parts: WitnessParts): Witness {
  const waiting = new Map<string, Promise<unknown>>()
  return {
    add(body) {
      const origin = originOfRequest(body)
      // Of a log that is not followed nothing is remembered, not even that somebody asked.
      if (parts.keyOf(origin) === undefined) return answer(parts, body)
      const before = waiting.get(origin) ?? Promise.resolve()
      const answered = before.then(() => answer(parts, body))
      waiting.set(origin, answered)
      return answered
    },
  }
}

async function answer(parts: WitnessParts, body: string): Promise<WitnessResponse> {
  const { ledger, keyOf } = parts
  try {
    const lastOf = (origin: string) => ledger.lastOf(origin)
    const verdict = judgeAddCheckpoint(body, { keyOf, lastOf }, parts.verify)
    if (verdict.status !== 200) return await refused(parts, originOfRequest(body), verdict)
    await ledger.save(verdict.origin, verdict.next)
    const timeSec = Math.floor(parts.clock.now() / 1000)
    return { ...plain, status: 200, body: cosign(verdict.text, parts.key, timeSec, parts.sign) }
  } catch (error) {
    parts.note(`cannot answer: ${messageOf(error)}`)
    return { ...plain, status: 500, body: 'the witness cannot keep its state\n' }
  }
}

const plain = { type: 'text/plain; charset=utf-8' }

async function refused(
  { forks, note }: WitnessParts,
  origin: string,
  verdict: Exclude<WitnessVerdict, { status: 200 }>,
): Promise<WitnessResponse> {
  const { status, detail, fork } = verdict
  if (fork !== undefined) {
    const file = await forks.keep(fork)
    note(`FORK of ${origin}: its key signed two trees; ${file ?? 'enough'} is kept as evidence`)
  } else if (status === 422) note(`refused ${origin}: ${detail}`)
  if (status === 409) return { status, type: 'text/x.tlog.size', body: `${verdict.size}\n` }
  return { ...plain, status, body: `${detail}\n` }
}

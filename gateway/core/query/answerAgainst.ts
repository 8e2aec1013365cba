/**
 * Whether a gateway told two people the same of its epochs: the records in a verified answer beside
 * those of another answer, or of `/epochs`. Two records of one epoch under one key are evidence.
 */
import { equal } from '../bytes.js'
import { ed25519Verify } from '../crypto.js'
import type { VerifySignature } from '../device/message.js'
import { parseEpochJson, verifyEpoch } from '../log/epoch.js'
import type { Comparison } from '../proof/against.js'
import { accept, type Result, refuse } from '../verdict.js'
import { isAnswerText } from './answerFile.js'
import { type AnswerOutcome, verifyAnswerFile } from './verifyAnswer.js'

/** COSE bytes by the number of the epoch. */
export type Records = ReadonlyMap<number, Uint8Array>

/** The records of another file of this gateway; refused where one is not signed by its key. */
export function recordsOfOther(
  text: string,
  { gateway, gatewayKey, network }: AnswerOutcome,
  verify: VerifySignature = ed25519Verify,
): Result<Records> {
  if (isAnswerText(text)) {
    const { failed, outcome } = verifyAnswerFile(text, { gateway, verify })
    if (outcome !== undefined) return accept(outcome.records)
    return refuse('malformed', `broken link ${failed?.link}: ${failed?.detail}`)
  }
  const records = new Map<number, Uint8Array>()
  for (const value of listOf(text)) {
    const read = parseEpochJson(value)
    if (!read.ok) return read
    const { record, bytes } = read.value
    if (record.network !== network)
      return refuse('malformed', `the record of epoch ${record.n} is of network ${record.network}`)
    const signed = verifyEpoch(record, gatewayKey, verify)
    if (!signed.ok) return refuse(signed.reason, `epoch ${record.n}: ${signed.detail}`)
    records.set(record.n, bytes)
  }
  return accept(records)
}

/** Compares the epochs that both know. */
export function compareRecords(own: Records, other: Records): Comparison {
  const shared = [...own.keys()].filter((n) => other.has(n))
  const forked = shared.find((n) => !equal(own.get(n)!, other.get(n)!))
  if (forked !== undefined)
    return { kind: 'fork', detail: `the gateway signed two records of epoch ${forked}` }
  return shared.length > 0
    ? { kind: 'agree', detail: `the same records of epochs ${shared.join(', ')}` }
    : { kind: 'apart', detail: 'they have no epoch in common' }
}

function listOf(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value : [value]
  } catch {
    return [undefined]
  }
}

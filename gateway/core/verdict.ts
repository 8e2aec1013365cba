/**
 * What becomes of a message. A refusal is a value, not an exception: it has one reason code, is
 * counted by it, and is answered (schemas/judgement.md).
 */
import { reasonTable } from './reasons.gen.js'

/** A reason code of schemas/reasons.json. */
export type Reason = (typeof reasonTable)[number]['code']

/** Every reason code, in the order in which a message is judged. */
export const reasons: readonly Reason[] = reasonTable.map((row) => row.code)

/** Whether a text is a reason code. */
export function isReason(text: string): text is Reason {
  return reasonTable.some((row) => row.code === text)
}

/** `accepted`: judged and durable. Otherwise the reason why not. */
export type Verdict = 'accepted' | Reason

/** True where the sender should send the same bytes again later. */
export function isRetryable(reason: Reason): boolean {
  return reasonTable.some((row) => row.code === reason && row.retry)
}

/** A value, or the reason why there is none. */
export type Result<T> = { ok: true; value: T } | { ok: false; reason: Reason; detail: string }

/** A refusal; `detail` is for people and names what is wrong, never a secret or a value. */
export function refuse(
  reason: Reason,
  detail: string,
): { ok: false; reason: Reason; detail: string } {
  return { ok: false, reason, detail }
}

/** An accepted value. */
export function accept<T>(value: T): { ok: true; value: T } {
  return { ok: true, value }
}

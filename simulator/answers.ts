/** JSON that the gateway sends to devices (PROTOCOL 2.3, 5). What cannot be read is `undefined`. */
import { fromB64u } from '../gateway/core/bytes.js'
import { isReason, type Verdict } from '../gateway/core/verdict.js'
import type { EnrolState } from './link.js'

const enrolStates: readonly string[] = ['pending', 'active', 'suspended', 'revoked', 'refused']

/** `{"seq":70000,"verdict":"accepted"}` or `{"seq":..,"verdict":"rejected","reason":..}`. */
export function parseVerdict(
  payload: Uint8Array,
): { seq: number | null; verdict: Verdict } | undefined {
  const { seq, verdict, reason } = parseJson(payload)
  if (seq !== null && !(typeof seq === 'number' && Number.isSafeInteger(seq))) return undefined
  if (verdict === 'accepted') return seq === null ? undefined : { seq, verdict }
  if (verdict !== 'rejected' || typeof reason !== 'string' || !isReason(reason)) return undefined
  return { seq, verdict: reason }
}

/** `{"v":1,"state":..,"reason"?,"gateway":{"id","key"}}`. */
export function parseState(
  payload: Uint8Array,
): { state: EnrolState; reason: string | undefined; key: Uint8Array | undefined } | undefined {
  const { state, reason, gateway } = parseJson(payload)
  if (typeof state !== 'string' || !enrolStates.includes(state)) return undefined
  const key = (gateway as { key?: unknown } | null | undefined)?.key
  return {
    state: state as EnrolState,
    reason: typeof reason === 'string' ? reason : undefined,
    key: typeof key === 'string' ? fromB64u(key) : undefined,
  }
}

function parseJson(payload: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(payload))
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

import type { Claim } from '../core/device/judgement.js'

/**
 * What a message says by itself, under the key that its kid names. Device state, window and time
 * are judged by the caller, in the order of PROTOCOL 2.2.
 */
export type Checked = { form: 'malformed'; detail: string } | ({ form: 'ok' } & Claim)

/**
 * Form, signature and profile of readings, off the caller's thread. Order of results = order of
 * messages. Keys set before `check` is called are seen by it. A worker that dies is started again
 * and its batch is checked again; nothing is lost.
 */
export interface Verifier {
  /** Readings (`rd`) of at most any size; larger ones come back malformed. Up to `verifyBatchMax`. */
  check(messages: readonly Uint8Array[]): Promise<Checked[]>
  /** kid: 16 hex digits; key: 32 bytes, canonical and of prime order. */
  setKey(kid: string, key: Uint8Array): void
  removeKey(kid: string): void
  /** Ed25519, the one criterion of PROTOCOL 1, on the calling thread, for rare messages. */
  verifyNow(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean
  /** Messages handed over and not yet returned. */
  readonly pending: number
  /** Batches that are checked at the same time. */
  readonly threads: number
  /** `sodium` or `node`. */
  readonly backend: string
  close(): Promise<void>
}

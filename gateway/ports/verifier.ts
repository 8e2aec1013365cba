import type { Reason } from '../core/verdict.js'

/**
 * What a message says by itself, under the key that its kid names. Device state, window and time
 * are judged by the caller, in the order of PROTOCOL 2.2.
 */
export type Checked =
  | { form: 'malformed'; detail: string }
  | {
      form: 'ok'
      /** 16 hex digits. */
      kid: string
      seq: number
      /** Leaf hash of the log, 32 bytes. */
      leaf: Uint8Array
      /** False where no key with this kid was set: the signature was then not tried. */
      known: boolean
      signature: boolean
      /** Why the payload is refused once the signature is good; `undefined` where it is in profile. */
      profile: { reason: Reason; detail: string } | undefined
      /** Smallest and largest bt + t, Unix seconds; NaN where out of profile. */
      timeMin: number
      timeMax: number
    }

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
  /** `sodium` or `node`. */
  readonly backend: string
  close(): Promise<void>
}

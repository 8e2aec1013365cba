/** Rotations and self-revocations on their way through ingest. */
import { checkControl } from '../core/device/control.js'
import type { Admission, Claim } from '../core/device/judgement.js'
import type { VerifySignature } from '../core/device/message.js'
import type { Change } from '../core/device/registry.js'
import { assert } from '../core/failure.js'
import type { Result } from '../core/verdict.js'
import type { Inbound } from '../ports/intake.js'

export interface Control {
  /** Checks an `ro` or `rv` at the moment of its admission. */
  check(message: Inbound, nowSec: number): Result<Claim>
  /**
   * Applies it at once, so that the next message is judged by the new keys. What it returns tells
   * the device: called once the message is durable and answered.
   */
  admit(message: Inbound): () => void
}

export function createControl(parts: {
  admission: Admission
  network: string
  verify: VerifySignature
  /** Gives the verifier a key that is good from now on. */
  setKey(change: Change): void
  /** Tells a device its new state. */
  tell(change: Change): void
}): Control {
  const { admission, network, verify } = parts
  return {
    check: ({ kind, bytes }, nowSec) => {
      assert(kind !== 'rd', 'readings are checked by the verifier')
      return checkControl(kind, bytes, admission, nowSec, { network, verify })
    },
    admit({ kind, bytes }) {
      assert(kind !== 'rd', 'a reading changes no key')
      const applied = admission.registry.apply(kind, bytes)
      assert(applied.ok, 'the registry takes what it has judged')
      const change = applied.value
      parts.setKey(change)
      return () => parts.tell(change)
    },
  }
}

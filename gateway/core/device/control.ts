/** Checks `ro` and `rv`, which change a device's keys and are judged like its readings. */
import { toHex } from '../bytes.js'
import { sha256 } from '../crypto.js'
import { accept, type Result } from '../verdict.js'
import type { Admission, Claim } from './judgement.js'
import type { VerifySignature } from './message.js'
import {
  parseRotation,
  parseSelfRevocation,
  verifyRotation,
  verifySelfRevocation,
} from './rotation.js'

const leafPrefix = Uint8Array.of(0)

export interface ControlRules {
  network: string
  verify: VerifySignature
}

/**
 * What a rotation or self-revocation says, in the form in which readings are judged: its profile is
 * the registry's word on whether it may be logged now. Refused where it is malformed.
 */
export function checkControl(
  kind: 'ro' | 'rv',
  bytes: Uint8Array,
  admission: Admission,
  nowSec: number,
  rules: ControlRules,
): Result<Claim> {
  return kind === 'ro'
    ? checkRotation(bytes, admission, nowSec, rules)
    : checkSelfRevocation(bytes, admission, nowSec, rules)
}

function checkRotation(
  bytes: Uint8Array,
  admission: Admission,
  nowSec: number,
  rules: ControlRules,
): Result<Claim> {
  const parsed = parseRotation(bytes)
  if (!parsed.ok) return parsed
  const rotation = parsed.value
  const kid = toHex(rotation.oldKid)
  const row = admission.registry.keyOf(kid)
  const verified = row && verifyRotation(rotation, row.key, rules.network, rules.verify)
  const judged = admission.registry.judgeRotation(rotation, admission.highest(rotation.device))
  return accept(claimOf(bytes, kid, rotation.seq, nowSec, verified, judged))
}

function checkSelfRevocation(
  bytes: Uint8Array,
  admission: Admission,
  nowSec: number,
  rules: ControlRules,
): Result<Claim> {
  const parsed = parseSelfRevocation(bytes)
  if (!parsed.ok) return parsed
  const revocation = parsed.value
  const kid = toHex(revocation.kid)
  const row = admission.registry.keyOf(kid)
  const verified = row && verifySelfRevocation(revocation, row.key, rules.network, rules.verify)
  const highest = admission.highest(revocation.device)
  const judged = admission.registry.judgeSelfRevocation(revocation, highest)
  return accept(claimOf(bytes, kid, revocation.seq, nowSec, verified, judged))
}

function claimOf(
  bytes: Uint8Array,
  kid: string,
  seq: number,
  nowSec: number,
  verified: Result<undefined> | undefined,
  judged: Result<undefined>,
): Claim {
  return {
    kid,
    seq,
    leaf: sha256(leafPrefix, bytes),
    known: verified !== undefined,
    signature: verified?.ok === true,
    profile: judged.ok ? undefined : { reason: judged.reason, detail: judged.detail },
    timeMin: nowSec,
    timeMax: nowSec,
  }
}

/**
 * Who may speak: logins, enrolments, and the operator's word on them. Everything that changes rights
 * is a log entry before anybody is told (PROTOCOL 2.3).
 */
import { equal, toB64u, toHex } from '../core/bytes.js'
import { type AdmissionFields, encodeAdmission } from '../core/device/admission.js'
import { encodeTime, timeNonceBytes } from '../core/device/downlink.js'
import { type Enrolment, parseEnrolment, verifyEnrolment } from '../core/device/enrolment.js'
import type { Admission } from '../core/device/judgement.js'
import { deviceIdOf, deviceIdOfKid } from '../core/device/key.js'
import { judgeLogin } from '../core/device/login.js'
import type { VerifySignature } from '../core/device/message.js'
import { type Candidate, PendingList } from '../core/device/pending.js'
import { type Change, type Device, proofLeaf } from '../core/device/registry.js'
import { assert } from '../core/failure.js'
import { accept, type Result, refuse } from '../core/verdict.js'
import type { Clock } from '../ports/clock.js'
import type {
  EnrolAnswer,
  Intake,
  LoginRefusal,
  Principal,
  TransportKind,
} from '../ports/intake.js'
import type { Approval, ConsentChange } from '../ports/operations.js'
import type { PendingStore } from '../ports/registry.js'
import type { Signer } from '../ports/signer.js'
import { approvalFields } from './approval.js'
import { consentFields } from './consent.js'
import type { ContributionLog } from './contributionLog.js'

export interface AccessParts {
  network: string
  signer: Signer
  clock: Clock
  admission: Admission
  log: ContributionLog
  pendingStore: PendingStore
  verify: VerifySignature
  /** `enrolment.open`: whether unknown devices may wait for approval. */
  open(): boolean
  /** `enrolment.mode` is `owner-signed`: an approval carries the owner's EIP-712 signature. */
  ownerSigned: { chainId: number } | undefined
  /** `devices.interval`, for approvals that name none, s. */
  intervalSec(): number
  /** Approves some candidates at once: the demo's own simulated devices. */
  autoApprove?: (device: string) => Approval | undefined
  /** Keys that the verifier must know from now on. */
  setKey(kid: string, key: Uint8Array): void
  /** Called when a device's or candidate's state has changed and, if it is a right, is durable. */
  onState(device: string, answer: EnrolAnswer): void
}

/** A state that the operator can give to a device. */
export type OperatorState = 'active' | 'suspended' | 'revoked'

export interface Access extends Pick<Intake, 'enrol' | 'knows' | 'time' | 'login'> {
  pending(): Candidate[]
  approve(device: string, approval: Approval): Promise<Result<Device>>
  /** An admission with the state unchanged; also of a suspended device. */
  consent(device: string, change: ConsentChange): Promise<Result<Device>>
  /** Suspends, resumes or revokes; a candidate that is revoked is dropped from the list. */
  setState(device: string, state: OperatorState): Promise<Result<Device | undefined>>
  /** Gives the verifier the key of a change that was applied. */
  setKey(change: Change): void
  /** Tells a device its new state, once it is durable. */
  tell(change: Change): void
}

/** Candidates that were saved are verified again; those that waited too long are dropped. */
export async function createAccess(parts: AccessParts): Promise<Access> {
  const { admission, clock, network, signer, verify } = parts
  const { registry } = admission
  const pending = new PendingList()
  const saved = await parts.pendingStore.load()
  const mayWait = (enrolment: Enrolment) => registry.judgeEnrolment(enrolment).ok
  pending.restore(saved, network, verify, clock.now(), mayWait)
  const gateway = { id: deviceIdOf(signer.publicKey), key: toB64u(signer.publicKey) }

  function answer(state: EnrolAnswer['state'], reason?: string): EnrolAnswer {
    return { v: 1, state, ...(reason === undefined ? {} : { reason }), gateway }
  }

  function knows(device: string): ReturnType<Intake['knows']> {
    return registry.byId(device)?.state ?? (pending.get(device) ? 'pending' : undefined)
  }

  async function login(name: string, password: Uint8Array): Promise<Principal | LoginRefusal> {
    const text = new TextDecoder().decode(password)
    const nowSec = Math.floor(clock.now() / 1000)
    const judged = judgeLogin(registry, name, text, { network, nowSec, open: parts.open(), verify })
    return judged.ok ? judged.value : { detail: judged.detail }
  }

  async function enrol(
    bytes: Uint8Array,
    from: { transport: TransportKind; claimed?: string; nonce?: Uint8Array },
  ): Promise<EnrolAnswer> {
    const parsed = parseEnrolment(bytes)
    if (!parsed.ok) return answer('refused', `${parsed.reason}: ${parsed.detail}`)
    const enrolment = parsed.value
    const device = deviceIdOfKid(enrolment.kid)
    if (from.claimed !== undefined && from.claimed !== device) {
      return answer('refused', 'unknown-device: the proof is of another device than the topic')
    }
    const verified = verifyEnrolment(enrolment, network, verify, from.nonce)
    if (!verified.ok) return answer('refused', `${verified.reason}: ${verified.detail}`)
    const known = registry.byKid(toHex(enrolment.kid))
    const current = known?.keys.at(-1)
    // By the key, not by the kid: two keys can be made to share one (PROTOCOL 1).
    if (known && current && equal(current.key, enrolment.key)) return answer(known.state)
    const judged = registry.judgeEnrolment(enrolment)
    if (!judged.ok) return answer('refused', `${judged.reason}: ${judged.detail}`)
    if (!parts.open() && !pending.get(device)) {
      return answer('refused', 'enrolment is closed: the operator sets enrolment.open to true')
    }
    const offered = pending.offer(enrolment, bytes, clock.now())
    if (!offered.ok) return answer('refused', `${offered.reason}: ${offered.detail}`)
    await parts.pendingStore.save(pending.save())
    const approval = parts.autoApprove?.(device)
    if (approval) {
      const approved = await approve(device, approval)
      if (approved.ok) return answer('active')
    }
    parts.onState(device, answer('pending'))
    return answer('pending')
  }

  async function approve(device: string, approval: Approval): Promise<Result<Device>> {
    pending.expire(clock.now())
    const candidate = pending.get(device)
    if (!candidate) {
      return knows(device)
        ? refuse('unknown-device', `${device} is ${knows(device)}, not waiting for approval`)
        : refuse('unknown-device', `${device} is not waiting: has the device sent its enrolment?`)
    }
    const { enrolment } = candidate
    const subject = { device, enrolment, proof: proofLeaf(candidate.bytes), network }
    const fields = await approvalFields(
      subject,
      { intervalSec: parts.intervalSec(), ...approval },
      clock.now(),
      parts.ownerSigned,
    )
    if (!fields.ok) return fields
    // While the owner's signature was checked, another request may have approved it.
    if (pending.get(device) !== candidate) {
      return refuse('unknown-device', `${device} is not waiting any more`)
    }
    // A device may have rotated to this very key while it waited.
    const admissible = registry.judgeEnrolment(candidate.enrolment)
    pending.remove(device)
    if (!admissible.ok) return admissible
    const admitted = encodeAdmission(fields.value, signer, network)
    const enrolled = registry.apply('en', candidate.bytes)
    assert(enrolled.ok, 'a verified proof can be applied')
    const change = applied(registry.apply('ap', admitted))
    setKey(change)
    await parts.log.append([
      { kind: 'en', bytes: candidate.bytes },
      { kind: 'ap', bytes: admitted },
    ])
    await parts.pendingStore.save(pending.save())
    tell(change)
    assert(change.device, 'an admission is of a device')
    return accept(change.device)
  }

  async function setState(
    device: string,
    state: OperatorState,
  ): Promise<Result<Device | undefined>> {
    if (state === 'revoked' && pending.remove(device)) {
      await parts.pendingStore.save(pending.save())
      parts.onState(device, answer('refused', 'the operator has rejected this device'))
      return accept(undefined)
    }
    const before = changeable(device)
    if (!before.ok || before.value.state === state) return before
    return admit({ device, iat: Math.floor(clock.now() / 1000), state })
  }

  async function consent(device: string, change: ConsentChange): Promise<Result<Device>> {
    const before = changeable(device)
    if (!before.ok) return before
    const fields = await consentFields(
      network,
      before.value,
      change,
      clock.now(),
      parts.ownerSigned,
    )
    if (!fields.ok) return fields
    // While the owner's signature was checked, another word may have been logged.
    if (registry.byId(device) !== before.value)
      return refuse('replayed', `${device} has changed meanwhile: try again`)
    return admit(fields.value)
  }

  /** The device as the operator may change it. */
  function changeable(device: string): Result<Device> {
    const known = registry.byId(device)
    if (!known) return refuse('unknown-device', `no device ${device} has been approved`)
    return known.state === 'revoked'
      ? refuse('revoked', 'a revoked device stays revoked')
      : accept(known)
  }

  /** Applies and logs the operator's word on a device that was approved; then tells it. */
  async function admit(fields: AdmissionFields): Promise<Result<Device>> {
    const bytes = encodeAdmission(fields, signer, network)
    const change = applied(registry.apply('ap', bytes))
    await parts.log.append([{ kind: 'ap', bytes }])
    tell(change)
    assert(change.device, 'an admission is of a device')
    return accept(change.device)
  }

  function applied(result: Result<Change>): Change {
    assert(result.ok, `the registry takes what it has judged: ${result.ok ? '' : result.detail}`)
    return result.value
  }

  function setKey({ newKey }: Change): void {
    if (newKey) parts.setKey(newKey.kid, newKey.key)
  }

  function tell({ device, before }: Change): void {
    if (device && device.state !== before?.state) parts.onState(device.id, answer(device.state))
  }

  function time(device: string, nonce: Uint8Array): Uint8Array | undefined {
    if (registry.byId(device)?.state !== 'active' || nonce.length !== timeNonceBytes)
      return undefined
    const now = clock.now()
    const fields = { device, nonce, sec: Math.floor(now / 1000), ms: now % 1000 }
    return encodeTime(fields, signer, network)
  }

  return {
    login,
    enrol,
    knows,
    time,
    approve,
    consent,
    setState,
    setKey,
    tell,
    pending() {
      pending.expire(clock.now())
      return pending.list()
    },
  }
}

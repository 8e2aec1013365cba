/**
 * Who may speak: a pure fold over the log's `en`, `ap`, `ro` and `rv` entries (PROTOCOL 2.3). The
 * same entries give the same registry, so a start from the journal is a run like any other.
 *
 * `judge...` asks whether a verified statement may be written now; `apply` takes what was written.
 * `apply` tries no signature: what is in the journal was verified before it went there.
 */
import { equal, toHex } from '../bytes.js'
import { sha256 } from '../crypto.js'
import { intervalSecDefault, keysPerDeviceMax } from '../limits.js'
import type { MetricName } from '../metric.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type Admission, type AdmittedState, type Placement, parseAdmission } from './admission.js'
import { type Consent, fullConsent, isWithinConsent } from './consent.js'
import { type Enrolment, parseEnrolment, wishOf } from './enrolment.js'
import { deviceIdOfKid } from './key.js'
import {
  parseRotation,
  parseSelfRevocation,
  type Rotation,
  type SelfRevocation,
} from './rotation.js'

/** A key of a device, good for sequences in [fromSeq, untilSeq). */
export interface DeviceKey {
  /** 16 hex digits. */
  readonly kid: string
  /** 32 bytes. */
  readonly key: Uint8Array
  readonly fromSeq: number
  /** Infinity for the newest key. */
  readonly untilSeq: number
}

/** A device that was approved once. Replaced, never changed in place. */
export interface Device extends Consent {
  readonly id: string
  readonly state: AdmittedState
  /** Oldest first; the last one is current. */
  readonly keys: readonly DeviceKey[]
  /** EIP-55. */
  readonly owner: string
  /** When the operator gave it to this owner, Unix seconds. */
  readonly ownedSec: number
  readonly cell: string
  readonly placement: Placement
  readonly intervalSec: number
  readonly simulated: boolean
  readonly model: string
  readonly firmware: string
  readonly version: string
  readonly metrics: readonly MetricName[]
  /** Leaf hash of the `en` that was approved, 32 bytes. */
  readonly proof: Uint8Array
  /** Leaf hash of its newest `ap`, 32 bytes: what the owner's next consent names. */
  readonly admission: Uint8Array
}

/** What an entry did. An `en` alone changes no rights: `device` is then undefined. */
export interface Change {
  readonly device: Device | undefined
  /** The device as it was; `undefined` where it is new. */
  readonly before: Device | undefined
  /** A key that is good from now on. */
  readonly newKey: DeviceKey | undefined
}

/** The device and key that a kid selects (PROTOCOL 2.2). */
export interface Selected {
  /** Device id. */
  readonly device: string
  readonly state: AdmittedState
  /** 32 bytes. */
  readonly key: Uint8Array
  /**
   * What the sequence says against the key: `revoked` at or above the rotation that took it away,
   * `bad-signature` at or below the rotation that brought it in.
   */
  readonly problem: 'revoked' | 'bad-signature' | undefined
}

/** Kinds of log entries that change the registry. */
export type RegistryKind = 'en' | 'ap' | 'ro' | 'rv'

const nothing: Change = { device: undefined, before: undefined, newKey: undefined }
const leafPrefix = Uint8Array.of(0)

/** Leaf hash of an `en` or `ap`: SHA-256(00 || bytes), 32 bytes. That of its `en` an `ap` calls its proof. */
export function proofLeaf(bytes: Uint8Array): Uint8Array {
  return sha256(leafPrefix, bytes)
}

export class Registry {
  private readonly byIdentity = new Map<string, Device>()
  /** Every kid that was ever good, with the device it belongs to. Never shrinks: no kid is reused. */
  private readonly kids = new Map<string, string>()
  /** Logged proofs whose approval has not been logged yet, by leaf in hex. */
  private readonly proofs = new Map<string, Uint8Array>()

  get size(): number {
    return this.byIdentity.size
  }

  /** All devices, in the order of their approval. */
  devices(): IterableIterator<Device> {
    return this.byIdentity.values()
  }

  byId(id: string): Device | undefined {
    return this.byIdentity.get(id)
  }

  /** The device that has, or had, the key of this kid (16 hex digits). */
  byKid(kid: string): Device | undefined {
    const id = this.kids.get(kid)
    return id === undefined ? undefined : this.byIdentity.get(id)
  }

  /** The key registered under a kid, current or rotated away. */
  keyOf(kid: string): DeviceKey | undefined {
    return this.byKid(kid)?.keys.find((row) => row.kid === kid)
  }

  /** What judges a message of this kid and sequence; `undefined` for a kid that was never good. */
  keyFor(kid: string, seq: number): Selected | undefined {
    const device = this.byKid(kid)
    const row = device?.keys.find((candidate) => candidate.kid === kid)
    if (device === undefined || row === undefined) return undefined
    return { device: device.id, state: device.state, key: row.key, problem: problemOf(row, seq) }
  }

  /** Whether a proof may wait for approval: neither its kid nor its key was ever enrolled. */
  judgeEnrolment(enrolment: Enrolment): Result<undefined> {
    const known = this.keyOf(toHex(enrolment.kid))
    if (known === undefined) return accept(undefined)
    return equal(known.key, enrolment.key)
      ? refuse('revoked', 'this key was enrolled before')
      : refuse('bad-signature', 'another key is registered under this kid')
  }

  /** Whether an admission may be logged. `enrolment`: the proof it approves, where it approves one. */
  judgeAdmission(admission: Admission, enrolment?: Enrolment): Result<undefined> {
    const device = this.byIdentity.get(admission.device)
    if (device !== undefined) {
      return device.state === 'revoked'
        ? refuse('revoked', 'a revoked device stays revoked')
        : judgeConsent(admission, device.metrics)
    }
    if (enrolment === undefined) return refuse('unknown-device', 'no proof of this device')
    if (deviceIdOfKid(enrolment.kid) !== admission.device)
      return refuse('unknown-device', 'the proof is of another device')
    if (admission.state !== 'active') return refuse('malformed', 'a new device is made active')
    if (admission.owner === undefined || admission.cell === undefined)
      return refuse('malformed', 'an approval names owner and cell')
    const consent = judgeConsent(admission, enrolment.metrics)
    return consent.ok ? this.judgeEnrolment(enrolment) : consent
  }

  /**
   * Whether a rotation may be logged. `highest`: the device's highest accepted sequence (-1: none);
   * a rotation takes the next one, so that no accepted reading changes its key.
   */
  judgeRotation(rotation: Rotation, highest: number): Result<undefined> {
    const current = this.judgeStatement(toHex(rotation.oldKid), rotation, highest)
    if (!current.ok) return current
    const known = this.keyOf(toHex(rotation.newKid))
    if (known !== undefined) {
      return equal(known.key, rotation.newKey)
        ? refuse('revoked', 'the new key was enrolled before')
        : refuse('bad-signature', 'another key is registered under the new kid')
    }
    return current.value.keys.length < keysPerDeviceMax
      ? accept(undefined)
      : refuse('out-of-profile', 'the device has had too many keys: enrol it anew')
  }

  /** Whether a self-revocation may be logged; `highest` as above. */
  judgeSelfRevocation(revocation: SelfRevocation, highest: number): Result<undefined> {
    const device = this.judgeStatement(toHex(revocation.kid), revocation, highest)
    return device.ok ? accept(undefined) : device
  }

  /** Rights change by the newest key alone, of a device that is active, in its next sequence. */
  private judgeStatement(
    kid: string,
    statement: { device: string; seq: number },
    highest: number,
  ): Result<Device> {
    const selected = this.keyFor(kid, statement.seq)
    const device = this.byKid(kid)
    if (selected === undefined || device === undefined || device.id !== statement.device)
      return refuse('unknown-device', 'the kid is not a key of this device')
    if (device.state !== 'active') return refuse(device.state, `the device is ${device.state}`)
    if (selected.problem !== undefined)
      return refuse(selected.problem, 'not good for this sequence')
    if (device.keys.at(-1)?.kid !== kid) return refuse('revoked', 'the key has been rotated away')
    if (statement.seq <= highest) return refuse('replayed', 'not above the highest sequence')
    return accept(device)
  }

  /** Takes a log entry. A refusal means that the entry does not follow from those before it. */
  apply(kind: RegistryKind, bytes: Uint8Array): Result<Change> {
    switch (kind) {
      case 'en':
        return this.applyEnrolment(bytes)
      case 'ap':
        return this.applyAdmission(bytes)
      case 'ro':
        return this.applyRotation(bytes)
      case 'rv':
        return this.applySelfRevocation(bytes)
    }
  }

  private applyEnrolment(bytes: Uint8Array): Result<Change> {
    const enrolment = parseEnrolment(bytes)
    if (!enrolment.ok) return enrolment
    this.proofs.set(toHex(proofLeaf(bytes)), bytes.slice())
    return accept(nothing)
  }

  private applyAdmission(bytes: Uint8Array): Result<Change> {
    const admission = parseAdmission(bytes)
    if (!admission.ok) return admission
    const before = this.byIdentity.get(admission.value.device)
    const leaf = admission.value.proof && toHex(admission.value.proof)
    const proof = leaf === undefined ? undefined : this.proofs.get(leaf)
    const parsed = proof === undefined ? undefined : parseEnrolment(proof)
    const enrolment = parsed?.ok ? parsed.value : undefined
    const judged = this.judgeAdmission(admission.value, enrolment)
    if (!judged.ok) return judged
    if (leaf !== undefined) this.proofs.delete(leaf)
    const own = proofLeaf(bytes)
    if (before !== undefined)
      return accept(this.replace(before, changed(before, admission.value, own)))
    return accept(this.add(approved(admission.value, enrolment!, own)))
  }

  private applyRotation(bytes: Uint8Array): Result<Change> {
    const parsed = parseRotation(bytes)
    if (!parsed.ok) return parsed
    const rotation = parsed.value
    const judged = this.judgeRotation(rotation, -1)
    if (!judged.ok) return judged
    const before = this.byIdentity.get(rotation.device)!
    const old = before.keys.at(-1)!
    const newKey: DeviceKey = {
      kid: toHex(rotation.newKid),
      key: rotation.newKey,
      fromSeq: rotation.seq + 1,
      untilSeq: Number.POSITIVE_INFINITY,
    }
    const keys = [...before.keys.slice(0, -1), { ...old, untilSeq: rotation.seq }, newKey]
    this.kids.set(newKey.kid, before.id)
    return accept({ ...this.replace(before, { ...before, keys }), newKey })
  }

  private applySelfRevocation(bytes: Uint8Array): Result<Change> {
    const parsed = parseSelfRevocation(bytes)
    if (!parsed.ok) return parsed
    const judged = this.judgeSelfRevocation(parsed.value, -1)
    if (!judged.ok) return judged
    const before = this.byIdentity.get(parsed.value.device)!
    return accept(this.replace(before, { ...before, state: 'revoked' }))
  }

  private replace(before: Device, device: Device): Change {
    this.byIdentity.set(device.id, device)
    return { device, before, newKey: undefined }
  }

  /** Puts a device there as it is: a new one, or one of a snapshot. */
  add(device: Device): Change {
    this.byIdentity.set(device.id, device)
    for (const row of device.keys) this.kids.set(row.kid, device.id)
    return { device, before: undefined, newKey: device.keys.at(-1) }
  }

  /** Proofs in the log without an approval, oldest first: part of a snapshot. */
  openProofs(): Uint8Array[] {
    return [...this.proofs.values()]
  }
}

function problemOf(row: DeviceKey, seq: number): Selected['problem'] {
  if (seq >= row.untilSeq) return 'revoked'
  return seq < row.fromSeq ? 'bad-signature' : undefined
}

function judgeConsent(admission: Admission, listed: readonly MetricName[]): Result<undefined> {
  return isWithinConsent(admission, fullConsent(listed))
    ? accept(undefined)
    : refuse('malformed', 'claim 11 names a metric that the device does not list')
}

function approved(admission: Admission, enrolment: Enrolment, leaf: Uint8Array): Device {
  const wish = wishOf(enrolment)
  const key: DeviceKey = {
    kid: toHex(enrolment.kid),
    key: enrolment.key,
    fromSeq: 0,
    untilSeq: Number.POSITIVE_INFINITY,
  }
  return {
    id: admission.device,
    state: admission.state,
    keys: [key],
    owner: admission.owner!,
    ownedSec: admission.iat,
    cell: admission.cell!,
    placement: admission.placement ?? 'outdoor',
    intervalSec: admission.intervalSec ?? intervalSecDefault,
    simulated: admission.simulated ?? false,
    model: enrolment.model,
    firmware: enrolment.firmware,
    version: enrolment.version,
    metrics: enrolment.metrics,
    soldMetrics: admission.soldMetrics ?? wish.soldMetrics,
    soldResolution: admission.soldResolution ?? wish.soldResolution,
    proof: admission.proof!,
    admission: leaf,
  }
}

function changed(device: Device, admission: Admission, leaf: Uint8Array): Device {
  const owner = admission.owner ?? device.owner
  return {
    ...device,
    state: admission.state,
    owner,
    ownedSec: owner === device.owner ? device.ownedSec : admission.iat,
    cell: admission.cell ?? device.cell,
    placement: admission.placement ?? device.placement,
    intervalSec: admission.intervalSec ?? device.intervalSec,
    simulated: admission.simulated ?? device.simulated,
    soldMetrics: admission.soldMetrics ?? device.soldMetrics,
    soldResolution: admission.soldResolution ?? device.soldResolution,
    admission: leaf,
  }
}

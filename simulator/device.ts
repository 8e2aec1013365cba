/** A virtual device: an Ed25519 key, a sequence, what it measures, and its outbox. */
import { toHex } from '../gateway/core/bytes.js'
import { assembleSign1, toBeSigned } from '../gateway/core/cose/sign1.js'
import { encodeConnectToken } from '../gateway/core/device/connect.js'
import { encodeEnrolment } from '../gateway/core/device/enrolment.js'
import { leafHash } from '../gateway/core/log/tree.js'
import type { MetricName } from '../gateway/core/metric.js'
import { encodePack, type Value } from '../gateway/core/senml/pack.js'
import { encodeReadingHeader } from '../gateway/core/senml/reading.js'
import type { Verdict } from '../gateway/core/verdict.js'
import { type DeviceKey, deviceKey, type SignerKind } from './key.js'
import { type Item, Outbox } from './outbox.js'
import { type Place, placeOf } from './signal.js'

/** How a device numbers its messages (PROTOCOL 2.1). */
export type SequenceKind =
  /** From the Unix milliseconds of its start: a later start is always above an earlier one. */
  | 'plain'
  /** Boot count << 32 | n, as a board that saves one word per boot. */
  | 'boot'

export interface DeviceProfile {
  seed: string
  /** Keeps devices of one seed apart. */
  label: string
  network: string
  signer: SignerKind
  sequence: SequenceKind
  /** Unix milliseconds at which the device "boots". */
  startMs: number
  model: string
  metrics: readonly MetricName[]
  /** H3 cell; neighbours share its weather. */
  cell: string
}

/** Connect tokens end half an hour from now; the protocol allows one hour. */
const connectTokenSec = 1_800
/** Boot counts of `boot` sequences: periods of two minutes since 2025, below 2^21 until 2032. */
const bootEpochMs = Date.UTC(2025, 0, 1)
const bootPeriodMs = 120_000
const bootShift = 2 ** 32

export class VirtualDevice {
  readonly profile: DeviceProfile
  readonly key: DeviceKey
  readonly place: Place
  readonly outbox = new Outbox()
  readonly firmware = 'fieldproof-sim'
  readonly version = '1.0.0'
  bootCount: number
  /** The gateway's key as this device pinned it (PROTOCOL 2.3), 32 bytes. */
  gatewayKey: Uint8Array | undefined
  /** Number of the last command that it obeyed. */
  lastCommand = 0
  /** Its clock against the machine's, as the gateway's answer set it (serial). */
  clockOffsetMs = 0
  /** What the operator set; shown only: a simulation keeps the rate that it was given. */
  intervalSec: number | undefined
  private sequence: number

  constructor(profile: DeviceProfile) {
    this.profile = profile
    this.key = deviceKey(profile.seed, profile.label, profile.signer)
    this.place = placeOf(profile.seed, profile.cell, this.key.id)
    const { startMs } = profile
    const isBoot = profile.sequence === 'boot'
    this.bootCount = isBoot
      ? Math.max(1, Math.floor((startMs - bootEpochMs) / bootPeriodMs))
      : Math.floor(startMs / 1_000)
    this.sequence = isBoot ? this.bootCount * bootShift : startMs
  }

  get id(): string {
    return this.key.id
  }

  /** The sequence that the next message will have. */
  get nextSeq(): number {
    return this.sequence
  }

  /** Begins above what the gateway has accepted from this key in an earlier run. */
  beginAbove(highest: number): void {
    if (highest < this.sequence) return
    const isBoot = this.profile.sequence === 'boot'
    if (isBoot) this.bootCount = Math.floor(highest / bootShift) + 1
    this.sequence = isBoot ? this.bootCount * bootShift : highest + 1
  }

  takeSeq(): number {
    return this.sequence++
  }

  /** The COSE bytes of a pack under this device's key. */
  seal(seq: number, values: readonly Value[]): Uint8Array {
    return sealReading(this.key, this.profile.network, seq, encodePack(values))
  }

  /** An honest message of these values, with the next sequence. */
  reading(values: readonly Value[], fault?: string): Item {
    const seq = this.takeSeq()
    return itemOf(seq, this.seal(seq, values), values, 'accepted', fault)
  }

  /** The enrolment proof; `nonce` empty where none was given. */
  enrolment(nonce: Uint8Array): Uint8Array {
    const { model, metrics, network } = this.profile
    const fields = { nonce, model, firmware: this.firmware, version: this.version, metrics }
    return encodeEnrolment(fields, this.key, network)
  }

  /** The MQTT password. */
  connectToken(nowMs: number): string {
    const exp = Math.floor(nowMs / 1_000) + connectTokenSec
    return encodeConnectToken(this.key, this.profile.network, exp)
  }

  /** Presence as published on `st` (PROTOCOL 5). */
  presence(on: 0 | 1): string {
    const base = { on, bc: this.bootCount }
    return JSON.stringify(on === 1 ? { ...base, fw: this.version } : base)
  }
}

/** COSE bytes of a reading with any header and payload bytes. */
export function sealBytes(
  key: DeviceKey,
  network: string,
  protectedBytes: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const signature = key.sign(toBeSigned('rd', network, protectedBytes, payload))
  return assembleSign1(protectedBytes, payload, signature)
}

export function sealReading(
  key: DeviceKey,
  network: string,
  seq: number,
  payload: Uint8Array,
): Uint8Array {
  const header = encodeReadingHeader({ alg: -8, kid: key.kid, seq })
  return sealBytes(key, network, header, payload)
}

/** A message as the outbox takes it. */
export function itemOf(
  seq: number,
  bytes: Uint8Array,
  values: readonly Value[],
  expect: Verdict,
  fault?: string,
): Item {
  const leaf = toHex(leafHash(bytes))
  return { seq, bytes, leaf, values, expect, fault, sends: 0, judged: false, verdict: undefined }
}

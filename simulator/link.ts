/** What a fleet and its links say to each other; MQTT and serial alike. */
import type { VirtualDevice } from './device.js'
import type { Gate } from './gate.js'
import type { Random } from './random.js'

/** How messages are acknowledged over MQTT (PROTOCOL 5). */
export type AckMode =
  /** Embedded broker: PUBACK means judged, and on disk if accepted. */
  | 'puback'
  /** External broker: its PUBACK says nothing, only `dn/ak` does. */
  | 'ak'

/** The way of one device to a gateway. Never rejects, never gives up: a lost link is tried again. */
export interface Link {
  readonly kind: 'mqtt' | 'serial'
  readonly device: VirtualDevice
  /** True while messages can go out. */
  ready(): boolean
  /** Before the start: what the operator says that the gateway takes this device for. */
  assume(role: 'candidate' | 'device'): void
  start(): void
  /** Sends what waits, as far as the window allows. Called after each `outbox.push`. */
  pump(): void
  /** Looks after answers that are overdue. Called about once a second. */
  tick(): void
  /** The operator has approved the device. */
  approved(): void
  /** Faults: breaks the link, or puts noise on it. */
  drop(): void
  disturb(): void
  /** Says goodbye and ends; what is in flight stays unsettled. */
  stop(): Promise<void>
}

/** What a device learns of its enrolment. */
export type EnrolState = 'pending' | 'active' | 'suspended' | 'revoked' | 'refused' | 'unwanted'

export interface LinkHost {
  /** Unix milliseconds. */
  now(): number
  random: Random
  /** Connections being opened, and candidates waiting, at once. */
  connecting: Gate
  enrolling: Gate
  /** The link can carry readings. */
  onReady(device: VirtualDevice): void
  /** The gateway said so; `unwanted`: login refused. */
  onState(device: VirtualDevice, state: EnrolState, reason: string | undefined): void
  /** A verdict that fits no message of this device. */
  onStray(device: VirtualDevice, seq: number | null, verdict: string): void
  /** A receipt (PROTOCOL 2.4) came; `seq` where it names the leaf that was sent. */
  onReceipt(device: VirtualDevice, bytes: Uint8Array, seq: number | undefined): void
}

/** A pause that can be cut short; resolves early when the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const finish = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    signal.addEventListener('abort', finish, { once: true })
  })
}

/** Capped doubling with jitter, so that a fleet does not come back in one wave. */
export function backoffMs(attempt: number, min: number, max: number, random: Random): number {
  const full = Math.min(max, min * 2 ** Math.min(attempt, 16))
  return full / 2 + (full / 2) * random.unit()
}

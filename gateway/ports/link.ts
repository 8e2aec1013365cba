import type { EnrolAnswer } from './intake.js'

/** A line of a board's own log, or a change of a port's condition, for people to see. */
export interface LinkEvent {
  /** Port path, or `mqtt`. */
  source: string
  level: 'info' | 'warn' | 'error'
  text: string
}

/** Presence of a device as it said it on `st`, or as its port shows it. */
export interface Presence {
  device: string
  online: boolean
  bootCount: number
  firmware: string | undefined
}

/**
 * A way to devices. Started after recovery, stopped before the journal closes. A lost broker or
 * port never ends the process: endless capped back-off, shown in `condition`.
 */
export interface DeviceLink {
  readonly name: string
  start(): Promise<void>
  /** Sends a downlink (PROTOCOL 2.4) if the device is reachable here; says whether it was handed over. */
  send(device: string, kind: 'cm' | 'rc', bytes: Uint8Array): boolean
  /** Whether the device asks for receipts here (PROTOCOL 2.4): its hello or its subscription says so. */
  wantsReceipts(device: string): boolean
  /** Tells a candidate or device its state, and ends its session where the role changes. */
  tell(device: string, answer: EnrolAnswer): void
  /** Empty when well; otherwise one line per thing that is lost, for /readyz. */
  condition(): string[]
  stop(): Promise<void>
}

/** Publishes the gateway's own topics; the same on the embedded and an external broker. */
export interface Publisher {
  /** `topic` without the root `fp1/<network>/`. QoS 1. Never rejects: kept and sent when connected. */
  publish(topic: string, payload: Uint8Array | string, retain: boolean): void
}

import type { ConsentWords } from '../core/device/consent.js'
import type { EpochJson } from '../core/log/epoch.js'
import type { Result } from '../core/verdict.js'
import type { BuyerOperations } from './market.js'
import type { Bucket } from './series.js'

/** The owner's signature on what the operator passes on, where `enrolment.mode` is `owner-signed`. */
export interface OwnerSignature {
  /** EIP-712 signature of the owner, `0x` + 65 bytes. */
  signature?: string
  /** Unix seconds up to which the signature is good. */
  notAfter?: number
}

/** What of a device may be sold, and at which resolution of its cell, 3 to 7; absent: as it was. */
export interface ConsentChange extends ConsentWords, OwnerSignature {}

/** What the operator decides at approval (PROTOCOL 2.3, 6.5, 7). */
export interface Approval extends ConsentChange {
  /** EVM address, `0x` + 40 hex. */
  owner: string
  /** H3 index, 15 hex digits, resolution 7 or coarser. */
  cell: string
  placement?: 'outdoor' | 'indoor'
  /** Seconds between readings; default `devices.interval`. */
  intervalSec?: number
  simulated?: boolean
}

/** A device as its operator sees it. Times in ms since 1970. */
export interface DeviceView {
  device: string
  state: 'pending' | 'active' | 'suspended' | 'revoked'
  model: string
  firmware: string
  metrics: string[]
  owner?: string
  cell?: string
  placement?: 'outdoor' | 'indoor'
  intervalSec?: number
  /** Metrics that may be sold: of a candidate what it asks for. */
  soldMetrics?: string[]
  /** Resolution of its cell in rosters, 3 to 7. */
  soldResolution?: number
  /** Leaf hash of its newest admission, hex: the nonce of its owner's next consent. */
  admission?: string
  simulated: boolean
  /** 32 bytes, b64u, newest key. */
  key: string
  online: boolean
  transport?: 'mqtt' | 'serial'
  accepted: number
  /** Refusals after a valid signature, by reason code. */
  refused: Record<string, number>
  highestSeq?: number
  lastAtMs?: number
  latest: { metric: string; time: number; value: number; unit: string }[]
}

export interface ReleasedCounts {
  'k-anonymous': number
  'differentially-private': number
  withheld: number
}

export interface MarketCounts {
  requests: number
  /** Charges: answers with priced rows, and live rows. */
  sales: number
  creditsSpent: number
}

/** What runs, and how well. */
export interface StatusView {
  version: string
  network: string
  gateway: { id: string; key: string }
  startedAtMs: number
  degraded: string[]
  counters: {
    accepted: number
    duplicates: number
    refused: Record<string, number>
    /** Readings per second over the last 10 s. */
    rate: number
  }
  queue: { waiting: number; verifying: number }
  log: { size: number; bytes: number; root: string; checkpoint: string; checkpointAtMs: number }
  store: {
    kind: string
    lagRecords: number
    lagBytes: number
    lagSeconds: number
    dead: number
    error?: string
  }
  listeners: { name: string; address: string }[]
  serial: {
    port: string
    state: string
    device?: string
    error?: string
    /** How often it was opened since the gateway started: often where a board falls off the bus. */
    opened: number
  }[]
  verifier: { backend: string; threads: number }
  /** Who cosigns the checkpoints, and how far; with what is wrong. */
  witnesses: { name: string; size: number; error?: string }[]
  /** Rows that were published since the start, by class. */
  released: ReleasedCounts
  /** What buyers did since the start, all together; absent where nothing is sold. */
  market?: MarketCounts & { buyers: number }
  /** The newest nightly backup, which was restored once. */
  backup?: { folder: string; atMs: number; entries: number }
  /** The open epoch: its number, and its first and last moment, Unix seconds. */
  epoch: { n: number; from: number; to: number }
}

/** Something that just happened, for live views. Never leaves the operator's side. */
export type GatewayEvent =
  | {
      type: 'reading'
      atMs: number
      device: string
      seq: number
      transport: string
      /** `time`: when it was measured, Unix seconds. */
      values: { metric: string; time: number; value: number; unit: string }[]
    }
  | { type: 'refusal'; atMs: number; device?: string; reason: string; transport: string }
  | { type: 'checkpoint'; atMs: number; size: number; root: string }
  | { type: 'epoch'; atMs: number; n: number; devices: number; paid: string }
  | { type: 'device'; atMs: number; device: string; state: string }
  | { type: 'note'; atMs: number; source: string; level: 'info' | 'warn' | 'error'; text: string }

/** Everything the operator's API and command line can ask of a running gateway. */
export interface Operations {
  status(): Promise<StatusView>
  /** All, or those of one owner (EIP-55). */
  devices(owner?: string): Promise<DeviceView[]>
  /** Whose an approved device is, EIP-55. */
  ownerOf(device: string): string | undefined
  device(id: string): Promise<DeviceView | undefined>
  approve(id: string, approval: Approval): Promise<Result<DeviceView>>
  /** From the next day (UTC) on; refused for a device that was never approved, or is revoked. */
  consent(id: string, change: ConsentChange): Promise<Result<DeviceView>>
  /** `active` resumes a suspended device; `revoked` is for ever. */
  setState(id: string, state: 'active' | 'suspended' | 'revoked'): Promise<Result<DeviceView>>
  /** Accepted messages with seq in [from, to], ascending; leaf in hex. */
  messages(
    device: string,
    from: number,
    to: number,
    limit: number,
  ): Promise<{ seq: number; index: number; leaf: string }[]>
  /** Raw points, [from, to) Unix seconds. */
  points(
    device: string,
    metric: string,
    from: number,
    to: number,
    limit: number,
  ): Promise<{ time: number; value: number }[]>
  buckets(
    device: string,
    metric: string,
    from: number,
    to: number,
    stepSec: number,
  ): Promise<Bucket[]>
  /**
   * The proof file (PROTOCOL 6.2) as an object; waits until a checkpoint covers the entry.
   * `message`: hex SHA-256 of the message, for callers without the operator's token.
   */
  proof(device: string, seq: number, message?: string): Promise<Result<object>>
  /** Ends the open epoch now; its record. Refused with `bad-time` in its first second. */
  closeEpoch(): Promise<Result<EpochJson>>
  readonly buyers: BuyerOperations
  /** Calls the listener for every event until the returned function is called. */
  watch(listener: (event: GatewayEvent) => void): () => void
}

/** What is public over HTTP, without a token (PROTOCOL 9). */
export interface PublicLog {
  readonly gateway: { network: string; id: string; key: string; vkey: string }
  /** Newest checkpoint text; `undefined` before the first. */
  checkpoint(): string | undefined
  /** A hash tile, or `undefined` where the tree does not hold it yet. `width`: 1..256. */
  tile(level: number, index: number, width: number): Promise<Uint8Array | undefined>
}

/** Whether the gateway works, for /healthz and /readyz. */
export interface Health {
  /** False only where the journal cannot be written or nothing listens yet. */
  ready(): boolean
  degraded(): string[]
}

/** Tells live views what just happened. Not on the data path: with nobody watching it costs a look. */
import { toHex } from '../core/bytes.js'
import type { EpochJson } from '../core/log/epoch.js'
import { metricByName } from '../core/metric.js'
import { toNumber } from '../core/senml/decimal.js'
import { decodeReading } from '../core/senml/reading.js'
import type { Clock } from '../ports/clock.js'
import type { Inbound, TransportKind } from '../ports/intake.js'
import type { LinkEvent } from '../ports/link.js'
import type { GatewayEvent } from '../ports/operations.js'
import type { SignedCheckpoint } from './settle.js'

/** An accepted message, told once it is durable. */
export interface Accepted {
  message: Inbound
  device: string
  seq: number
  index: number
  atMs: number
  leaf: Uint8Array
}

export class Events {
  readonly #clock: Clock
  readonly #listeners = new Set<(event: GatewayEvent) => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls the listener for every event until the returned function is called. */
  watch(listener: (event: GatewayEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  accepted(accepted: readonly Accepted[]): void {
    if (this.#listeners.size === 0) return
    for (const { message, device, seq, atMs } of accepted) {
      if (message.kind !== 'rd') continue
      const { transport } = message
      this.#tell({ type: 'reading', atMs, device, seq, transport, values: valuesOf(message.bytes) })
    }
  }

  refused(transport: TransportKind, device: string | undefined, reason: string): void {
    if (this.#listeners.size === 0) return
    const atMs = this.#clock.now()
    this.#tell({ type: 'refusal', atMs, ...(device ? { device } : {}), reason, transport })
  }

  checkpoint({ size, root, atMs }: SignedCheckpoint): void {
    this.#tell({ type: 'checkpoint', atMs, size, root: toHex(root) })
  }

  epoch({ n, contribCount, paid }: EpochJson): void {
    this.#tell({ type: 'epoch', atMs: this.#clock.now(), n, devices: contribCount, paid })
  }

  device(device: string, state: string): void {
    this.#tell({ type: 'device', atMs: this.#clock.now(), device, state })
  }

  note(event: LinkEvent): void {
    this.#tell({ type: 'note', atMs: this.#clock.now(), ...event })
  }

  #tell(event: GatewayEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

/** Decoded again for whoever watches: the data path carries no values. */
function valuesOf(
  bytes: Uint8Array,
): { metric: string; time: number; value: number; unit: string }[] {
  const decoded = decodeReading(bytes)
  if (!decoded.ok) return []
  return decoded.value.values.map(({ metric, time, value }) => ({
    metric,
    time,
    value: toNumber(value),
    unit: metricByName(metric)?.unit ?? '',
  }))
}

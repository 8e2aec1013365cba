import type { MetricName } from '../core/metric.js'

/** A device as a home automation shows it. */
export interface HomeDevice {
  /** Device id. */
  id: string
  model: string
  /** Name and version of its firmware. */
  firmware: string
  metrics: readonly MetricName[]
  /** Seconds between its readings. */
  intervalSec: number
  /** False while it is suspended: shown, as unavailable. */
  available: boolean
}

export interface HomeValue {
  device: string
  metric: MetricName
  /** When it was measured, Unix seconds. */
  time: number
  value: number
}

/**
 * The operator's home automation. Raw values go there, so it is only ever what the operator named. In
 * memory: what was shown is shown again whenever the other side comes back. No call waits or throws; a
 * lost connection is a condition.
 */
export interface HomeView {
  start(): void
  /** Shows a device, or what has changed of it. */
  show(device: HomeDevice): void
  /** Takes away what is shown of a device, also what an earlier run of the gateway showed. */
  remove(device: Pick<HomeDevice, 'id' | 'metrics'>): void
  /** A value of a device; one that is older than the newest of its metric is left out. */
  value(value: HomeValue): void
  /** What does not work now, for people. */
  condition(): string[]
  stop(): Promise<void>
}

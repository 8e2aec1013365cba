import type { GatewayRun } from './gatewayRun.js'
import type { LimitRun } from './limit.js'
import type { PlainRun } from './plainRun.js'
import type { StartTime } from './startTime.js'

/** `ofLimit`: messages per second, of the limit just before and after; NaN where it was not measured. */
export type GatewaySample = GatewayRun & { ofLimit: number }

/** Everything measured, one sample a round unless said otherwise. */
export interface Results {
  /** By `<records> <connections>`. */
  gateway: Map<string, GatewaySample[]>
  /** By number of records; several a round. */
  limit: Map<string, LimitRun[]>
  /** By number of connections. */
  broker: Map<string, PlainRun[]>
  script: PlainRun[]
  /** Several a round. */
  start: StartTime[]
}

export function newResults(): Results {
  return { gateway: new Map(), limit: new Map(), broker: new Map(), script: [], start: [] }
}

/** The list of a key, made where it is missing. */
export function samplesOf<T>(map: Map<string, T[]>, key: string): T[] {
  const list = map.get(key) ?? []
  map.set(key, list)
  return list
}

/** The middle one, the mean of the two in the middle, or NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The median of what `pick` takes from each sample. */
export function medianOf<T>(samples: readonly T[], pick: (sample: T) => number): number {
  return median(samples.map(pick))
}

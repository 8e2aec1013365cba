/** What a node releases of an environment metric in one window (PROTOCOL 7). */
import { toB64u } from '../bytes.js'
import { assert } from '../failure.js'
import { saltBytes } from '../limits.js'
import type { Metric } from '../metric.js'
import type { Decimal } from '../senml/decimal.js'
import { gridMean, gridMedian, gridNumber, roundedOwners } from './collapse.js'
import { boundsOf, ownerValue } from './grid.js'
import type { RosterOwner } from './members.js'
import { countingOwners, type RosterNode } from './partition.js'
import type { KAnonymousRow, WithheldRow } from './row.js'

export interface EnvironmentWindow {
  readonly metric: Metric
  readonly node: RosterNode
  readonly k: number
  readonly step: number
  readonly t: number
  /** 16 bytes from the system's random source, drawn for this row alone. */
  readonly salt: Uint8Array
  /** Values in [t, t + step) by device id. Devices that are not the node's do not matter. */
  readonly values: Pick<ReadonlyMap<string, readonly Decimal[]>, 'get'>
}

/** A row, and the owners whose readings are in it: those whom a sale pays. */
export interface EnvironmentRelease {
  readonly row: KAnonymousRow | WithheldRow
  /** None of a withheld row. */
  readonly contributors: readonly RosterOwner[]
}

/**
 * The row of a window: mean and median over the owners with a value, where at least k of those who
 * count have one; withheld otherwise. New owners are in the numbers and do not count to k.
 */
export function releaseEnvironment(window: EnvironmentWindow): EnvironmentRelease {
  const { metric, node, k, step, t, salt, values } = window
  assert(metric.class === 'environment', 'an environment metric')
  assert(salt.length === saltBytes, 'a salt has 16 bytes')
  const contributors: RosterOwner[] = []
  const numbers: bigint[] = []
  for (const owner of node.owners) {
    const number = ownerValue(
      owner.devices.map((device) => values.get(device) ?? []),
      metric,
      boundsOf(metric),
    )
    if (number === undefined) continue
    contributors.push(contributorOf(owner, values))
    numbers.push(number)
  }
  const common = { cell: node.cell, metric: metric.name, salt: toB64u(salt), step, t }
  if (countingOwners(contributors) < k)
    return { row: { ...common, class: 'withheld' }, contributors: [] }
  const row: KAnonymousRow = {
    ...common,
    class: 'k-anonymous',
    k,
    mean: gridNumber(metric, gridMean(numbers)),
    median: gridNumber(metric, gridMedian(numbers)),
    n: roundedOwners(numbers.length, k),
    unit: metric.unit,
  }
  return { row, contributors }
}

/** The owner with those of its devices that have a value. */
function contributorOf(owner: RosterOwner, values: EnvironmentWindow['values']): RosterOwner {
  const devices = owner.devices.filter((device) => (values.get(device)?.length ?? 0) > 0)
  return { ...owner, devices }
}

/** What a node releases of a personal metric in one window (PROTOCOL 7.5). */
import { toB64u } from '../bytes.js'
import { assert } from '../failure.js'
import { ownersRounding, saltBytes } from '../limits.js'
import type { Metric } from '../metric.js'
import type { Decimal } from '../senml/decimal.js'
import { rosterMin } from './budget.js'
import { gridNumber } from './collapse.js'
import { type Bounds, ownerValue } from './grid.js'
import type { HalfWidthOf } from './halfWidth.js'
import { type Release, releaseMedian } from './median.js'
import type { RosterNode } from './partition.js'
import { formatEpsilon, type Rational } from './rational.js'
import type { DifferentiallyPrivateRow, WithheldRow } from './row.js'
import { releaseSum } from './sum.js'
import type { RandomBytes } from './uniform.js'

/** How a personal metric is released; the same for a whole day. */
export interface PersonalTerms {
  /** What one row costs each owner of the node. */
  readonly epsilon: Rational
  /** In grid units; never taken from readings. */
  readonly bounds: Bounds
  readonly estimate: 'median' | 'sum'
}

export interface PersonalWindow {
  readonly metric: Metric
  readonly terms: PersonalTerms
  readonly node: RosterNode
  readonly step: number
  readonly t: number
  /** 16 bytes from the system's random source, drawn for this row alone. */
  readonly salt: Uint8Array
  /** Values in [t, t + step) by device id. */
  readonly values: Pick<ReadonlyMap<string, readonly Decimal[]>, 'get'>
  readonly halfWidthOf: HalfWidthOf
}

/** Whether the roster of a node is large enough for windows of that length. */
export function isLargeEnough(node: RosterNode, step: number): boolean {
  const owners = rosterMin(step)
  return owners !== undefined && node.owners.length >= owners
}

/** The row of a node that is not released, whatever was read. */
export function withheldRow({
  metric,
  node,
  step,
  t,
  salt,
}: Omit<PersonalWindow, 'terms' | 'values' | 'halfWidthOf'>): WithheldRow {
  assert(salt.length === saltBytes, 'a salt has 16 bytes')
  const common = { cell: node.cell, metric: metric.name, salt: toB64u(salt), step, t }
  return { ...common, class: 'withheld' }
}

/**
 * The row of a window: noise is drawn whether somebody contributed or not, and all but the estimate
 * follows from roster and terms. Only for a node that `isLargeEnough`; its cost is the caller's.
 */
export function releasePersonal(
  window: PersonalWindow,
  random: RandomBytes,
): DifferentiallyPrivateRow {
  const { metric, terms, node, step, values } = window
  assert(metric.class === 'personal', 'a personal metric')
  assert(isLargeEnough(node, step), 'a roster that is large enough')
  const { bounds, epsilon, estimate } = terms
  const numbers = node.owners
    .map(({ devices }) =>
      ownerValue(
        devices.map((device) => values.get(device) ?? []),
        metric,
        bounds,
      ),
    )
    .filter((number) => number !== undefined)
  const release: Release = { values: numbers, bounds, epsilon }
  const owners = node.owners.length
  const common = {
    ...withheldRow(window),
    class: 'differentially-private' as const,
    epsilon: formatEpsilon(epsilon),
    halfWidth: gridNumber(metric, window.halfWidthOf(estimate, bounds, epsilon, owners)),
    n: owners - (owners % ownersRounding),
    unit: metric.unit,
  }
  return estimate === 'sum'
    ? { ...common, sum: gridNumber(metric, releaseSum(release, random)) }
    : { ...common, median: gridNumber(metric, releaseMedian(release, random)) }
}

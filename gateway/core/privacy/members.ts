/**
 * Who is in the roster of a metric and day, and where (PROTOCOL 7): owners, each in one cell. Pure
 * and the same for every order of the input.
 */
import { soldCell } from '../device/consent.js'
import type { Device } from '../device/registry.js'
import { ownerCountsFromDay } from '../limits.js'
import { type Metric, metricByName } from '../metric.js'

/** An active device as it stands at 00:00 UTC of the day. */
export interface RosterDevice {
  readonly device: string
  readonly owner: string
  /** H3 index at which the owner lets it be registered, resolution 7 or coarser. */
  readonly cell: string
  readonly placement: 'outdoor' | 'indoor'
  /** Names of the metrics that it lists and its owner lets be sold. */
  readonly metrics: readonly string[]
}

/**
 * An active device as its owner lets it stand in a roster: with the metrics that may be sold, in the
 * cell of the resolution that may be told. What is of class `none`, battery, is left out whoever
 * names it.
 */
export function rosterDeviceOf(device: Device): RosterDevice {
  const { id, owner, placement, metrics, soldMetrics } = device
  return {
    device: id,
    owner,
    cell: soldCell(device.cell, device),
    placement,
    metrics: soldMetrics.filter(
      (name) => metrics.includes(name) && metricByName(name)?.class !== 'none',
    ),
  }
}

/** An owner in the roster. */
export interface RosterOwner {
  readonly owner: string
  readonly cell: string
  /** Its devices in that cell, in order; its others earn but are not released. */
  readonly devices: readonly string[]
  /** Whether it counts to k. */
  readonly counts: boolean
}

/** Days, counted from 1970-01-01 (UTC), by which an owner counts to k. */
export interface RosterDays {
  readonly day: number
  /** Day on which the gateway first started. */
  readonly gatewaySince: number
  /** Day on which an owner's first device was approved, by owner. */
  readonly ownerSince: ReadonlyMap<string, number>
}

/**
 * The owners of a metric, by owner. Indoor devices take part in personal metrics only; a metric of
 * class `none` has nobody. An owner of whom no first day is known does not count.
 */
export function rosterOwners(
  metric: Metric,
  devices: readonly RosterDevice[],
  days: RosterDays,
): RosterOwner[] {
  const byOwner = new Map<string, RosterDevice[]>()
  for (const device of devices) {
    if (!takesPart(metric, device)) continue
    const own = byOwner.get(device.owner)
    if (own === undefined) byOwner.set(device.owner, [device])
    else own.push(device)
  }
  return [...byOwner.keys()].sort().map((owner) => {
    const { cell, devices: names } = homeOf(byOwner.get(owner)!)
    return { owner, cell, devices: names, counts: countsToK(owner, days) }
  })
}

function takesPart(metric: Metric, { metrics, placement }: RosterDevice): boolean {
  if (metric.class === 'none' || !metrics.includes(metric.name)) return false
  return metric.class === 'personal' || placement === 'outdoor'
}

/** The cell of most devices; of several the lower index. */
function homeOf(devices: readonly RosterDevice[]): { cell: string; devices: string[] } {
  const byCell = new Map<string, string[]>()
  for (const { cell, device } of devices) byCell.set(cell, [...(byCell.get(cell) ?? []), device])
  const cells = [...byCell.keys()].sort()
  let home = cells[0]!
  for (const cell of cells) if (byCell.get(cell)!.length > byCell.get(home)!.length) home = cell
  return { cell: home, devices: byCell.get(home)!.sort() }
}

/** From the 8th day of an owner on; in the first 7 days of a gateway at once. */
function countsToK(owner: string, { day, gatewaySince, ownerSince }: RosterDays): boolean {
  if (day - gatewaySince < ownerCountsFromDay - 1) return true
  const since = ownerSince.get(owner)
  return since !== undefined && day - since >= ownerCountsFromDay - 1
}

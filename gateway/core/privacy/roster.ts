/**
 * Who is released together on a day (PROTOCOL 7.3): the partition of each metric's owners, with the
 * terms of that day, frozen. A row of the day means something by this alone: which devices its bits
 * are, who is paid for it.
 */
import { fromB64u, toB64u } from '../bytes.js'
import { cellResolution } from '../device/cell.js'
import { type Metric, type MetricName, metricByName } from '../metric.js'
import { accept, type Result, refuse } from '../verdict.js'
import type { RosterDays, RosterDevice, RosterOwner } from './members.js'
import { rosterOwners } from './members.js'
import { partition, type RosterNode } from './partition.js'
import type { PersonalTerms } from './personal.js'
import { formatEpsilon, parseEpsilon } from './rational.js'
import type { MetricTerms } from './terms.js'
import { isWindowStep } from './windows.js'

/** A metric on one day. */
export interface Roster extends MetricTerms {
  /** Counted from 1970-01-01 (UTC). */
  readonly day: number
  readonly nodes: readonly RosterNode[]
  /** Owners who are in no node. */
  readonly withheld: number
}

/** The roster of a metric, from the devices as they stand. */
export function makeRoster(
  terms: MetricTerms,
  devices: readonly RosterDevice[],
  days: RosterDays,
): Roster {
  const { nodes, withheld } = partition(rosterOwners(terms.metric, devices, days), terms.k)
  return { ...terms, day: days.day, nodes, withheld: withheld.length }
}

/** Owners by device id, in the order of the roster: whom a sale of a row pays. */
export function ownersOf(node: RosterNode): readonly (readonly string[])[] {
  return node.owners.map(({ devices }) => devices)
}

/** Those devices of a node as b64u: a bit for each in the order of the roster, highest bit first. */
export function deviceBits(node: RosterNode, owners: readonly RosterOwner[]): string {
  const named = new Set(owners.flatMap(({ devices }) => devices))
  const all = node.owners.flatMap(({ devices }) => devices)
  const bits = new Uint8Array(Math.ceil(all.length / 8))
  for (const [i, device] of all.entries()) if (named.has(device)) bits[i >> 3]! |= 0x80 >> (i & 7)
  return toB64u(bits)
}

/** What `deviceBits` wrote: devices by owner; `undefined` where the bits are not the node's. */
export function ownersOfBits(
  node: RosterNode,
  text: string,
): readonly (readonly string[])[] | undefined {
  const bits = fromB64u(text)
  const count = node.owners.reduce((sum, { devices }) => sum + devices.length, 0)
  if (bits?.length !== Math.ceil(count / 8)) return undefined
  let at = 0
  return node.owners
    .map(({ devices }) => devices.filter(() => (bits[at >> 3]! & (0x80 >> (at++ & 7))) !== 0))
    .filter((devices) => devices.length > 0)
}

/** JSON of a roster. */
export interface RosterJson {
  readonly step: number
  readonly k: number
  readonly personal?: {
    readonly epsilon: string
    readonly bounds: readonly [number, number]
    readonly estimate: PersonalTerms['estimate']
  }
  readonly nodes: readonly RosterNode[]
  readonly withheld: number
}

/** What is stored of it. */
export function rosterJson({ step, k, personal, nodes, withheld }: Roster): RosterJson {
  if (personal === undefined) return { step, k, nodes, withheld }
  const { epsilon, bounds, estimate } = personal
  return {
    step,
    k,
    personal: {
      epsilon: formatEpsilon(epsilon),
      bounds: [Number(bounds.from), Number(bounds.to)],
      estimate,
    },
    nodes,
    withheld,
  }
}

/** Reads what `rosterJson` gave; `malformed` otherwise. */
export function readRoster(day: number, name: string, value: unknown): Result<Roster> {
  const metric = metricByName(name)
  if (metric === undefined || typeof value !== 'object' || value === null)
    return refuse('malformed', `${name} is no roster of a metric`)
  const { step, k, personal, nodes, withheld } = value as Partial<RosterJson>
  if (typeof step !== 'number' || !isWindowStep(step) || typeof k !== 'number')
    return refuse('malformed', `${name}: no step and k`)
  if (!Array.isArray(nodes) || !nodes.every(isNode) || typeof withheld !== 'number')
    return refuse('malformed', `${name}: nodes do not have their form`)
  const terms = readPersonal(metric, personal)
  if (!terms.ok) return terms
  return accept({ metric, step, k, personal: terms.value, day, nodes, withheld })
}

function readPersonal(
  metric: Metric,
  personal: RosterJson['personal'],
): Result<PersonalTerms | undefined> {
  if ((metric.class === 'personal') !== (personal !== undefined))
    return refuse('malformed', `${metric.name}: terms of another class`)
  if (personal === undefined) return accept(undefined)
  const epsilon = parseEpsilon(personal.epsilon)
  if (!epsilon.ok) return epsilon
  const [from, to] = personal.bounds
  const { estimate } = personal
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from >= to)
    return refuse('malformed', `${metric.name}: bounds`)
  if (estimate !== 'median' && estimate !== 'sum')
    return refuse('malformed', `${metric.name}: estimate`)
  return accept({
    epsilon: epsilon.value,
    bounds: { from: BigInt(from), to: BigInt(to) },
    estimate,
  })
}

function isNode(value: unknown): value is RosterNode {
  const { cell, owners } = (value ?? {}) as Partial<RosterNode>
  return (
    typeof cell === 'string' &&
    cellResolution(cell) !== undefined &&
    Array.isArray(owners) &&
    owners.every(
      (owner: Partial<RosterOwner>) =>
        typeof owner.owner === 'string' &&
        typeof owner.cell === 'string' &&
        typeof owner.counts === 'boolean' &&
        Array.isArray(owner.devices) &&
        owner.devices.every((device) => typeof device === 'string'),
    )
  )
}

/** The steps of a day's rosters, by metric. */
export function stepsOf(
  terms: Iterable<Pick<MetricTerms, 'metric' | 'step'>>,
): ReadonlyMap<MetricName, number> {
  return new Map(Array.from(terms, ({ metric, step }) => [metric.name, step]))
}

/**
 * The partition of a roster over H3 cells (PROTOCOL 7): from fine to coarse, owners who are too few
 * for a node of their own join one or pass upwards. What a coarser node holds is never the rest that
 * a finer one left below k, so no difference of two rows shows fewer than k owners.
 */
import { cellParent, cellResolution } from '../device/cell.js'
import { assert } from '../failure.js'
import { anonymityMin, cellResolutionMax, labelResolutionMin } from '../limits.js'
import type { RosterOwner } from './members.js'

/** Owners released together. At least k of them count. */
export interface RosterNode {
  /** A cell that holds the cells of all its owners; excludes the nodes inside it. */
  readonly cell: string
  /** By owner. */
  readonly owners: readonly RosterOwner[]
}

export interface Partition {
  /** By cell. */
  readonly nodes: readonly RosterNode[]
  /** Owners in no node, by owner: nothing of theirs is released. */
  readonly withheld: readonly RosterOwner[]
}

/** A node while it is made: it may still be absorbed. */
interface Draft {
  cell: string
  owners: RosterOwner[]
}

/** Divides a roster. `owners`: each once, in any order. `k`: at least 3. */
export function partition(owners: readonly RosterOwner[], k: number): Partition {
  assert(Number.isSafeInteger(k) && k >= anonymityMin, 'k is an integer from 3')
  const free = new Map(owners.map((owner) => [owner.owner, owner]))
  assert(free.size === owners.length, 'an owner stands in a roster once')
  const drafts: Draft[] = []
  for (let resolution = cellResolutionMax; resolution >= labelResolutionMin; resolution--) {
    const pools = poolsAt(resolution, [...free.values()])
    for (const cell of [...pools.keys()].sort()) {
      const pool = pools.get(cell)!
      if (!settlePool(cell, pool, drafts, k)) continue
      for (const { owner } of pool) free.delete(owner)
    }
  }
  return {
    nodes: drafts
      .sort((a, b) => (a.cell < b.cell ? -1 : 1))
      .map((draft) => ({ cell: draft.cell, owners: byName(draft.owners) })),
    withheld: byName([...free.values()]),
  }
}

/** Owners by the cell of that resolution; who is registered coarser waits for a later one. */
function poolsAt(resolution: number, owners: readonly RosterOwner[]): Map<string, RosterOwner[]> {
  const pools = new Map<string, RosterOwner[]>()
  for (const owner of owners) {
    if (resolutionOf(owner.cell) < resolution) continue
    const cell = cellParent(owner.cell, resolution)
    const pool = pools.get(cell)
    if (pool === undefined) pools.set(cell, [owner])
    else pool.push(owner)
  }
  return pools
}

/** Whether the owners of a pool are in a node now: one of their own, or one that they absorbed. */
function settlePool(cell: string, pool: RosterOwner[], drafts: Draft[], k: number): boolean {
  if (countingOwners(pool) >= k) {
    drafts.push({ cell, owners: pool })
    return true
  }
  const absorbed = smallestInside(cell, drafts)
  if (absorbed === undefined) return false
  absorbed.cell = cell
  absorbed.owners = [...absorbed.owners, ...pool]
  return true
}

/** The node within a cell with the fewest owners who count; of several the one of the lower label. */
function smallestInside(cell: string, drafts: readonly Draft[]): Draft | undefined {
  const resolution = resolutionOf(cell)
  let smallest: Draft | undefined
  for (const draft of drafts) {
    if (cellParent(draft.cell, resolution) !== cell) continue
    if (smallest === undefined || isBefore(draft, smallest)) smallest = draft
  }
  return smallest
}

function isBefore(a: Draft, b: Draft): boolean {
  const difference = countingOwners(a.owners) - countingOwners(b.owners)
  return difference === 0 ? a.cell < b.cell : difference < 0
}

/** How many of these owners count to k. */
export function countingOwners(owners: readonly RosterOwner[]): number {
  return owners.reduce((count, owner) => count + (owner.counts ? 1 : 0), 0)
}

function resolutionOf(cell: string): number {
  const resolution = cellResolution(cell)
  assert(resolution !== undefined, 'a cell is an H3 index')
  return resolution
}

function byName(owners: readonly RosterOwner[]): RosterOwner[] {
  return owners.toSorted((a, b) => (a.owner < b.owner ? -1 : 1))
}

/**
 * The contribution log: the journal's entries as leaves. Everyone who adds an entry adds it here,
 * so that journal and tree keep one order.
 */
import { concat } from '../core/bytes.js'
import { assert } from '../core/failure.js'
import { leafHash } from '../core/log/tree.js'
import type { Journal, NewEntry } from '../ports/journal.js'
import type { Tiles } from '../ports/tiles.js'

/** An entry to add, with its leaf hash where the caller has it already. */
export interface NewLeaf extends NewEntry {
  leaf?: Uint8Array
}

export interface ContributionLog {
  /** Entries that are durable and in the tree. */
  readonly size: number
  /** Entries that were handed in, durable or not; moves at once when `append` is called. */
  readonly issued: number
  /** Resolves once the entries (and all earlier ones) are durable and in the tree. */
  append(entries: readonly NewLeaf[]): Promise<{ first: number; atMs: number }>
  /**
   * Appends `count` entries that depend on all before them and on their own place: `make` is called
   * with the size once everything handed in before is in the tree, and what is handed in meanwhile
   * comes after them. Where `make` fails the log takes nothing more: the caller ends the process.
   */
  cut(count: number, make: (size: number) => Promise<readonly NewLeaf[]>): Promise<void>
}

/**
 * `onGrowth` is called after each commit with the new size; it must return at once.
 */
export function createContributionLog(
  journal: Journal,
  tiles: Tiles,
  onGrowth: (size: number) => void,
): ContributionLog {
  let size = tiles.size
  let issued = size
  /** Appends that wait for a cut, in their order; `undefined` where there is none. */
  let held: (() => void)[] | undefined
  assert(size === journal.size, 'the tree and the journal have the same size after recovery')

  async function add(entries: readonly NewLeaf[]): Promise<Commit> {
    const committing = journal.append(entries)
    const leaves = leavesOf(entries)
    // Waits for the journal's own promise: by way of another one, later entries would overtake.
    const commit = await committing
    if (entries.length === 0) return commit
    // Appends resolve in order, so a gap here means that somebody bypassed this function.
    assert(commit.first === size, `entry ${commit.first} follows leaf ${size - 1}`)
    tiles.append(concat(...leaves))
    size += entries.length
    onGrowth(size)
    return commit
  }

  return {
    get size() {
      return size
    },
    get issued() {
      return issued
    },
    append(entries) {
      issued += entries.length
      if (held === undefined) return add(entries)
      const waiting = held
      return new Promise((resolve) => waiting.push(() => resolve(add(entries))))
    },
    async cut(count, make) {
      assert(held === undefined, 'one cut at a time')
      issued += count
      const before = journal.append([])
      const waiting: (() => void)[] = []
      held = waiting
      await before
      // Who waited for the same commit adds its leaves before the next turn.
      await new Promise((resolve) => setImmediate(resolve))
      const entries = await make(size)
      assert(entries.length === count, 'a cut adds as many entries as it said')
      const added = add(entries)
      held = undefined
      // In one turn, before whoever comes after them.
      for (const hand of waiting) hand()
      await added
    },
  }
}

type Commit = { first: number; atMs: number }

function leavesOf(entries: readonly NewLeaf[]): Uint8Array[] {
  return entries.map((entry) => entry.leaf ?? leafHash(entry.bytes))
}

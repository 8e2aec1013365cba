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
  assert(size === journal.size, 'the tree and the journal have the same size after recovery')
  return {
    get size() {
      return size
    },
    get issued() {
      return issued
    },
    async append(entries) {
      issued += entries.length
      const leaves = entries.map((entry) => entry.leaf ?? leafHash(entry.bytes))
      const commit = await journal.append(entries)
      if (entries.length === 0) return commit
      // Appends resolve in order, so a gap here means that somebody bypassed this function.
      assert(commit.first === size, `entry ${commit.first} follows leaf ${size - 1}`)
      tiles.append(concat(...leaves))
      size += entries.length
      onGrowth(size)
      return commit
    },
  }
}

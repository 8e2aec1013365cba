/** Closed epochs for proofs: their times, and the trees over what they published, kept within limits. */
import { fromB64u } from '../../core/bytes.js'
import { assert, Failure } from '../../core/failure.js'
import { epochRecordsMax, rowTreeRowsMax } from '../../core/limits.js'
import type { EpochJson } from '../../core/log/epoch.js'
import { parseRowHash } from '../../core/privacy/rowHash.js'
import type { ClosedRows } from '../../core/query/buildRange.js'
import { createRowTree } from '../../core/query/rowTree.js'
import type { Settlements } from '../../ports/settlements.js'

export interface EpochRows {
  /** Closed epochs. */
  readonly count: number
  /** The record of a closed epoch; `undefined` for one that went with an earlier log. */
  record(n: number): Promise<EpochJson | undefined>
  /** Its rows as a tree; `undefined` as above. Rejects with Failure('data'). */
  rows(n: number): Promise<ClosedRows | undefined>
}

export function createEpochRows(settlements: Settlements): EpochRows {
  const records = new Map<number, EpochJson>()
  const trees = new Map<number, ClosedRows>()
  let held = 0

  async function record(n: number): Promise<EpochJson | undefined> {
    const known = records.get(n) ?? (await settlements.record(n))
    if (known === undefined) return undefined
    // Used last, so dropped last.
    records.delete(n)
    records.set(n, known)
    if (records.size > epochRecordsMax) records.delete(oldestOf(records))
    return known
  }

  function keep(n: number, rows: ClosedRows): void {
    trees.set(n, rows)
    held += rows.tree.rows.length
    while (held > rowTreeRowsMax && trees.size > 1) {
      const oldest = oldestOf(trees)
      held -= trees.get(oldest)!.tree.rows.length
      trees.delete(oldest)
    }
  }

  return {
    get count() {
      return settlements.count
    },
    record,
    async rows(n) {
      const known = trees.get(n)
      if (known !== undefined) {
        trees.delete(n)
        trees.set(n, known)
        return known
      }
      const files = await settlements.read(n)
      if (files === undefined) return undefined
      const read = rowsOf(files)
      // Another request may have read it in the meantime.
      if (!trees.has(n)) keep(n, read)
      return read
    },
  }
}

function oldestOf(map: ReadonlyMap<number, unknown>): number {
  const [oldest] = map.keys()
  assert(oldest !== undefined, 'what is full has an oldest')
  return oldest
}

function rowsOf({ record, aggregates }: { record: EpochJson; aggregates: string }): ClosedRows {
  const { n, from, to } = record
  const rows = aggregates
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const row = parseRowHash(line)
      if (!row.ok)
        throw new Failure('data', `the aggregates of epoch ${n} are damaged: restore the backup`)
      return row.value
    })
  const bytes = fromB64u(record.record)
  assert(bytes !== undefined, 'a record that was published is b64u')
  return { n, from, to, record: bytes, tree: createRowTree(rows) }
}

/** Closed epochs without devices over given rows: what range proofs are made of. */
import type { KeyHolder } from '../../gateway/core/device/message.js'
import type { AggregateRow } from '../../gateway/core/privacy/row.js'
import { hashRow } from '../../gateway/core/privacy/rowHash.js'
import { isWindowOf } from '../../gateway/core/privacy/windows.js'
import type { ClosedRows } from '../../gateway/core/query/buildRange.js'
import { createRowTree } from '../../gateway/core/query/rowTree.js'
import {
  type Before,
  type ClosedEpoch,
  closeEpoch,
  testToken,
} from '../../gateway/core/rewards/closing.js'

export interface EpochsOver {
  readonly network: string
  readonly gateway: KeyHolder
  /** Base units. */
  readonly perHour: bigint
}

/** Epochs that meet at `cuts` (Unix seconds): the first from cuts[0] to cuts[1]. */
export function epochsOver(
  { network, gateway, perHour }: EpochsOver,
  rows: readonly AggregateRow[],
  cuts: readonly number[],
): { closed: ClosedEpoch; rows: ClosedRows }[] {
  let before: Before | undefined
  return cuts.slice(1).map((to, i) => {
    const span = { from: cuts[i]!, to }
    const own = rows.filter(({ step, t }) => isWindowOf(span, step, t)).map(hashRow)
    own.sort((a, b) => (a.key < b.key ? -1 : 1))
    const closed = closeEpoch(
      { network, gateway, perHour, token: testToken },
      {
        span,
        firstIndex: i,
        endIndex: i + 1,
        devices: [],
        usage: { usageIn: 0n, owed: new Map() },
        aggregates: own,
        before,
      },
    )
    const { record, carryOut, ledger } = closed
    before = { record, n: i + 1, carryOut, ledger }
    return { closed, rows: { n: i + 1, ...span, tree: createRowTree(own), record } }
  })
}

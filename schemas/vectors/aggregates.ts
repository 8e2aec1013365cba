/** Vectors of released aggregates: rows of each class with their leaves, and ranges of one tree. */
import { toB64u, toHex } from '../../gateway/core/bytes.js'
import { type AggregateRow, formatAggregateRow } from '../../gateway/core/privacy/row.js'
import {
  aggregateLeaf,
  aggregateRoot,
  hashRow,
  rowHashJson,
} from '../../gateway/core/privacy/rowHash.js'
import { windowSteps } from '../../gateway/core/privacy/steps.js'
import { publicationOf } from '../../gateway/core/privacy/windows.js'
import { rangePath } from '../../gateway/core/query/rangePath.js'
import { createRowTree } from '../../gateway/core/query/rowTree.js'

const salt = toB64u(new Uint8Array(16).fill(7))
const common = { cell: '87195da4affffff', salt, step: 3_600, t: 1_761_998_400 }
const noisy = {
  ...common,
  class: 'differentially-private',
  epsilon: '1/4',
  halfWidth: 0.6,
  metric: 'noise',
  n: 25,
  unit: 'dB',
} as const

/** One row of each form. */
const forms: readonly AggregateRow[] = [
  {
    ...common,
    class: 'k-anonymous',
    k: 5,
    mean: 21.4,
    median: 21.3,
    metric: 'temperature',
    n: 10,
    unit: 'Cel',
  },
  { ...noisy, median: 41.3 },
  { ...noisy, sum: 1032.5 },
  { ...common, class: 'withheld', metric: 'rain' },
]

export function aggregateVectors(): object {
  const rows = Array.from({ length: 7 }, (_, i) =>
    hashRow({ ...common, class: 'withheld', metric: 'rain', t: common.t + i * common.step }),
  )
  const tree = createRowTree(rows)
  const spans = rows.flatMap((_, start) =>
    rows.slice(start).map((_row, i) => [start, start + i + 1]),
  )
  return {
    windows: windowSteps.map((step) => ({
      step,
      t: 1_761_955_200,
      P: publicationOf(step, 1_761_955_200),
    })),
    rows: forms.map((row) => {
      const hashed = hashRow(row)
      const leaf = toHex(aggregateLeaf(hashed))
      return { row: formatAggregateRow(row), key: hashed.key, vh: toHex(hashed.vh), leaf }
    }),
    tree: { lines: rows.map(rowHashJson), root: toHex(aggregateRoot(rows)) },
    ranges: spans.map(([start, end]) => ({
      start,
      end,
      path: rangePath(tree, start!, end!).map(toHex),
    })),
  }
}

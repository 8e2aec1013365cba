/** The list of released rows (PROTOCOL 7, 9): their keys, the hashes of what was sold, their root. */
import { toHex } from '../bytes.js'
import type { EpochRecord } from '../log/epoch.js'
import { rootOfLeaves } from '../log/memoryTree.js'
import { aggregateLeaf, parseRowHash } from '../privacy/rowHash.js'
import { parseRowKey } from '../privacy/rowKey.js'
import { isWindowOf, publicationOf } from '../privacy/windows.js'
import { type Checked, differing } from './finding.js'
import { linesOf } from './rows.js'

export const aggregatesFile = 'aggregates.ndjson'

export function auditAggregates(text: string, record: EpochRecord): Checked {
  const lines = linesOf(text)
  const findings: string[] = []
  if (lines === undefined) findings.push(`${aggregatesFile}: the last line has no end`)
  const leaves: Uint8Array[] = []
  let last = ''
  for (const [i, line] of (lines ?? []).entries()) {
    const where = `${aggregatesFile} line ${i + 1}`
    const row = parseRowHash(line)
    if (!row.ok) {
      findings.push(`${where}: ${row.detail}`)
      continue
    }
    const { key } = row.value
    const fault = faultOf(key, record)
    if (fault !== undefined) findings.push(`${where}: key ${fault}`)
    if (key <= last) findings.push(`${where}: key ${key} is out of order`)
    last = key
    leaves.push(aggregateLeaf(row.value))
  }
  findings.push(
    ...differing('record', [
      ['aggCount', record.aggCount, lines?.length ?? 0],
      ['aggRoot', toHex(record.aggRoot), toHex(rootOfLeaves(leaves))],
    ]).map((finding) => `${finding}, which ${aggregatesFile} gives`),
  )
  return { detail: `${leaves.length} released rows, under aggRoot`, findings }
}

/** `metric|cell|step|t`, published within the epoch. */
function faultOf(key: string, record: EpochRecord): string | undefined {
  const parts = parseRowKey(key)
  if (typeof parts === 'string') return parts
  const { step, t } = parts
  return isWindowOf(record, step, t)
    ? undefined
    : `${key} was due at ${publicationOf(step, t)}, not in the epoch`
}

/** The statement of an epoch as a whole: lines, order, count, and the root in the record. */
import { toHex, utf8 } from '../bytes.js'
import type { EpochRecord } from '../log/epoch.js'
import { rootOfLeaves } from '../log/memoryTree.js'
import { leafHash } from '../log/tree.js'
import { type Checked, differing } from './finding.js'
import { type AuditRow, readRow } from './row.js'

export const contributionsFile = 'contributions.ndjson'

/** Lines of a text in which each ends in a line feed; `undefined` where the last one does not. */
export function linesOf(text: string): string[] | undefined {
  const lines = text.split('\n')
  return lines.pop() === '' ? lines : undefined
}

/** Every row that can be read, and what is wrong with the file. */
export function auditRows(
  text: string,
  record: EpochRecord,
): { rows: AuditRow[]; isWhole: boolean; outcome: Checked } {
  const lines = linesOf(text)
  const rows: AuditRow[] = []
  const findings: string[] = []
  if (lines === undefined) findings.push(`${contributionsFile}: the last line has no end`)
  for (const [i, line] of (lines ?? text.split('\n')).entries()) {
    const row = readRow(line, i + 1)
    if (row.ok) rows.push(row.value)
    else findings.push(`${contributionsFile} line ${i + 1}: ${row.detail}`)
  }
  const isWhole = findings.length === 0
  for (const [i, { line, device, counts }] of rows.entries()) {
    if (i > 0 && rows[i - 1]!.device >= device)
      findings.push(`${contributionsFile} line ${line}: device ${device} is out of order`)
    findings.push(
      ...differing(`${contributionsFile} line ${line}`, [['epoch', counts.epoch, record.n]]),
    )
  }
  const root = rootOfLeaves((lines ?? []).map((line) => leafHash(utf8(line))))
  findings.push(
    ...differing('record', [
      ['contribCount', record.contribCount, lines?.length ?? 0],
      ['contribRoot', toHex(record.contribRoot), toHex(root)],
    ]).map((finding) => `${finding}, which ${contributionsFile} gives`),
  )
  return {
    rows,
    isWhole,
    outcome: { detail: `${rows.length} rows in order, under contribRoot`, findings },
  }
}

/** The list of released rows (PROTOCOL 7, 9): their keys, the hashes of what was sold, their root. */
import { concat, fromB64u, toHex, utf8 } from '../bytes.js'
import { cellResolution } from '../device/cell.js'
import { parseCanonicalJson } from '../json.js'
import type { EpochRecord } from '../log/epoch.js'
import { rootOfLeaves } from '../log/memoryTree.js'
import { hashBytes, leafHash } from '../log/tree.js'
import { metricByName } from '../metric.js'
import { type Checked, differing } from './finding.js'
import { linesOf } from './rows.js'

export const aggregatesFile = 'aggregates.ndjson'

const separator = Uint8Array.of(0)

export function auditAggregates(text: string, record: EpochRecord): Checked {
  const lines = linesOf(text)
  const findings: string[] = []
  if (lines === undefined) findings.push(`${aggregatesFile}: the last line has no end`)
  const leaves: Uint8Array[] = []
  let last = ''
  for (const [i, line] of (lines ?? []).entries()) {
    const where = `${aggregatesFile} line ${i + 1}`
    const row = readLine(line)
    if (row === undefined) {
      findings.push(`${where}: not {"key","vh"} in canonical form`)
      continue
    }
    const fault = faultOf(row.key, record)
    if (fault !== undefined) findings.push(`${where}: key ${fault}`)
    if (row.key <= last) findings.push(`${where}: key ${row.key} is out of order`)
    last = row.key
    leaves.push(leafHash(concat(utf8(row.key), separator, row.hash)))
  }
  findings.push(
    ...differing('record', [
      ['aggCount', record.aggCount, lines?.length ?? 0],
      ['aggRoot', toHex(record.aggRoot), toHex(rootOfLeaves(leaves))],
    ]).map((finding) => `${finding}, which ${aggregatesFile} gives`),
  )
  return { detail: `${leaves.length} released rows, under aggRoot`, findings }
}

function readLine(line: string): { key: string; hash: Uint8Array } | undefined {
  const parsed = parseCanonicalJson(line)
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return undefined
  const { key, vh, ...rest } = parsed.value as { key?: unknown; vh?: unknown }
  if (typeof key !== 'string' || typeof vh !== 'string') return undefined
  const hash = fromB64u(vh)
  return hash?.length === hashBytes && Object.keys(rest).length === 0 ? { key, hash } : undefined
}

/** `metric|cell|step|t`, published within the epoch: P = t + step + min(step / 4, 900). */
function faultOf(key: string, { from, to }: EpochRecord): string | undefined {
  const [metric = '', cell = '', stepText = '', timeText = '', ...rest] = key.split('|')
  const [step, time] = [Number(stepText), Number(timeText)]
  const isWhole = /^[1-9][0-9]*$/.test(stepText) && /^(0|[1-9][0-9]*)$/.test(timeText)
  if (!isWhole || rest.length > 0 || !Number.isSafeInteger(time + step))
    return `${key} is not metric|cell|step|t`
  if (metricByName(metric) === undefined) return `${key} names no metric`
  if (cellResolution(cell) === undefined) return `${key} names no cell`
  const published = time + step + Math.min(Math.floor(step / 4), 900)
  return published >= from && published < to
    ? undefined
    : `${key} was due at ${published}, not in the epoch`
}

/**
 * What the factors of one row must be to each other (PROTOCOL 6.5). Which readings came in which
 * slot is not published: uptime is shown to be possible, quality to agree with its flags.
 */
import { toHex } from '../bytes.js'
import { intervalSecMax } from '../limits.js'
import type { EpochRecord } from '../log/epoch.js'
import { emptyRoot } from '../log/tree.js'
import type { Checked } from './finding.js'
import { type AuditRow, flagNames } from './row.js'
import { contributionsFile } from './rows.js'

/** pm1, pm25 and pm10 together, and the eight other metrics that weigh. */
const metricGroups = 9
const wholeBp = 10_000

/** S and e of PROTOCOL 6.5. */
interface Cut {
  readonly slots: number
  readonly perSlot: number
}

/** Every way in which an epoch of this length can be cut, by the messages that it expects. */
export function cutsOf(length: number): Map<number, Cut[]> {
  const byExpected = new Map<number, Cut[]>()
  let lastSlots = 0
  let lastPerSlot = 0
  for (let interval = 1; interval <= intervalSecMax; interval++) {
    const slotSec = Math.max(60, interval, Math.ceil(length / 12))
    const slots = Math.max(1, Math.floor(length / slotSec))
    const perSlot = Math.max(1, Math.floor(slotSec / interval))
    // Neighbouring intervals mostly cut it the same way.
    if (slots === lastSlots && perSlot === lastPerSlot) continue
    lastSlots = slots
    lastPerSlot = perSlot
    const cuts = byExpected.get(slots * perSlot)
    if (cuts === undefined) byExpected.set(slots * perSlot, [{ slots, perSlot }])
    else cuts.push({ slots, perSlot })
  }
  return byExpected
}

/** floor(qualityBp uptimeBp c m 10^6 / (10^8 n)), as the protocol writes it; 0 where n is 0. */
export function weightFrom({ counts }: AuditRow): bigint {
  const { qualityBp, uptimeBp, m, n } = counts
  if (n === 0) return 0n
  const c = n < 10 ? n : 10
  return (
    (BigInt(qualityBp) * BigInt(uptimeBp) * BigInt(c) * BigInt(m) * 1_000_000n) /
    (100_000_000n * BigInt(n))
  )
}

/** `isTestToken`: then simulated devices earn too; `undefined` where nobody has earned yet. */
export function auditFactors(
  rows: readonly AuditRow[],
  record: EpochRecord,
  isTestToken: boolean | undefined,
): Checked {
  const cuts = cutsOf(record.to - record.from)
  const findings = rows.flatMap((row) =>
    faultsOf(row, cuts, isTestToken === true).map(
      (fault) => `${contributionsFile} line ${row.line} (${row.device}): ${fault}`,
    ),
  )
  const entries = record.endIndex - record.firstIndex
  const readings = rows.reduce((sum, { counts }) => sum + counts.accepted + counts.late, 0)
  if (readings > entries)
    findings.push(`${contributionsFile}: accepted and late are ${readings}, of ${entries} entries`)
  const unpaid = rows.filter((row) => row.counts.weight === 0 && weightFrom(row) > 0n).length
  const simulated = unpaid === 0 ? '' : `; ${unpaid} rows weigh nothing: marked as simulated`
  return { detail: `${rows.length} weights from their factors${simulated}`, findings }
}

function faultsOf(
  row: AuditRow,
  cuts: ReadonlyMap<number, readonly Cut[]>,
  isTestToken: boolean,
): string[] {
  const { weight, m } = row.counts
  const faults = [uptimeFault(row, cuts), ...readingFaults(row), ...reasonFaults(row)]
  const due = weightFrom(row)
  // A device that is marked as simulated weighs nothing, but in the test token.
  if (BigInt(weight) !== due && (weight !== 0 || isTestToken))
    faults.push(`weight is ${weight}, its factors give ${due}`)
  if (m > metricGroups) faults.push(`m is ${m}, of ${metricGroups} metrics`)
  return faults.filter((fault) => fault !== undefined)
}

/** Some number of valid slots must give this uptime, and the readings must be enough for them. */
function uptimeFault(
  { counts }: AuditRow,
  cuts: ReadonlyMap<number, readonly Cut[]>,
): string | undefined {
  const { expected, uptimeBp, accepted } = counts
  const possible = cuts.get(expected)
  if (possible === undefined) return `expected is ${expected}, which no interval gives`
  const isPossible = possible.some(({ slots, perSlot }) => {
    const needed = Math.ceil((7_500 * perSlot) / wholeBp)
    for (let valid = 0; valid <= slots; valid++) {
      const given = 2 * valid < slots ? 0 : Math.floor((wholeBp * valid) / slots)
      if (given === uptimeBp && accepted >= valid * needed) return true
    }
    return false
  })
  if (isPossible) return undefined
  return `uptimeBp is ${uptimeBp}, which ${accepted} accepted of ${expected} expected cannot give`
}

function readingFaults({ counts, readings, reasons }: AuditRow): (string | undefined)[] {
  const { accepted, late, firstSeq, lastSeq, qualityBp, m } = counts
  const isEmpty = readings === toHex(emptyRoot())
  const flags = flagNames.filter((name) => reasons[name] !== undefined)
  return [
    isEmpty === (accepted === 0) ? undefined : `readings is not a root of ${accepted} readings`,
    accepted + late === 0 && (firstSeq !== 0 || lastSeq !== 0)
      ? 'firstSeq and lastSeq are not 0, without a reading'
      : undefined,
    accepted + late > 0 && lastSeq - firstSeq + 1 < accepted + late
      ? `firstSeq ${firstSeq} to lastSeq ${lastSeq} do not hold ${accepted + late} readings`
      : undefined,
    accepted === 0 && (qualityBp !== 0 || m !== 0 || flags.length > 0)
      ? 'qualityBp, m or flags without an accepted reading'
      : undefined,
  ]
}

function reasonFaults({ counts, reasons }: AuditRow): (string | undefined)[] {
  const { rejected, qualityBp } = counts
  let refused = 0
  let flagged = 0
  for (const [name, count] of Object.entries(reasons)) {
    if (flagNames.includes(name)) flagged += count
    else refused += count
  }
  return [
    refused === rejected ? undefined : `rejected is ${rejected}, its reasons are ${refused}`,
    qualityBp > wholeBp ? `qualityBp is ${qualityBp}` : undefined,
    flagged > 0 && qualityBp === wholeBp ? 'qualityBp is 10000 in spite of flags' : undefined,
    flagged === 0 && qualityBp > 0 && qualityBp < wholeBp
      ? `qualityBp is ${qualityBp} without a flag`
      : undefined,
  ]
}

/**
 * The statement of an epoch (PROTOCOL 6.3): one contribution row per device, its canonical JSON, and
 * the tree over all rows. schemas/contribution.md explains each field.
 */
import { fromHex, utf8 } from '../bytes.js'
import { parseAddress } from '../device/address.js'
import { cellResolution } from '../device/cell.js'
import { isDeviceId } from '../device/key.js'
import { assert } from '../failure.js'
import { canonicalJson, type Json, parseCanonicalJson } from '../json.js'
import { parseAmount } from '../log/amount.js'
import { pathInLeaves, rootOfLeaves } from '../log/memoryTree.js'
import { hashBytes, leafHash } from '../log/tree.js'
import { accept, isReason, type Result, refuse } from '../verdict.js'
import { wholeBp } from './ruleset.js'

/** A row; money is decimal text of base units. A type, for canonical JSON takes no interface. */
export type ContributionRow = {
  /** Readings that count. */
  readonly accepted: number
  readonly capped: string
  /** Parent of the registered cell at resolution 5. */
  readonly cell: string
  readonly coverage: string
  readonly device: string
  /** Number of the epoch. */
  readonly epoch: number
  readonly expected: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly late: number
  readonly m: number
  readonly n: number
  readonly owner: string
  readonly paid: string
  readonly qualityBp: number
  /** Root over the leaf hashes of the readings that count, hex. */
  readonly readings: string
  /** Refused messages by reason code, and flagged values by flag; none that is 0. */
  readonly reasons: { readonly [reason: string]: number }
  readonly rejected: number
  readonly uptimeBp: number
  readonly usage: string
  readonly weight: number
}

/** Resolution at which a row names a place. */
export const rowCellResolution = 5

/** Canonical JSON: one line of contributions.ndjson. */
export function formatRow(row: ContributionRow): string {
  return canonicalJson(row)
}

/** SHA-256(00 || JCS(row)), 32 bytes. */
export function rowLeaf(row: ContributionRow): Uint8Array {
  return leafHash(utf8(formatRow(row)))
}

/** Whether rows stand by device id, each once: the order of the tree. */
export function isOrdered(rows: readonly ContributionRow[]): boolean {
  return rows.every((row, i) => i === 0 || rows[i - 1]!.device < row.device)
}

/** RFC 9162 root over ordered rows. */
export function contribRoot(rows: readonly ContributionRow[]): Uint8Array {
  assert(isOrdered(rows), 'rows stand by device, each once')
  return rootOfLeaves(rows.map(rowLeaf))
}

/** Inclusion path of row `index` under that root. */
export function contribPath(rows: readonly ContributionRow[], index: number): Uint8Array[] {
  assert(isOrdered(rows), 'rows stand by device, each once')
  return pathInLeaves(index, rows.map(rowLeaf))
}

type Check = (value: Json | undefined) => boolean

const isCount: Check = (value) => typeof value === 'number' && value >= 0
const isShare: Check = (value) => typeof value === 'number' && value >= 0 && value <= wholeBp
const isMoney: Check = (value) => parseAmount(value) !== undefined

const checks: { readonly [Name in keyof ContributionRow]: Check } = {
  accepted: isCount,
  capped: isMoney,
  cell: (value) => typeof value === 'string' && (cellResolution(value) ?? 99) <= rowCellResolution,
  coverage: isMoney,
  device: (value) => typeof value === 'string' && isDeviceId(value),
  epoch: (value) => isCount(value) && value !== 0,
  expected: isCount,
  firstSeq: isCount,
  lastSeq: isCount,
  late: isCount,
  m: isCount,
  n: isCount,
  owner: (value) => typeof value === 'string' && parseAddress(value) === value,
  paid: isMoney,
  qualityBp: isShare,
  readings: (value) =>
    typeof value === 'string' && /^[0-9a-f]*$/.test(value) && value.length === 2 * hashBytes,
  reasons: isReasons,
  rejected: isCount,
  uptimeBp: isShare,
  usage: isMoney,
  weight: isCount,
}

/** Reads a line of contributions.ndjson without its line end: exactly this form, or `malformed`. */
export function parseRow(line: string): Result<ContributionRow> {
  const parsed = parseCanonicalJson(line)
  if (!parsed.ok) return parsed
  const fields = membersOf(parsed.value)
  if (fields === undefined) return refuse('malformed', 'a row is an object')
  for (const name of Object.keys(fields))
    if (!Object.hasOwn(checks, name)) return refuse('malformed', 'a row has an unknown field')
  for (const [name, check] of Object.entries(checks))
    if (!check(fields[name])) return refuse('malformed', `${name} is missing or not of its form`)
  const row = fields as ContributionRow
  return row.firstSeq <= row.lastSeq
    ? accept(row)
    : refuse('malformed', 'firstSeq is above lastSeq')
}

/** Reads a whole contributions.ndjson; `malformed` names the first line that is no row. */
export function parseRows(text: string): Result<ContributionRow[]> {
  const rows: ContributionRow[] = []
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const row = parseRow(line)
    if (!row.ok) return refuse('malformed', `row ${rows.length + 1}: ${row.detail}`)
    rows.push(row.value)
  }
  return accept(rows)
}

function isReasons(value: Json | undefined): boolean {
  const members = membersOf(value)
  if (members === undefined) return false
  return Object.entries(members).every(
    ([name, count]) => (isReason(name) || isFlag(name)) && isCount(count) && count !== 0,
  )
}

function isFlag(name: string): boolean {
  return name === 'spike' || name === 'flat' || name === 'near'
}

function membersOf(value: Json | undefined): { readonly [name: string]: Json } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return value as { readonly [name: string]: Json }
}

/** The readings root of a row as bytes. */
export function readingsRoot(row: ContributionRow): Uint8Array {
  const root = fromHex(row.readings)
  assert(root !== undefined, 'a row was parsed or made here')
  return root
}

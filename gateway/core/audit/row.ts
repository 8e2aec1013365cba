/** Reads contribution rows, from schemas/contribution.md alone: nothing here is the writer's. */
import { parseAddress } from '../device/address.js'
import { cellResolution } from '../device/cell.js'
import { isDeviceId } from '../device/key.js'
import { type Json, parseCanonicalJson } from '../json.js'
import { parseAmount } from '../log/amount.js'
import { accept, isReason, type Result, refuse } from '../verdict.js'

/** A row with its amounts as numbers. */
export interface AuditRow {
  /** Line in the file, from 1. */
  readonly line: number
  readonly device: string
  readonly owner: string
  readonly cell: string
  readonly readings: string
  readonly counts: Readonly<Record<(typeof countNames)[number], number>>
  readonly money: Readonly<Record<(typeof moneyNames)[number], bigint>>
  readonly reasons: Readonly<Record<string, number>>
}

const countNames = [
  'accepted',
  'epoch',
  'expected',
  'firstSeq',
  'lastSeq',
  'late',
  'm',
  'n',
  'qualityBp',
  'rejected',
  'uptimeBp',
  'weight',
] as const
const moneyNames = ['capped', 'coverage', 'paid', 'usage'] as const
const textNames = ['cell', 'device', 'owner', 'readings', 'reasons'] as const

/** Flags of values; every other reason is a code of PROTOCOL 2.2. */
export const flagNames: readonly string[] = ['spike', 'flat', 'near']

/** Published cells are at this H3 resolution or coarser. */
export const publishedResolution = 5

/** A line without its end; `malformed` names the field that is not of its form. */
export function readRow(text: string, line: number): Result<AuditRow> {
  const parsed = parseCanonicalJson(text)
  if (!parsed.ok) return parsed
  if (!isObject(parsed.value)) return refuse('malformed', 'it is not an object')
  const fields = parsed.value
  const known = new Set<string>([...countNames, ...moneyNames, ...textNames])
  for (const name of Object.keys(fields))
    if (!known.has(name)) return refuse('malformed', `${name} is no field of a row`)
  const counts: Record<string, number> = {}
  for (const name of countNames) {
    const value = fields[name]
    if (typeof value !== 'number' || value < 0) return refuse('malformed', `${name} is no count`)
    counts[name] = value
  }
  const money: Record<string, bigint> = {}
  for (const name of moneyNames) {
    const value = parseAmount(fields[name])
    if (value === undefined) return refuse('malformed', `${name} is no amount`)
    money[name] = value
  }
  const fault = faultOf(fields)
  if (fault !== undefined) return refuse('malformed', `${fault} is not of its form`)
  const { device, owner, cell, readings, reasons } = fields as unknown as AuditRow
  const numbers = { counts: counts as AuditRow['counts'], money: money as AuditRow['money'] }
  return accept({ line, device, owner, cell, readings, reasons, ...numbers })
}

function faultOf(fields: { readonly [name: string]: Json }): string | undefined {
  const { device, owner, cell, readings, reasons } = fields
  if (typeof device !== 'string' || !isDeviceId(device)) return 'device'
  if (typeof owner !== 'string' || parseAddress(owner) !== owner) return 'owner'
  if (typeof cell !== 'string' || (cellResolution(cell) ?? 99) > publishedResolution) return 'cell'
  if (typeof readings !== 'string' || !/^[0-9a-f]{64}$/.test(readings)) return 'readings'
  if (reasons === undefined || !isObject(reasons)) return 'reasons'
  for (const [name, count] of Object.entries(reasons)) {
    if (!flagNames.includes(name) && !isReason(name)) return 'reasons'
    if (typeof count !== 'number' || count < 1) return 'reasons'
  }
  return undefined
}

function isObject(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A contribution row in the packed form: its values in the order of their names, without these. */
import { fromHex, toHex } from '../bytes.js'
import type { CborValue } from '../cbor/codec.js'
import { formatAddress } from '../device/address.js'
import type { ContributionRow } from '../rewards/statement.js'

/** All fields but device and epoch, which follow from the rest of the file; in canonical order. */
const names = [
  'accepted',
  'capped',
  'cell',
  'coverage',
  'expected',
  'firstSeq',
  'lastSeq',
  'late',
  'm',
  'n',
  'owner',
  'paid',
  'qualityBp',
  'readings',
  'reasons',
  'rejected',
  'uptimeBp',
  'usage',
  'weight',
] as const satisfies readonly (keyof ContributionRow)[]

/** Owner and root as bytes, reasons as pairs by name. */
export function packRow(row: ContributionRow): CborValue {
  return names.map((name) => {
    if (name === 'owner') return fromHex(row.owner.slice(2)) ?? ''
    if (name === 'readings') return fromHex(row.readings) ?? ''
    if (name === 'reasons') return Object.entries(row.reasons).sort(([a], [b]) => (a < b ? -1 : 1))
    return row[name]
  })
}

/** `undefined` where the value cannot be a row; the form of each field is checked with the file. */
export function unpackRow(
  packed: CborValue | undefined,
  device: string,
  epoch: number,
): ContributionRow | undefined {
  if (!Array.isArray(packed) || packed.length !== names.length) return undefined
  const fields: Record<string, unknown> = { device, epoch }
  for (const [i, name] of names.entries()) fields[name] = unpackField(name, packed[i]!)
  return fields as ContributionRow
}

function unpackField(name: (typeof names)[number], value: CborValue): unknown {
  if (name === 'reasons') return reasonsOf(value)
  if (name !== 'owner' && name !== 'readings') return value
  if (!(value instanceof Uint8Array)) return undefined
  if (name === 'readings') return toHex(value)
  return value.length === 20 ? formatAddress(value) : undefined
}

function reasonsOf(value: CborValue): unknown {
  if (!Array.isArray(value)) return undefined
  const pairs = value.filter((pair) => Array.isArray(pair) && pair.length === 2)
  return Object.fromEntries(pairs as [string, CborValue][])
}

/**
 * The form of each sentence type of PROTOCOL 4: how many fields, and what each may hold. A type
 * that is not listed has no form to violate; whoever reads it ignores it.
 */
import { fromB64u } from '../bytes.js'
import { isReason } from '../verdict.js'

type FieldCheck = (field: string) => boolean

/** Decimal digits without leading zeros, below 2^53. */
const count: FieldCheck = (field) =>
  /^(0|[1-9]\d{0,15})$/.test(field) && Number(field) <= Number.MAX_SAFE_INTEGER
/** Line number 0..255. */
const lineNumber: FieldCheck = (field) => count(field) && Number(field) <= 255
const version: FieldCheck = (field) => field === '1'
const binary: FieldCheck = (field) => field !== '' && fromB64u(field) !== undefined
const nonce: FieldCheck = (field) => fromB64u(field)?.length === 4
const anyNonce: FieldCheck = (field) => fromB64u(field) !== undefined
const publicKey: FieldCheck = (field) => fromB64u(field)?.length === 32
const reason: FieldCheck = (field) => isReason(field)
const word: FieldCheck = (field) => /^[A-Za-z0-9._+-]{1,32}$/.test(field)
/** base32 of 8 bytes: 13 digits, the last bit zero. */
const deviceId: FieldCheck = (field) => /^[a-z2-7]{12}[acegikmoqsuwy246]$/.test(field)
const network: FieldCheck = (field) => /^[a-z0-9-]{1,32}$/.test(field)

const forms: ReadonlyMap<string, readonly FieldCheck[]> = new Map([
  ['ID?', []],
  ['HI', [version, deviceId, word, word, count, count, word]],
  ['RD', [lineNumber, binary]],
  ['RO', [lineNumber, binary]],
  ['RV', [lineNumber, binary]],
  ['AK', [lineNumber]],
  ['NK', [lineNumber, reason]],
  ['TQ', [nonce]],
  ['TM', [binary]],
  ['CF', [binary]],
  ['EQ', [anyNonce, network, publicKey]],
  ['EN', [binary]],
  ['RC', [binary]],
])

/** Types whose first field is a line number, so that they can be answered. */
const answered: ReadonlySet<string> = new Set(['RD', 'RO', 'RV'])

/** False where a known type does not have its fields. */
export function hasForm(type: string, fields: readonly string[]): boolean {
  const checks = forms.get(type)
  if (checks === undefined) return true
  return checks.length === fields.length && checks.every((check, i) => check(fields[i]!))
}

/**
 * The line number under which a sentence of this type is answered; `undefined` where none can be
 * read. A last field may have been cut short, so the number counts only where a field follows it.
 */
export function lineNumberOf(type: string, fields: readonly string[]): number | undefined {
  const first = fields[0]
  if (!answered.has(type) || first === undefined || fields.length < 2) return undefined
  return lineNumber(first) ? Number(first) : undefined
}

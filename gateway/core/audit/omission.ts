/**
 * Evidence of an omission (schemas/receipts.md): a gateway's own signatures that contradict each
 * other. Whoever has the file and the gateway's id needs nothing else to see it.
 */
import { equal, fromB64u, toHex, utf8 } from '../bytes.js'
import { deviceIdOf } from '../device/key.js'
import type { VerifySignature } from '../device/message.js'
import { receiptGraceSec } from '../limits.js'
import type { Checkpoint } from '../log/checkpoint.js'
import { breakBetween, parseEpoch, verifyEpoch } from '../log/epoch.js'
import { rootOfLeaves } from '../log/memoryTree.js'
import { leafHash, verifyInclusion } from '../log/tree.js'
import { accept, type Result, refuse } from '../verdict.js'
import { readCheckpoint } from './logEntry.js'
import { rootFromRange } from './logRange.js'
import { isCertainlyInTime, type KeptReceipt, readReceipt } from './receiptLine.js'
import type { ReadRecord } from './record.js'
import { type AuditRow, readRow } from './row.js'
import { linesOf } from './rows.js'

/** What is contradicted. */
export type OmissionKind = 'not-logged' | 'no-row' | 'outside-row' | 'not-counted'

/** A receipt whose reading stands in the log: at `index`, `path` to the root of the checkpoint. */
export interface PlacedReceipt {
  readonly line: string
  readonly index: number
  readonly path: readonly string[]
}

export interface OmissionFile {
  readonly v: 1
  readonly kind: OmissionKind
  readonly network: string
  /** The gateway's key, b64u. */
  readonly gateway: { readonly id: string; readonly key: string }
  readonly checkpoint: string
  /** COSE records, b64u, one after the other: one epoch, or all that could own the reading. */
  readonly records: readonly string[]
  /** not-logged: lines of the receipts file that are missing in the range. */
  readonly missing?: readonly string[]
  /** not-logged: every entry of these epochs, leaf hashes in b64u, and the hashes around them. */
  readonly range?: { readonly leaves: readonly string[]; readonly path: readonly string[] }
  /** Otherwise: receipts of one device in that epoch, and the whole statement. */
  readonly placed?: readonly PlacedReceipt[]
  readonly contributions?: string
}

interface Context {
  readonly file: OmissionFile
  readonly gateway: { readonly network: string; readonly key: Uint8Array }
  readonly checkpoint: Checkpoint
  readonly records: readonly ReadRecord[]
  readonly verify: VerifySignature
}

/** What an evidence file proves, in words; refused with what is wrong where it proves nothing. */
export function verifyOmission(json: string, verify: VerifySignature): Result<string> {
  const file = fileOf(json)
  if (file === undefined) return refuse('malformed', 'it is no evidence of an omission')
  const key = fromB64u(file.gateway.key)
  if (key?.length !== 32 || deviceIdOf(key) !== file.gateway.id)
    return refuse('malformed', 'gateway.id is not that of gateway.key')
  const gateway = { network: file.network, key }
  const checkpoint = readCheckpoint(file.checkpoint, file.network, key, verify)
  if (!checkpoint.ok) return checkpoint
  const records = recordsOf(file, key, verify)
  if (!records.ok) return records
  const context = { file, gateway, checkpoint: checkpoint.value, records: records.value, verify }
  return file.kind === 'not-logged' ? notLogged(context) : notInRow(context)
}

function fileOf(json: string): OmissionFile | undefined {
  let file: OmissionFile
  try {
    file = JSON.parse(json)
  } catch {
    return undefined
  }
  const texts = (value: unknown): boolean =>
    Array.isArray(value) && value.every((one) => typeof one === 'string')
  const isRange = (): boolean =>
    texts(file.missing) && texts(file.range?.leaves) && texts(file.range?.path)
  const isRow = (): boolean =>
    typeof file.contributions === 'string' &&
    Array.isArray(file.placed) &&
    file.placed.every((one) => typeof one?.line === 'string' && texts(one.path))
  const kinds: readonly unknown[] = ['not-logged', 'no-row', 'outside-row', 'not-counted']
  if (file?.v !== 1 || !kinds.includes(file.kind) || !texts(file.records)) return undefined
  if (typeof file.network !== 'string' || typeof file.checkpoint !== 'string') return undefined
  if (typeof file.gateway?.key !== 'string') return undefined
  return (file.kind === 'not-logged' ? isRange() : isRow()) ? file : undefined
}

/** Records that the gateway signed, each continuing the one before it. */
function recordsOf(
  file: OmissionFile,
  key: Uint8Array,
  verify: VerifySignature,
): Result<ReadRecord[]> {
  const records: ReadRecord[] = []
  for (const encoded of file.records) {
    const bytes = fromB64u(encoded)
    const record = bytes && parseEpoch(bytes)
    if (!bytes || !record?.ok) return refuse('malformed', 'a record is not of its form')
    const signed = verifyEpoch(record.value, key, verify)
    if (!signed.ok) return signed
    const last = records.at(-1)
    const gap = last && breakBetween(last.record, last.bytes, record.value)
    if (gap !== undefined) return refuse('malformed', `a record does not continue the last: ${gap}`)
    if (record.value.network !== file.network) return refuse('malformed', 'another network')
    records.push({ record: record.value, bytes })
  }
  return records.length > 0 ? accept(records) : refuse('malformed', 'there is no record')
}

/** Whether these epochs are all that can own an entry of that time. */
export function coverTime(records: readonly ReadRecord[], iat: number): boolean {
  const [first, last] = [records[0]?.record, records.at(-1)?.record]
  if (first === undefined || last === undefined) return false
  return (first.n === 1 || first.from < iat - receiptGraceSec) && last.to > iat + receiptGraceSec
}

function notLogged({ file, gateway, checkpoint, records, verify }: Context): Result<string> {
  const first = records[0]!.record.firstIndex
  const end = records.at(-1)!.record.endIndex
  const leaves = (file.range?.leaves ?? []).map((one) => fromB64u(one) ?? new Uint8Array(0))
  const path = (file.range?.path ?? []).map((one) => fromB64u(one) ?? new Uint8Array(0))
  if (leaves.length !== end - first) return refuse('malformed', 'entries of the epochs are missing')
  const root = rootFromRange(leaves, first, checkpoint.size, path)
  if (root === undefined || !equal(root, checkpoint.root))
    return refuse('malformed', 'these entries are not those under the checkpoint')
  const held = new Set(leaves.map(toHex))
  const missing = file.missing ?? []
  for (const line of missing) {
    const receipt = readReceipt(line, gateway, verify)
    if (!receipt.ok) return receipt
    if (!coverTime(records, receipt.value.iat))
      return refuse('malformed', 'another epoch may own a reading of that time')
    if (held.has(toHex(receipt.value.leaf))) return refuse('malformed', 'the reading is in the log')
  }
  if (missing.length === 0) return refuse('malformed', 'there is no receipt')
  return accept(
    `${missing.length} readings with a receipt are not among entries ${first} to ${end}`,
  )
}

/** Receipts of one device in one epoch, each shown to be in the log. */
function placedOf({ file, gateway, checkpoint, records, verify }: Context): Result<KeptReceipt[]> {
  const { firstIndex, endIndex } = records[0]!.record
  const found = new Map<number, KeptReceipt>()
  for (const { line, index, path } of file.placed ?? []) {
    const read = readReceipt(line, gateway, verify)
    if (!read.ok) return read
    const { leaf, device, seq } = read.value
    const hashes = path.map((one) => fromB64u(one) ?? new Uint8Array(0))
    if (!verifyInclusion(leaf, index, checkpoint.size, hashes, checkpoint.root))
      return refuse('malformed', `reading ${seq} is not entry ${index} of the log`)
    if (index < firstIndex || index >= endIndex)
      return refuse('malformed', `entry ${index} is not of the epoch`)
    const [one] = found.values()
    if (one !== undefined && one.device !== device) return refuse('malformed', 'two devices')
    found.set(seq, read.value)
  }
  return found.size > 0 ? accept([...found.values()]) : refuse('malformed', 'there is no receipt')
}

function notInRow(context: Context): Result<string> {
  const { file, records } = context
  const { record } = records[0]!
  if (records.length !== 1) return refuse('malformed', 'one epoch owns a reading')
  const placed = placedOf(context)
  if (!placed.ok) return placed
  const lines = linesOf(file.contributions ?? '')
  const root = rootOfLeaves((lines ?? []).map((line) => leafHash(utf8(line))))
  if (lines === undefined || !equal(root, record.contribRoot))
    return refuse('malformed', 'these rows are not those under contribRoot')
  const { device } = placed.value[0]!
  const rows = lines
    .map((line, i) => readRow(line, i + 1))
    .flatMap((row) => (row.ok ? [row.value] : []))
  const fault = omissionIn(
    placed.value,
    rows.find((row) => row.device === device),
  )
  if (fault === undefined || fault.kind !== file.kind)
    return refuse('malformed', 'the row does not contradict the receipts')
  return accept(`epoch ${record.n}, device ${device}: ${fault.detail}`)
}

/**
 * How the row of an epoch contradicts receipts of one device whose readings the epoch owns, each of
 * another sequence; `undefined` where it does not.
 */
export function omissionIn(
  receipts: readonly KeptReceipt[],
  row: AuditRow | undefined,
): { kind: OmissionKind; detail: string } | undefined {
  if (row === undefined) return { kind: 'no-row', detail: 'the statement has no row for it' }
  const { firstSeq, lastSeq, accepted } = row.counts
  const outside = receipts.find(({ seq }) => seq < firstSeq || seq > lastSeq)
  if (outside !== undefined)
    return {
      kind: 'outside-row',
      detail: `reading ${outside.seq} is not within ${firstSeq} to ${lastSeq}`,
    }
  const inTime = receipts.filter(isCertainlyInTime)
  if (inTime.length > accepted)
    return { kind: 'not-counted', detail: `${inTime.length} readings in time, ${accepted} counted` }
  if (inTime.length < accepted || accepted === 0) return undefined
  return isRootOf(inTime, row)
    ? undefined
    : {
        kind: 'not-counted',
        detail: `the ${accepted} readings counted are not the ${accepted} in time`,
      }
}

/** Whether the row counts exactly these readings. */
export function isRootOf(receipts: readonly KeptReceipt[], row: AuditRow): boolean {
  const leaves = receipts.toSorted((a, b) => a.seq - b.seq).map(({ leaf }) => leaf)
  return toHex(rootOfLeaves(leaves)) === row.readings
}

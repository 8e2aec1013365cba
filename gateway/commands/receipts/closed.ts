/** The closed epochs that receipts are about, and where their readings stand in the log. */

import { readCheckpoint } from '../../core/audit/logEntry.js'
import type { KeptReceipt } from '../../core/audit/receiptLine.js'
import { type ReadRecord, readRecord } from '../../core/audit/record.js'
import type { AuditRow } from '../../core/audit/row.js'
import { auditRows } from '../../core/audit/rows.js'
import { toHex } from '../../core/bytes.js'
import { ed25519Verify } from '../../core/crypto.js'
import { Failure } from '../../core/failure.js'
import { receiptGraceSec } from '../../core/limits.js'
import type { Checkpoint } from '../../core/log/checkpoint.js'
import { breakBetween, verifyEpoch } from '../../core/log/epoch.js'
import { type HashReader, hashBytes, tileWidth } from '../../core/log/tree.js'
import {
  needText,
  type Published,
  type PublishedGateway,
  tileReader,
} from '../published/published.js'

export interface SignedLog {
  readonly note: string
  readonly checkpoint: Checkpoint
  readonly tiles: HashReader
}

/** The newest checkpoint. Rejects with Failure('check') where the gateway did not sign it. */
export async function signedLog(
  source: Published,
  { network, key }: PublishedGateway,
): Promise<SignedLog> {
  const note = await needText(source, 'checkpoint')
  const checkpoint = readCheckpoint(note, network, key, ed25519Verify)
  if (!checkpoint.ok) throw new Failure('check', `checkpoint: ${checkpoint.detail}`)
  return { note, checkpoint: checkpoint.value, tiles: tileReader(source, checkpoint.value.size) }
}

/**
 * Signed records under the checkpoint, oldest first and without a gap, back to the first epoch that
 * can own an entry of the second `since`.
 */
export async function closedSince(
  source: Published,
  { key }: PublishedGateway,
  { checkpoint }: SignedLog,
  since: number,
): Promise<ReadRecord[]> {
  const records: ReadRecord[] = []
  for (const n of (await source.epochs()).toReversed()) {
    const read = readRecord(await needText(source, `epochs/${n}.json`))
    if (!read.ok) throw new Failure('check', `${n}.json: ${read.detail}`)
    const { record, bytes } = read.value
    const signed = verifyEpoch(record, key, ed25519Verify)
    if (!signed.ok) throw new Failure('check', `${n}.json: ${signed.detail}`)
    // Closed after this checkpoint: the next one covers it.
    if (record.endIndex >= checkpoint.size) continue
    const next = records[0]
    const gap = next && breakBetween(record, bytes, next.record)
    if (gap !== undefined) throw new Failure('check', `${n + 1}.json does not continue: ${gap}`)
    records.unshift({ record, bytes })
    if (record.from < since - receiptGraceSec) break
  }
  return records
}

/** Index in the log of each leaf that is among entries [first, end), by its hex. */
export async function placesOf(
  { tiles }: SignedLog,
  first: number,
  end: number,
  receipts: readonly KeptReceipt[],
): Promise<Map<string, number>> {
  const wanted = new Set(receipts.map(({ leaf }) => toHex(leaf)))
  const places = new Map<string, number>()
  for await (const { index, leaf } of leavesOf(tiles, first, end)) {
    const name = toHex(leaf)
    if (wanted.has(name) && !places.has(name)) places.set(name, index)
  }
  return places
}

/** Leaf hashes of entries [first, end). */
export async function* leavesOf(
  tiles: HashReader,
  first: number,
  end: number,
): AsyncGenerator<{ index: number; leaf: Uint8Array }> {
  for (let at = first; at < end; ) {
    const to = Math.min(end, (Math.floor(at / tileWidth) + 1) * tileWidth)
    const hashes = await tiles(0, at, to - at)
    for (let index = at; index < to; index++) {
      const from = (index - at) * hashBytes
      yield { index, leaf: hashes.subarray(from, from + hashBytes) }
    }
    at = to
  }
}

/** The statement of an epoch. Rejects with Failure('check') where it is not that of the record. */
export async function statementOf(
  source: Published,
  { record }: ReadRecord,
): Promise<{ text: string; rows: AuditRow[] }> {
  const text = await needText(source, `epochs/${record.n}/contributions.ndjson`)
  const { rows, outcome } = auditRows(text, record)
  const [finding] = outcome.findings
  if (finding === undefined) return { text, rows }
  throw new Failure('check', `epoch ${record.n}: ${finding}`)
}

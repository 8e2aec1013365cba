/** The parts of an evidence file that come out of the log. */
import { pathAround } from '../../core/audit/logRange.js'
import type { OmissionFile, PlacedReceipt } from '../../core/audit/omission.js'
import type { ReadRecord } from '../../core/audit/record.js'
import { toB64u } from '../../core/bytes.js'
import { inclusionPath } from '../../core/log/tree.js'
import { leavesOf, type SignedLog } from './closed.js'

/** Every entry of these epochs, which follow each other, and the hashes around them. */
export async function logRangeOf(
  { checkpoint, tiles }: SignedLog,
  records: readonly ReadRecord[],
): Promise<NonNullable<OmissionFile['range']>> {
  const first = records[0]!.record.firstIndex
  const end = records.at(-1)!.record.endIndex
  const leaves: string[] = []
  for await (const { leaf } of leavesOf(tiles, first, end)) leaves.push(toB64u(leaf))
  const path = await pathAround(tiles, first, end, checkpoint.size)
  return { leaves, path: path.map(toB64u) }
}

/** Receipts with the place of their readings under the checkpoint. */
export async function placedIn(
  { checkpoint, tiles }: SignedLog,
  receipts: readonly { line: string; index: number }[],
): Promise<PlacedReceipt[]> {
  const placed: PlacedReceipt[] = []
  for (const { line, index } of receipts) {
    const path = await inclusionPath(tiles, index, checkpoint.size)
    placed.push({ line, index, path: path.map(toB64u) })
  }
  return placed
}

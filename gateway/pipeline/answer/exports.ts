/** `export`: a day of rows as a file, in chunks that are messages (PROTOCOL 8). */
import { toB64u, utf8 } from '../../core/bytes.js'
import { sha256 } from '../../core/crypto.js'
import { exportChunkBytesMax } from '../../core/limits.js'
import type { ChargeRecord } from '../../core/market/record.js'
import { csvHeader, csvLine } from '../../core/privacy/rowCsv.js'
import type { ExportAsk } from '../../core/query/request.js'
import type { AnswerParts } from './parts.js'
import { readPage, readSold, type Sale, saleOf } from './rows.js'

export interface ExportFile {
  readonly sale: Sale
  /** At least one; the last may be shorter. */
  readonly chunks: readonly Uint8Array[]
}

/** The members of one chunk's message. `seq` counts from 1; the hash is of its bytes. */
export function chunkMembers(chunks: readonly Uint8Array[], index: number): object {
  const bytes = chunks[index]!
  const place = { seq: index + 1, of: chunks.length }
  return { ...place, sha256: toB64u(sha256(bytes)), data: toB64u(bytes) }
}

/** The rows of the day that are published by now, or those that were sold before. */
export async function exportFile(
  { releases, terms }: AnswerParts,
  { selection, format }: ExportAsk,
  sold: ChargeRecord | undefined,
): Promise<ExportFile> {
  const rows =
    sold === undefined
      ? (await readPage(releases, selection, undefined, Number.MAX_SAFE_INTEGER - 1)).rows
      : await readSold(releases, sold)
  const { metric, step } = selection
  return {
    sale: saleOf({ metric, step }, rows, terms.priceOf(metric), false),
    chunks: chunksOf(
      format === 'csv'
        ? [csvHeader, ...rows.map(({ row }) => csvLine(row))]
        : rows.map(({ text }) => `${text}\n`),
    ),
  }
}

/** Lines put together up to the size of a chunk, so that each chunk ends with a line. */
function chunksOf(lines: readonly string[]): Uint8Array[] {
  const chunks: Uint8Array[] = []
  let text = ''
  for (const line of lines) {
    // Rows are ASCII: characters are bytes.
    if (text.length + line.length > exportChunkBytesMax) {
      chunks.push(utf8(text))
      text = ''
    }
    text += line
  }
  return text === '' && chunks.length > 0 ? chunks : [...chunks, utf8(text)]
}

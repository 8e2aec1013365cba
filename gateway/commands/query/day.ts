/** A day of rows as a file: chunks, each checked by its hash as it comes (PROTOCOL 8, `export`). */
import { equal, fromB64u } from '../../core/bytes.js'
import { sha256 } from '../../core/crypto.js'
import { Failure } from '../../core/failure.js'
import type { AnswerJson } from './answers.js'
import type { BuyerClient } from './buyer.js'

export interface DayRequest {
  readonly q: {
    readonly metric: string
    readonly cells: readonly string[]
    readonly day: string
    readonly step?: string
  }
  readonly format: 'csv' | 'ndjson'
  readonly maxCost?: number
}

export interface DayFile {
  readonly bytes: Uint8Array
  readonly chunks: number
  /** Credits, once, however often it was asked for by this id. */
  readonly cost: number
}

/**
 * The whole file. Sent again after a lost connection, it begins anew: chunks that are there already
 * are passed over. Rejects with Failure('check') where a chunk is not what its hash says.
 */
export async function fetchDay(
  client: BuyerClient,
  id: string,
  request: DayRequest,
  told: (chunks: number, of: number) => void,
): Promise<DayFile> {
  const chunks: Uint8Array[] = []
  let [of, cost] = [0, 0]
  await client.stream(id, { op: 'export', ...request }, (part) => {
    const chunk = readChunk(part)
    if (of !== 0 && chunk.of !== of)
      throw new Failure('check', `the export has ${chunk.of} chunks now, and had ${of}`)
    of = chunk.of
    cost = part.meter?.cost ?? 0
    if (chunk.seq > chunks.length + 1)
      throw new Failure('check', `chunk ${chunks.length + 1} of the export is missing`)
    if (chunk.seq === chunks.length + 1) chunks.push(chunk.bytes)
    told(chunks.length, of)
    return chunks.length === of
  })
  return { bytes: Buffer.concat(chunks), chunks: of, cost }
}

function readChunk({ seq, of, sha256: hash, data }: AnswerJson): {
  seq: number
  of: number
  bytes: Uint8Array
} {
  const bytes = typeof data === 'string' ? fromB64u(data) : undefined
  const wanted = typeof hash === 'string' ? fromB64u(hash) : undefined
  if (bytes === undefined || wanted === undefined || !isPlace(seq, of))
    throw new Failure('check', 'the gateway sent what is no chunk of an export')
  if (!equal(sha256(bytes), wanted))
    throw new Failure('check', `chunk ${seq} of the export is not what its hash says`)
  return { seq: seq as number, of: of as number, bytes }
}

function isPlace(seq: unknown, of: unknown): boolean {
  if (!Number.isSafeInteger(seq) || !Number.isSafeInteger(of)) return false
  return (seq as number) >= 1 && (seq as number) <= (of as number)
}

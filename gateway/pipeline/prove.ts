/**
 * Makes the proof file of a reading: journal entry, keys that led to its signer, path to a checkpoint;
 * once its epoch is closed also what came of it (proveSettled.ts).
 */
import { toHex } from '../core/bytes.js'
import { parseSign1 } from '../core/cose/sign1.js'
import { sha256 } from '../core/crypto.js'
import type { Device } from '../core/device/registry.js'
import { assert } from '../core/failure.js'
import { inclusionPath } from '../core/log/tree.js'
import { buildProofFile, type ProofFile } from '../core/proof/proofFile.js'
import { parseReadingHeader } from '../core/senml/reading.js'
import { accept, type Result, refuse } from '../core/verdict.js'
import type { Journal } from '../ports/journal.js'
import type { SequenceIndex } from '../ports/registry.js'
import type { Settlements } from '../ports/settlements.js'
import type { Tiles } from '../ports/tiles.js'
import { settledParts } from './proveSettled.js'
import type { Settle } from './settle.js'

export interface ProveParts {
  network: string
  gatewayKey: Uint8Array
  registry: { byId(id: string): Pick<Device, 'keys'> | undefined }
  journal: Pick<Journal, 'read'>
  sequences: Pick<SequenceIndex, 'find' | 'list'>
  tiles: Pick<Tiles, 'read' | 'size'>
  settle: Pick<Settle, 'covering'>
  settlements: Settlements
}

/**
 * The proof of an accepted reading under the newest checkpoint; waits until one covers it.
 * `digest`: hex SHA-256 of the message where the asker has no right to see it and must show that it
 * has it. Refused with `unknown-device` where nothing can be proved, with the reason in words.
 */
export async function prove(
  parts: ProveParts,
  device: string,
  seq: number,
  digest?: string,
): Promise<Result<ProofFile>> {
  const { journal, sequences, tiles, settle } = parts
  const nothing = refuse('unknown-device', `no accepted reading ${seq} of ${device}`)
  const index = await sequences.find(device, seq)
  const entry = index === undefined ? undefined : await journal.read(index)
  if (entry?.kind !== 'rd') return nothing
  if (!entry.bytes) {
    return refuse(
      'unknown-device',
      `the body of reading ${seq} is older than the retention; who has the message can still prove it`,
    )
  }
  // Without the message the answer is the same as for a reading that does not exist.
  if (digest !== undefined && toHex(sha256(entry.bytes)) !== digest.toLowerCase()) return nothing
  const record = await parts.settlements.owning(entry.index)
  const last = record === undefined ? entry.index : record.endIndex
  const { size, text } = await settle.covering(last + 1)
  const pathOf = (leaf: number): Promise<Uint8Array[]> =>
    inclusionPath((level, start, count) => tiles.read(level, start, count), leaf, size)
  const settled =
    record && (await settledParts(parts, { device, seq, index: entry.index, record, pathOf }))
  if (settled?.ok === false) return settled
  const keys = await keyHistory(parts, device, entry.bytes)
  return accept(
    buildProofFile({
      network: parts.network,
      gatewayKey: parts.gatewayKey,
      message: entry.bytes,
      ...keys,
      index: entry.index,
      size,
      path: await pathOf(entry.index),
      checkpoint: text,
      ...(settled && { settled: settled.value }),
    }),
  )
}

/** The first key of a device, the one that signed, and the rotations between them. */
async function keyHistory(
  { registry, sequences, journal }: ProveParts,
  device: string,
  message: Uint8Array,
): Promise<{ deviceKey: Uint8Array; firstKey: Uint8Array; rotations: Uint8Array[] }> {
  const sign1 = parseSign1(message)
  const header = sign1.ok ? parseReadingHeader(sign1.value.protectedBytes) : sign1
  const keys = registry.byId(device)?.keys ?? []
  const signer = header.ok ? keys.findIndex((row) => row.kid === toHex(header.value.kid)) : -1
  assert(signer >= 0, 'a journalled reading was signed by a key of its device')
  const rotations: Uint8Array[] = []
  for (const row of keys.slice(1, signer + 1)) {
    // A rotation takes the sequence before the first one of its key.
    const index = await sequences.find(device, row.fromSeq - 1)
    const entry = index === undefined ? undefined : await journal.read(index)
    assert(entry?.kind === 'ro', 'the rotation that brought a key in is in the journal')
    rotations.push(entry.bytes)
  }
  return { deviceKey: keys[signer]!.key, firstKey: keys[0]!.key, rotations }
}

/** Leaf hash of an accepted message by (device, seq), however old. */
export async function findLeaf(
  { sequences, tiles }: Pick<ProveParts, 'sequences' | 'tiles'>,
  device: string,
  seq: number,
): Promise<{ index: number; leaf: Uint8Array } | undefined> {
  const index = await sequences.find(device, seq)
  if (index === undefined || index >= tiles.size) return undefined
  return { index, leaf: await tiles.read(0, index, 1) }
}

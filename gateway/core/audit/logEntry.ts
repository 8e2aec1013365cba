/** The record as an entry of the log, shown with tiles that need no trust: paths lead to signed roots. */
import { equal } from '../bytes.js'
import { deviceIdOf } from '../device/key.js'
import type { VerifySignature } from '../device/message.js'
import { type Checkpoint, claimedOrigin, isOriginOf, openCheckpoint } from '../log/checkpoint.js'
import { verifyConsistency } from '../log/consistency.js'
import {
  consistencyPath,
  type HashReader,
  inclusionPath,
  leafHash,
  verifyInclusion,
} from '../log/tree.js'
import { type Result, refuse } from '../verdict.js'
import type { Checked, Outcome } from './finding.js'
import type { ReadRecord } from './record.js'

/** A signed note as the checkpoint of a log of this gateway. */
export function readCheckpoint(
  note: string,
  network: string,
  key: Uint8Array,
  verify: VerifySignature,
): Result<Checkpoint> {
  const origin = claimedOrigin(note)
  if (!isOriginOf(origin, network, deviceIdOf(key)))
    return refuse('malformed', `the checkpoint is of ${origin}, not of this gateway and network`)
  return openCheckpoint(note, origin, key, verify)
}

/** The record is entry `endIndex` of the tree of the checkpoint. */
export async function auditEntry(
  { record, bytes }: ReadRecord,
  checkpoint: Checkpoint,
  tiles: HashReader,
): Promise<Checked> {
  const { endIndex } = record
  const { size, root } = checkpoint
  const detail = `the record is entry ${endIndex} of ${size}`
  if (endIndex >= size)
    return { detail, findings: [`log: the checkpoint has ${size} entries, none is ${endIndex}`] }
  const path = await inclusionPath(tiles, endIndex, size)
  return verifyInclusion(leafHash(bytes), endIndex, size, path, root)
    ? { detail, findings: [] }
    : { detail, findings: [`log: entry ${endIndex} of the checkpoint is not this record`] }
}

/** The log has only grown since an older checkpoint. */
export async function auditGrowth(
  since: Checkpoint,
  checkpoint: Checkpoint,
  tiles: HashReader,
): Promise<Outcome> {
  const detail = `grown from ${since.size} to ${checkpoint.size} entries`
  if (since.origin !== checkpoint.origin)
    return { detail, findings: [`log: ${checkpoint.origin} is another log than ${since.origin}`] }
  if (checkpoint.size < since.size)
    return {
      detail,
      findings: [`log: it has ${checkpoint.size} entries, and had ${since.size} before`],
    }
  if (checkpoint.size === since.size && equal(checkpoint.root, since.root))
    return { detail: `${since.size} entries as before`, findings: [] }
  const path = await consistencyPath(tiles, since.size, checkpoint.size)
  return verifyConsistency(since.size, checkpoint.size, since.root, checkpoint.root, path)
    ? { detail, findings: [] }
    : { detail, findings: [`log: the first ${since.size} entries are not what was signed before`] }
}

/** The epoch: its record is the gateway's and an entry of the same log, and it owns the message. */
import { fromB64u } from '../bytes.js'
import { type EpochRecord, parseEpoch, verifyEpoch } from '../log/epoch.js'
import { leafHash } from '../log/tree.js'
import { accept, type Result, refuse } from '../verdict.js'
import { requireIncluded } from './hashes.js'
import type { Context } from './link.js'
import { headOf } from './logLinks.js'
import type { EpochPart } from './proofFile.js'

/** The record is signed by gateway.key and is entry epoch.index of the checkpoint's tree. */
export function checkRecord({ file, verify }: Context): Result<string> | undefined {
  const { epoch, log, network } = file
  if (epoch === undefined) return undefined
  const record = recordOf(epoch)
  if (!record.ok) return record
  const { n, endIndex } = record.value
  if (record.value.network !== network)
    return refuse('malformed', `the record is of network ${record.value.network}`)
  const signed = verifyEpoch(record.value, fromB64u(file.gateway.key)!, verify)
  if (!signed.ok) return signed
  if (epoch.n !== n)
    return refuse('malformed', `epoch.n is ${epoch.n}, the record is of epoch ${n}`)
  if (epoch.index !== endIndex)
    return refuse('malformed', `epoch.index is ${epoch.index}, the record's place is ${endIndex}`)
  const head = headOf(log.checkpoint)
  if (!head.ok) return head
  const leaf = leafHash(fromB64u(epoch.record)!)
  const included = requireIncluded(leaf, { ...epoch, size: log.size }, head.value.root, {
    name: 'epoch',
    leafName: 'the record',
    rootName: "the checkpoint's root",
  })
  return included.ok ? accept(`epoch ${n}, entry ${epoch.index} of ${log.size}`) : included
}

/** The epoch owns the message: firstIndex <= log.index < endIndex. */
export function checkEpoch({ file }: Context): Result<string> | undefined {
  const { epoch, log } = file
  if (epoch === undefined) return undefined
  const record = recordOf(epoch)
  if (!record.ok) return record
  const { n, firstIndex, endIndex } = record.value
  return firstIndex <= log.index && log.index < endIndex
    ? accept(`epoch ${n} owns entries ${firstIndex} to ${endIndex - 1}`)
    : refuse(
        'malformed',
        `entry ${log.index} is not in epoch ${n}: ${firstIndex} to ${endIndex - 1}`,
      )
}

/** The record of the file; its signature is not tried. */
export function recordOf(epoch: EpochPart): Result<EpochRecord> {
  const bytes = fromB64u(epoch.record)
  if (bytes === undefined) return refuse('malformed', 'epoch.record is not b64u')
  const record = parseEpoch(bytes)
  return record.ok ? record : refuse(record.reason, `epoch.record: ${record.detail}`)
}

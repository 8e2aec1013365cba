/** The epoch records in a range proof: signed by the gateway, one for each epoch. */
import { equal } from '../bytes.js'
import type { VerifySignature } from '../device/message.js'
import { type EpochRecord, parseEpoch, verifyEpoch } from '../log/epoch.js'
import { accept, type Result, refuse } from '../verdict.js'
import type { RangeElement } from './rangeElement.js'

/** The record of an element, or what is wrong with it. */
export type RecordReader = (element: RangeElement) => Result<EpochRecord>

/** Each record is read and its signature tried once, however many elements carry it. */
export function recordReader(
  network: string,
  gatewayKey: Uint8Array,
  verify: VerifySignature,
): RecordReader {
  const known = new Map<number, { bytes: Uint8Array; record: EpochRecord }>()
  const read = ({ epoch, record: bytes }: RangeElement): Result<EpochRecord> => {
    const seen = known.get(epoch)
    if (seen !== undefined)
      return equal(seen.bytes, bytes)
        ? accept(seen.record)
        : refuse('malformed', `another record of epoch ${epoch} than before`)
    const record = parseEpoch(bytes)
    if (!record.ok) return refuse('malformed', `record: ${record.detail}`)
    if (record.value.network !== network)
      return refuse('malformed', `the record is of network ${record.value.network}`)
    if (record.value.n !== epoch)
      return refuse('malformed', `the record is of epoch ${record.value.n}, not ${epoch}`)
    const signed = verifyEpoch(record.value, gatewayKey, verify)
    if (!signed.ok) return signed
    known.set(epoch, { bytes, record: record.value })
    return record
  }
  return (element) => {
    const record = read(element)
    if (!record.ok || record.value.aggCount === element.size) return record
    return refuse('malformed', `size is ${element.size}, the record has ${record.value.aggCount}`)
  }
}

/** The contribution: the device's row stands in the epoch's statement, and counts the message. */
import { fromB64u } from '../bytes.js'
import { leafHash } from '../log/tree.js'
import { readingsRoot, rowLeaf } from '../rewards/statement.js'
import { decodeReading } from '../senml/reading.js'
import { accept, type Result, refuse } from '../verdict.js'
import { recordOf } from './epochLinks.js'
import { requireIncluded } from './hashes.js'
import type { Context } from './link.js'

/** The row is of this device and epoch, covers the message's sequence, and is under contribRoot. */
export function checkContribution({ file }: Context): Result<string> | undefined {
  const { epoch, contribution } = file
  if (epoch === undefined || contribution === undefined) return undefined
  const record = recordOf(epoch)
  if (!record.ok) return record
  const { row, size } = contribution
  const { contribCount, contribRoot, n } = record.value
  if (size !== contribCount)
    return refuse('malformed', `contribution.size is ${size}, the record says ${contribCount} rows`)
  if (row.device !== file.device.id)
    return refuse('malformed', `the row is of device ${row.device}`)
  if (row.epoch !== n) return refuse('malformed', `the row is of epoch ${row.epoch}`)
  const reading = decodeReading(fromB64u(file.message)!)
  if (!reading.ok) return reading
  const { seq } = reading.value.header
  if (seq < row.firstSeq || seq > row.lastSeq)
    return refuse('malformed', `the row covers sequences ${row.firstSeq} to ${row.lastSeq}`)
  const included = requireIncluded(rowLeaf(row), contribution, contribRoot, {
    name: 'contribution',
    leafName: 'the row',
    rootName: "the record's contribRoot",
  })
  return included.ok ? accept(`row ${contribution.index} of ${size}`) : included
}

/** The message is among the readings that the row counts, or the row counts late ones. */
export function checkReading({ file }: Context): Result<string> | undefined {
  const { contribution } = file
  if (contribution === undefined) return undefined
  const { row, reading } = contribution
  if (reading === undefined) {
    return row.late > 0
      ? accept('logged, not counted: it arrived too late')
      : refuse('malformed', 'contribution.reading is missing, and the row counts no late reading')
  }
  if (reading.size !== row.accepted)
    return refuse(
      'malformed',
      `contribution.reading.size is ${reading.size}, the row counts ${row.accepted} readings`,
    )
  const leaf = leafHash(fromB64u(file.message)!)
  const included = requireIncluded(leaf, reading, readingsRoot(row), {
    name: 'contribution.reading',
    leafName: 'message',
    rootName: "the row's readings",
  })
  return included.ok ? accept(`counted, reading ${reading.index} of ${reading.size}`) : included
}

/**
 * What must hold of one page of an answer, and of its place behind the page before. `fieldproof query`
 * asks it as pages arrive, `fieldproof verify` of a file.
 */

import { equal } from '../bytes.js'
import { ed25519Verify } from '../crypto.js'
import { deviceIdOf } from '../device/key.js'
import type { VerifySignature } from '../device/message.js'
import { parseEpoch } from '../log/epoch.js'
import { type AggregateRow, keyOfRow, readAggregateRow } from '../privacy/row.js'
import { formatRowKey } from '../privacy/rowKey.js'
import { accept, type Result, refuse } from '../verdict.js'
import type { Answer } from './answer.js'
import { readRangeElement } from './rangeElement.js'
import { type RecordReader, recordReader } from './rangeRecord.js'
import { isSameSelection } from './selection.js'
import { verifyPage } from './verifyRange.js'

/** gateway.id follows from gateway.key, and is the one that was asked for. */
export function checkAnswerGateway({ gateway }: Answer, asked?: string): Result<string> {
  if (deviceIdOf(gateway.key) !== gateway.id)
    return refuse('malformed', 'gateway.id is not that of gateway.key')
  if (asked === undefined) return accept(`${gateway.id}, as the file says`)
  return asked === gateway.id
    ? accept(`${asked}, as asked for`)
    : refuse('malformed', `the answer is of gateway ${gateway.id}, not of ${asked}`)
}

/** A page goes on with the answer of the page before it, right behind its last row. */
export function checkFollows(page: Answer, before: Answer): Result<undefined> {
  if (!equal(page.gateway.key, before.gateway.key))
    return refuse('malformed', 'it is of another gateway than the page before')
  if (!isSameSelection(page.selection, before.selection))
    return refuse('malformed', 'it answers another query than the page before')
  if (!before.isCut) return refuse('malformed', 'the page before it is the last one of its answer')
  const last = readAggregateRow(before.items.at(-1))
  const follows = page.after === undefined ? undefined : formatRowKey(page.after)
  return last.ok && follows === keyOfRow(last.value)
    ? accept(undefined)
    : refuse(
        'malformed',
        'it does not begin where the page before ended: a page is missing or moved',
      )
}

/** The page carries a proof, and not the word that there is none yet. */
export function checkProofGiven({ proof }: Answer): Result<readonly unknown[]> {
  if (proof === undefined)
    return refuse('malformed', 'the answer carries none: ask with "proof":true')
  if (proof === 'pending')
    return refuse(
      'malformed',
      'pending: an epoch of these rows is still open, so nothing is proved yet; ' +
        'ask for the proof once it is closed',
    )
  return accept(proof)
}

/** Checks the rows of pages, one answer after the other, against records that must not differ. */
export interface RowsChecker {
  /** What the records are of; `undefined` until one was seen. */
  readonly network: string | undefined
  check(page: Answer): Result<readonly AggregateRow[]>
}

/** For the pages of one gateway's answer. An answer does not name the network: its records do. */
export function createRowsChecker(verify: VerifySignature = ed25519Verify): RowsChecker {
  let network: string | undefined
  let records: RecordReader | undefined
  return {
    get network() {
      return network
    },
    check(page) {
      const proof = checkProofGiven(page)
      if (!proof.ok) return proof
      network ??= networkOf(proof.value)
      const gatewayKey = page.gateway.key
      records ??= recordReader(network ?? '', gatewayKey, verify)
      const { selection, after, isCut, items } = page
      return verifyPage({ selection, after, isCut, items, proof: proof.value }, records)
    },
  }
}

function networkOf(proof: readonly unknown[]): string | undefined {
  if (proof.length === 0) return undefined
  const element = readRangeElement(proof[0])
  const record = element.ok ? parseEpoch(element.value.record) : element
  return record.ok ? record.value.network : undefined
}

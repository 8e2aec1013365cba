/**
 * What became of readings with a receipt: in the log, counted in the row of their epoch, or omitted,
 * with evidence of it (schemas/receipts.md).
 */

import { coverTime, isRootOf, type OmissionFile, omissionIn } from '../../core/audit/omission.js'
import { formatReceipt, isCertainlyInTime, type KeptReceipt } from '../../core/audit/receiptLine.js'
import type { ReadRecord } from '../../core/audit/record.js'
import { toB64u, toHex } from '../../core/bytes.js'
import { sha256 } from '../../core/crypto.js'
import { deviceIdOf } from '../../core/device/key.js'
import { receiptGraceSec } from '../../core/limits.js'
import { verifyProofFile } from '../../core/proof/proofLinks.js'
import { grouped } from '../../core/rewards/grouped.js'
import { type Published, type PublishedGateway, readText } from '../published/published.js'
import { closedSince, placesOf, type SignedLog, signedLog, statementOf } from './closed.js'
import { logRangeOf, placedIn } from './evidence.js'

export type Fate =
  /** In its epoch's row, as was shown. */
  | 'counted'
  /** In the log, more than 600 s after its time: not counted, as the ruleset says. */
  | 'late'
  /** In the log; its epoch is open. */
  | 'open'
  /** In the log of a closed epoch; whether it counts cannot be shown with what is at hand. */
  | 'logged'
  /** Not in the log under this checkpoint; the epochs that may own it are not all closed. */
  | 'pending'
  | 'omitted'

export interface Judged {
  readonly receipt: KeptReceipt
  readonly fate: Fate
  readonly detail: string
}

export interface Judgement {
  readonly receipts: readonly Judged[]
  /** With a name for the file: the device and sequence of its first reading. */
  readonly evidence: readonly { readonly name: string; readonly file: OmissionFile }[]
}

interface Context {
  readonly source: Published
  readonly gateway: PublishedGateway
  readonly log: SignedLog
  readonly records: readonly ReadRecord[]
}

/** Receipts of one gateway, each already found to be signed by it; at least one. */
export async function judgeReceipts(
  source: Published,
  gateway: PublishedGateway,
  receipts: readonly KeptReceipt[],
): Promise<Judgement> {
  const log = await signedLog(source, gateway)
  const since = receipts.reduce((least, { iat }) => Math.min(least, iat), Number.POSITIVE_INFINITY)
  const records = await closedSince(source, gateway, log, since)
  const context = { source, gateway, log, records }
  const places = await placesIn(log, records[0]?.record.firstIndex ?? 0, receipts)
  const placed: Placed[] = []
  const lost: KeptReceipt[] = []
  for (const receipt of receipts) {
    const index = places.get(toHex(receipt.leaf))
    if (index === undefined) lost.push(receipt)
    else placed.push({ receipt, index })
  }
  const parts = [await judgeLost(context, lost)]
  const byRow = grouped(
    placed,
    ({ receipt, index }) => `${ownerOf(records, index)?.record.n} ${receipt.device}`,
  )
  for (const group of byRow.values()) parts.push(await judgePlaced(context, group))
  return {
    receipts: parts.flatMap((part) => part.receipts),
    evidence: parts.flatMap((part) => part.evidence),
  }
}

/** Where they stand; in all of the log where some are not in the epochs of their time. */
async function placesIn(
  log: SignedLog,
  first: number,
  receipts: readonly KeptReceipt[],
): Promise<Map<string, number>> {
  const places = await placesOf(log, first, log.checkpoint.size, receipts)
  const isWhole = receipts.every(({ leaf }) => places.has(toHex(leaf)))
  // A clock that was set may put an entry into an epoch of another time: that is no omission.
  return isWhole ? places : new Map([...(await placesOf(log, 0, first, receipts)), ...places])
}

export interface Placed {
  readonly receipt: KeptReceipt
  readonly index: number
}

function ownerOf(records: readonly ReadRecord[], index: number): ReadRecord | undefined {
  return records.find(({ record }) => record.firstIndex <= index && index < record.endIndex)
}

/** Readings that are not in the log: omitted, once every epoch is closed that may own them. */
async function judgeLost(context: Context, lost: readonly KeptReceipt[]): Promise<Judgement> {
  const all: Judged[] = []
  const bySpan = new Map<string, { records: ReadRecord[]; receipts: KeptReceipt[] }>()
  for (const receipt of lost) {
    const records = context.records.filter(
      ({ record }) =>
        record.from <= receipt.iat + 2 * receiptGraceSec &&
        record.to >= receipt.iat - 2 * receiptGraceSec,
    )
    if (!coverTime(records, receipt.iat)) {
      const detail = 'not in the log yet; its epoch is open'
      all.push({ receipt, fate: 'pending', detail })
      continue
    }
    const [first, last] = [records[0]!.record.n, records.at(-1)!.record.n]
    const span = bySpan.get(`${first} ${last}`) ?? { records, receipts: [] }
    bySpan.set(`${first} ${last}`, span)
    span.receipts.push(receipt)
    const names = first === last ? `epoch ${first}` : `epochs ${first} to ${last}`
    all.push({ receipt, fate: 'omitted', detail: `not in the log of ${names}` })
  }
  const evidence: Judgement['evidence'][number][] = []
  for (const { records, receipts } of bySpan.values()) {
    const file: OmissionFile = {
      ...headOf(context, 'not-logged', records),
      missing: receipts.map(lineOf),
      range: await logRangeOf(context.log, records),
    }
    evidence.push({ name: nameOf(receipts[0]!), file })
  }
  return { receipts: all, evidence }
}

/** Readings of one device that one epoch owns. */
async function judgePlaced(context: Context, group: readonly Placed[]): Promise<Judgement> {
  const owner = ownerOf(context.records, group[0]!.index)
  const same = (fate: Fate, detail: string): Judged[] =>
    group.map(({ receipt }) => ({ receipt, fate, detail }))
  if (owner === undefined) {
    const isOld = group[0]!.index < (context.records[0]?.record.firstIndex ?? 0)
    const where = isOld ? 'in the log, in an epoch of another time' : 'in the log'
    return { receipts: same(isOld ? 'logged' : 'open', where), evidence: [] }
  }
  const { text, rows } = await statementOf(context.source, owner)
  const { device } = group[0]!.receipt
  const row = rows.find((one) => one.device === device)
  const receipts = group.map(({ receipt }) => receipt)
  const omission = omissionIn(receipts, row)
  const place = `epoch ${owner.record.n}`
  if (omission !== undefined) {
    const file: OmissionFile = {
      ...headOf(context, omission.kind, [owner]),
      placed: await placedIn(
        context.log,
        group.map((one) => ({ ...one, line: lineOf(one.receipt) })),
      ),
      contributions: text,
    }
    return {
      receipts: same('omitted', `${place}: ${omission.detail}`),
      evidence: [{ name: nameOf(receipts[0]!), file }],
    }
  }
  const inTime = receipts.filter(isCertainlyInTime)
  const isAll = row !== undefined && inTime.length > 0 && isRootOf(inTime, row)
  const judged: Judged[] = []
  for (const receipt of receipts) judged.push(await judgeOne(context, receipt, place, isAll))
  return { receipts: judged, evidence: [] }
}

/** A reading in the log whose row does not contradict it. `isAll`: the row counts those in time. */
async function judgeOne(
  { source, gateway }: Context,
  receipt: KeptReceipt,
  place: string,
  isAll: boolean,
): Promise<Judged> {
  const { iat, time, message } = receipt
  if (message === undefined || time === undefined)
    return { receipt, fate: 'logged', detail: `${place}; its message was not kept` }
  if (iat - time > 600) return { receipt, fate: 'late', detail: `${place}, ${iat - time} s late` }
  if (isAll && isCertainlyInTime(receipt)) return { receipt, fate: 'counted', detail: place }
  const path = `proofs/${receipt.device}/${receipt.seq}?m=${toHex(sha256(message))}`
  const text = await readText(source, path)
  const detail = `${place}; only the gateway can show that its row counts it`
  if (text === undefined) return { receipt, fate: 'logged', detail }
  const proof = verifyProofFile(text, { gateway: deviceIdOf(gateway.key) })
  const isShown = proof.ok && proof.file?.message === toB64u(message)
  return isShown && proof.file?.contribution?.reading !== undefined
    ? { receipt, fate: 'counted', detail: place }
    : {
        receipt,
        fate: 'logged',
        detail: `${place}; the gateway’s proof does not say that it counts`,
      }
}

function headOf(
  { gateway, log }: Context,
  kind: OmissionFile['kind'],
  records: readonly ReadRecord[],
): Pick<OmissionFile, 'v' | 'kind' | 'network' | 'gateway' | 'checkpoint' | 'records'> {
  return {
    v: 1,
    kind,
    network: gateway.network,
    gateway: { id: deviceIdOf(gateway.key), key: toB64u(gateway.key) },
    checkpoint: log.note,
    records: records.map(({ bytes }) => toB64u(bytes)),
  }
}

function nameOf({ device, seq }: KeptReceipt): string {
  return `${device}-${seq}`
}

function lineOf({ bytes, message }: KeptReceipt): string {
  return formatReceipt(bytes, message)
}

/**
 * Closes an epoch: from what its devices did to every byte that is published of it (PROTOCOL 6.3,
 * 6.4). Pure: the same entries give the same bytes.
 */
import { fromHex } from '../bytes.js'
import { deviceIdOf } from '../device/key.js'
import type { KeyHolder } from '../device/message.js'
import { canonicalJson } from '../json.js'
import {
  type EpochFields,
  type EpochJson,
  encodeEpoch,
  epochJson,
  noPreviousRecord,
} from '../log/epoch.js'
import { leafHash } from '../log/tree.js'
import { aggregateRoot, formatRowHash, type RowHash } from '../privacy/rowHash.js'
import { addPayouts, rewardsFile } from './ledger.js'
import type { Payout } from './payoutTree.js'
import { rulesetHash } from './ruleset.js'
import { settle } from './settlement.js'
import type { Span } from './slots.js'
import { contribRoot, formatRow } from './statement.js'
import type { DeviceEpoch } from './tally.js'
import type { Usage } from './usage.js'

/** The token in which simulated devices earn too. */
export const testToken = `0x${'0'.repeat(40)}`

/** What stays the same from one epoch to the next. */
export interface EpochTerms {
  readonly network: string
  /** Signs the record. */
  readonly gateway: KeyHolder
  /** `rewards.perHour`, base units. */
  readonly perHour: bigint
  /** `rewards.token`, EIP-55. */
  readonly token: string
}

/** What the epoch before left. */
export interface Before {
  /** COSE bytes of its record. */
  readonly record: Uint8Array
  readonly n: number
  readonly carryOut: bigint
  readonly ledger: readonly Payout[]
}

export interface EpochInput {
  readonly span: Span
  /** Entries of the log that it owns; the record becomes entry `endIndex`. */
  readonly firstIndex: number
  readonly endIndex: number
  /** Every device that was active in it or is owed usage, in any order. */
  readonly devices: readonly DeviceEpoch[]
  readonly usage: Usage
  /** The released rows that belong to it, by key. */
  readonly aggregates: readonly RowHash[]
  /** `undefined` for the first one. */
  readonly before: Before | undefined
}

export interface ClosedEpoch {
  /** COSE bytes of the record. */
  readonly record: Uint8Array
  readonly json: EpochJson
  /** Texts of the published files. */
  readonly contributions: string
  readonly aggregates: string
  readonly rewards: string
  readonly carryOut: bigint
  readonly ledger: readonly Payout[]
}

/** Closes an epoch. What cannot be, such as an epoch without a second, is a bug. */
export function closeEpoch(terms: EpochTerms, input: EpochInput): ClosedEpoch {
  const { span, firstIndex, endIndex, before } = input
  const { network, gateway, token } = terms
  const n = (before?.n ?? 0) + 1
  const { rows, money, paid } = settle({
    n,
    span,
    devices: input.devices,
    usage: input.usage,
    perHour: terms.perHour,
    carryIn: before?.carryOut ?? 0n,
    paysSimulated: token === testToken,
  })
  const ledger = addPayouts(before?.ledger ?? [], rows, token)
  const id = `${network}/${deviceIdOf(gateway.publicKey)}/${n}`
  const rewards = rewardsFile(id, { epoch: n, from: span.from, to: span.to }, ledger)
  const fields: EpochFields = {
    network,
    n,
    ...span,
    firstIndex,
    endIndex,
    contribRoot: contribRoot(rows),
    contribCount: rows.length,
    aggRoot: aggregateRoot(input.aggregates),
    aggCount: input.aggregates.length,
    rewardRoot: fromHex(rewards.root.slice(2))!,
    paid,
    previous: before === undefined ? noPreviousRecord() : leafHash(before.record),
    ruleset: rulesetHash(),
    money,
  }
  const record = encodeEpoch(fields, gateway)
  return {
    record,
    json: epochJson(fields, record),
    contributions: linesOf(rows.map(formatRow)),
    aggregates: linesOf(input.aggregates.map(formatRowHash)),
    rewards: `${canonicalJson(rewards)}\n`,
    carryOut: money.carryOut,
    ledger,
  }
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

/**
 * One epoch from what its devices did to rows and money (PROTOCOL 6.3, 6.5). Pure: the same entries,
 * rates and sales give the same bytes, whenever and however often it is done.
 */
import { toHex } from '../bytes.js'
import { cellParent } from '../device/cell.js'
import { assert } from '../failure.js'
import type { EpochMoney } from '../log/epoch.js'
import { type Score, scoreDevices } from './score.js'
import { poolFor, type Share, shareOut } from './shares.js'
import { expectedMessages, type Span } from './slots.js'
import { type ContributionRow, rowCellResolution } from './statement.js'
import type { DeviceEpoch } from './tally.js'
import type { Usage } from './usage.js'

export interface SettlementInput {
  /** Number of the epoch, from 1. */
  readonly n: number
  readonly span: Span
  /** Every device that was active in the epoch or is owed usage, in any order. */
  readonly devices: readonly DeviceEpoch[]
  readonly usage: Usage
  /** `rewards.perHour`, base units. */
  readonly perHour: bigint
  /** carryOut of the epoch before; 0 for the first. */
  readonly carryIn: bigint
  /** Whether simulated devices earn: only in the test token. */
  readonly paysSimulated: boolean
}

export interface Settlement {
  /** By device id. */
  readonly rows: readonly ContributionRow[]
  readonly money: EpochMoney
  /** Sum of all rows. */
  readonly paid: bigint
}

/** Settles an epoch. */
export function settle(input: SettlementInput): Settlement {
  const devices = input.devices.toSorted((a, b) => (a.terms.device < b.terms.device ? -1 : 1))
  const { usageIn, owed } = input.usage
  const known = new Set(devices.map(({ terms }) => terms.device))
  assert(known.size === devices.length, 'a device has one row')
  assert(
    [...owed.keys()].every((device) => known.has(device)),
    'who is owed usage has a row',
  )
  const scores = scoreDevices(devices, input.paysSimulated)
  const claims = devices.map(({ terms }, i) => ({
    weight: scores[i]!.weight,
    usage: owed.get(terms.device) ?? 0n,
  }))
  const pool = { poolIn: poolFor(input.perHour, input.span), carryIn: input.carryIn, usageIn }
  const { rows, paid, unallocated, carryOut } = shareOut(pool, claims)
  return {
    rows: devices.map((epoch, i) => rowOf(input.n, epoch, scores[i]!, rows[i]!, claims[i]!.usage)),
    money: { ...pool, unallocated, carryOut },
    paid,
  }
}

function rowOf(
  n: number,
  epoch: DeviceEpoch,
  score: Score,
  share: Share,
  usage: bigint,
): ContributionRow {
  const { terms } = epoch
  return {
    accepted: epoch.accepted,
    capped: String(share.capped),
    cell: cellParent(terms.cell, rowCellResolution),
    coverage: String(share.coverage),
    device: terms.device,
    epoch: n,
    expected: expectedMessages(epoch.slotting),
    firstSeq: epoch.firstSeq,
    lastSeq: epoch.lastSeq,
    late: epoch.late,
    m: score.m,
    n: score.n,
    owner: terms.owner,
    paid: String(share.paid),
    qualityBp: score.qualityBp,
    readings: toHex(epoch.readings),
    reasons: reasonsOf(epoch, score),
    rejected: [...epoch.refusals.values()].reduce((sum, count) => sum + count, 0),
    uptimeBp: score.uptimeBp,
    usage: String(usage),
    weight: score.weight,
  }
}

/** Refusals by code and flagged values by flag, those that occurred. */
function reasonsOf({ refusals }: DeviceEpoch, score: Score): Record<string, number> {
  const { spike, flat, near } = score
  const counts = { ...Object.fromEntries(refusals), spike, flat, near }
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

/**
 * The audit of a closed epoch (PROTOCOL 6.3 to 6.5) from what is published, by code that shares
 * nothing with what wrote it but bytes, hashes and encodings. Nothing stops at the first difference:
 * every check that can be made is made.
 */
import { ed25519Verify } from '../crypto.js'
import type { VerifySignature } from '../device/message.js'
import { verifyEpoch } from '../log/epoch.js'
import { accept, type Result, refuse } from '../verdict.js'
import { auditAggregates } from './aggregates.js'
import { auditAmounts, auditPool } from './amounts.js'
import { auditDensity } from './density.js'
import { auditFactors } from './factors.js'
import { type CheckName, type CheckReport, type Outcome, reportOf } from './finding.js'
import { auditLedger, paysTestToken } from './ledger.js'
import {
  auditChain,
  auditRecord,
  auditRuleset,
  auditSignature,
  type ReadRecord,
  readRecord,
} from './record.js'
import { type AuditPayout, auditRewards, readRewards, rewardsFileName } from './rewards.js'
import { auditRows } from './rows.js'

/** The published files of an epoch as they are served. */
export interface EpochTexts {
  readonly record: string
  readonly contributions: string
  readonly aggregates: string
  readonly rewards: string
}

/** What an audited epoch leaves for the next one. */
export interface AuditedBefore {
  readonly record: ReadRecord
  /** `undefined` where its claim file was not there or cannot be read. */
  readonly tree: readonly AuditPayout[] | undefined
}

export interface AuditQuestion {
  /** The epoch that is asked for. */
  readonly n: number
  readonly texts: EpochTexts
  /** `undefined` for the first epoch, or where the one before is not there. */
  readonly before: AuditedBefore | undefined
  readonly gatewayKey: Uint8Array
  /** Network and gateway id that it must be; what the record says where absent. */
  readonly network?: string | undefined
  readonly gateway?: string | undefined
  /** `rewards.perHour`, where it is known from elsewhere. */
  readonly perHour?: bigint | undefined
  readonly verify?: VerifySignature
}

export interface EpochAudit {
  readonly n: number
  readonly checks: readonly CheckReport[]
  /** For the next epoch; `undefined` where the record cannot be read. */
  readonly after: AuditedBefore | undefined
}

export function auditEpoch(question: AuditQuestion): EpochAudit {
  const { n, texts } = question
  const file = `${n}.json`
  const read = readRecord(texts.record)
  if (!read.ok) {
    const outcome = { detail: '', findings: [`${file}: ${read.detail}`] }
    return { n, checks: [reportOf('record', outcome)], after: undefined }
  }
  const { key, verify } = { key: question.gatewayKey, verify: question.verify ?? ed25519Verify }
  const checks: CheckReport[] = []
  const add = (check: CheckName, outcome: Outcome): void => {
    checks.push(reportOf(check, outcome))
  }
  const { network, gateway } = question
  add('record', auditRecord(file, n, read.value))
  add('signature', auditSignature(file, read.value, { key, network, gateway }, verify))
  add('chain', auditChain(file, read.value, question.before?.record))
  add('ruleset', auditRuleset(file, read.value))
  const tree = auditFiles(question, read.value, add)
  return { n, checks, after: { record: read.value, tree } }
}

/**
 * The epoch before the first one of an audit: its record must be signed by the gateway, and its
 * claims, where they are at hand, must be those under the record.
 */
export function readBefore(
  { record, rewards }: { record: string; rewards: string | undefined },
  gatewayKey: Uint8Array,
  verify: VerifySignature,
): Result<AuditedBefore> {
  const read = readRecord(record)
  if (!read.ok) return read
  const signed = verifyEpoch(read.value.record, gatewayKey, verify)
  if (!signed.ok) return signed
  if (rewards === undefined) return accept({ record: read.value, tree: undefined })
  const file = readRewards(rewards)
  if (!file.ok) return refuse(file.reason, `${rewardsFileName}: ${file.detail}`)
  const { findings } = auditRewards(file.value, read.value.record, gatewayKey)
  return findings[0] === undefined
    ? accept({ record: read.value, tree: file.value.tree })
    : refuse('malformed', findings[0])
}

/** Rows, money, released rows and claims; returns the claims. */
function auditFiles(
  { texts, before, gatewayKey, perHour, n }: AuditQuestion,
  { record }: ReadRecord,
  add: (check: CheckName, outcome: Outcome) => void,
): readonly AuditPayout[] | undefined {
  const { rows, isWhole, outcome } = auditRows(texts.contributions, record)
  const rewards = readRewards(texts.rewards)
  const tree = rewards.ok ? rewards.value.tree : undefined
  const last = n === 1 ? [] : before?.tree
  add('rows', outcome)
  const ofRows = (check: CheckName, audit: () => Outcome): void =>
    add(check, isWhole ? audit() : { skipped: 'rows cannot be read' })
  ofRows('factors', () => auditFactors(rows, record, tree && paysTestToken(tree, last)))
  ofRows('density', () => auditDensity(rows))
  ofRows('amounts', () => auditAmounts(rows, record))
  add('pool', auditPool(record, perHour))
  add('aggregates', auditAggregates(texts.aggregates, record))
  if (!rewards.ok) {
    add('rewards', { detail: '', findings: [`${rewardsFileName}: ${rewards.detail}`] })
    return undefined
  }
  add('rewards', auditRewards(rewards.value, record, gatewayKey))
  ofRows('ledger', () => auditLedger(rewards.value.tree, last, rows))
  return tree
}

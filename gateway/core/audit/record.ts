/** The record of an epoch: its form, the JSON beside it, who signed it, and the one before it. */
import { equal, fromB64u, toB64u, toHex, utf8 } from '../bytes.js'
import { sha256 } from '../crypto.js'
import { deviceIdOf, kidOf } from '../device/key.js'
import type { VerifySignature } from '../device/message.js'
import { messageBytesMax } from '../limits.js'
import { type EpochRecord, parseEpoch, verifyEpoch } from '../log/epoch.js'
import { hashBytes, leafHash } from '../log/tree.js'
import { accept, type Result, refuse } from '../verdict.js'
import { type Checked, differing, type Outcome } from './finding.js'

/** A record and its COSE bytes. */
export interface ReadRecord {
  readonly record: EpochRecord
  readonly bytes: Uint8Array
}

/** The text of PROTOCOL 6.3, claim 14; the hash of it names the ruleset that this auditor knows. */
const rulesetText =
  '{"capBp":2500,"capOwners":10,"lateS":600,"ruleset":1,"slots":12,"validBp":7500}'

/** The record in a published JSON text; its signature is not tried yet. */
export function readRecord(text: string): Result<ReadRecord & { fields: object }> {
  let fields: unknown
  try {
    fields = JSON.parse(text)
  } catch {
    return refuse('malformed', 'it is not JSON')
  }
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    return refuse('malformed', 'it is not an object')
  const { record: encoded } = fields as { record?: unknown }
  if (typeof encoded !== 'string' || encoded.length > 2 * messageBytesMax)
    return refuse('malformed', 'record is missing or not b64u')
  const bytes = fromB64u(encoded)
  if (bytes === undefined) return refuse('malformed', 'record is missing or not b64u')
  const record = parseEpoch(bytes)
  if (!record.ok) return refuse(record.reason, `record: ${record.detail}`)
  return accept({ record: record.value, bytes, fields })
}

/** Number `n`, and each field beside the signed record says what that says. */
export function auditRecord(
  file: string,
  n: number,
  read: ReadRecord & { fields: object },
): Checked {
  const { record, bytes } = read
  const found = read.fields as Record<string, unknown>
  const { poolIn, carryIn, usageIn, unallocated, carryOut } = record.money
  const money = [poolIn, carryIn, usageIn, unallocated, carryOut].map(String)
  const wanted: Record<string, unknown> = {
    v: 1,
    n: record.n,
    from: record.from,
    to: record.to,
    firstIndex: record.firstIndex,
    endIndex: record.endIndex,
    contribRoot: toHex(record.contribRoot),
    contribCount: record.contribCount,
    aggRoot: toHex(record.aggRoot),
    aggCount: record.aggCount,
    rewardRoot: `0x${toHex(record.rewardRoot)}`,
    paid: String(record.paid),
    record: toB64u(bytes),
  }
  const names = new Set([...Object.keys(wanted), 'money', ...Object.keys(found)])
  const pairs = [...names].map((name): [string, unknown, unknown] =>
    name === 'money'
      ? [name, JSON.stringify(found.money), JSON.stringify(money)]
      : [name, found[name], wanted[name]],
  )
  return {
    detail: `epoch ${record.n}, entries ${record.firstIndex} to ${record.endIndex}`,
    findings: [...differing(file, [['n', record.n, n]]), ...differing(file, pairs)],
  }
}

/** Signed with this key, for this network, by the gateway that was asked for. */
export function auditSignature(
  file: string,
  { record }: ReadRecord,
  asked: { key: Uint8Array; network: string | undefined; gateway: string | undefined },
  verify: VerifySignature,
): Checked {
  const id = deviceIdOf(asked.key)
  const findings: string[] = []
  if (asked.gateway !== undefined && asked.gateway !== id)
    findings.push(`the key is of gateway ${id}, not of ${asked.gateway}`)
  if (asked.network !== undefined && asked.network !== record.network)
    findings.push(`${file}: record is of network ${record.network}, not ${asked.network}`)
  if (!equal(record.opened.header.kid, kidOf(asked.key)))
    findings.push(`${file}: record names another key than that of gateway ${id}`)
  else {
    const signed = verifyEpoch(record, asked.key, verify)
    if (!signed.ok) findings.push(`${file}: record: ${signed.detail}`)
  }
  const how = asked.gateway === undefined ? 'as the source says' : 'as asked for'
  return { detail: `signed by ${id}, ${how}`, findings }
}

/** The record continues the one before; the first one continues nothing. */
export function auditChain(
  file: string,
  read: ReadRecord,
  before: ReadRecord | undefined,
): Outcome {
  const { record } = read
  if (record.n === 1) {
    const zero = '00'.repeat(hashBytes)
    return {
      detail: 'the first record, with nothing before it',
      findings: differing(file, [
        ['previous', toHex(record.previous), zero],
        ['firstIndex', record.firstIndex, 0],
        ['carryIn', record.money.carryIn, 0n],
      ]),
    }
  }
  if (before === undefined) return { skipped: `the record of epoch ${record.n - 1} is not here` }
  const last = before.record
  const findings = differing(file, [
    ['network', record.network, last.network],
    ['n', record.n, last.n + 1],
    ['from', record.from, last.to],
    ['firstIndex', record.firstIndex, last.endIndex],
    ['previous', toHex(record.previous), toHex(leafHash(before.bytes))],
    ['carryIn', record.money.carryIn, last.money.carryOut],
  ])
  if (record.endIndex <= last.endIndex)
    findings.push(`${file}: endIndex is ${record.endIndex}: it does not own the record before`)
  return { detail: `continues epoch ${last.n}`, findings }
}

/** The ruleset is the one that this auditor knows. */
export function auditRuleset(file: string, { record }: ReadRecord): Checked {
  const wanted = toHex(sha256(utf8(rulesetText)))
  return {
    detail: 'ruleset 1',
    findings: differing(file, [['ruleset', toHex(record.ruleset), wanted]]),
  }
}

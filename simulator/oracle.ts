/**
 * After a run: does the gateway hold exactly what it acknowledged, and did every fault get the
 * reason that it must get? Asks over HTTP, as anybody with the operator's token could.
 */
import type { Verdict } from '../gateway/core/verdict.js'
import type { Crew, Member } from './crew.js'
import {
  compareMessages,
  comparePoints,
  compareVerdicts,
  type Difference,
  type Expected,
  expectationOf,
} from './expectation.js'
import { faults } from './faults.js'
import { callsMax, differencesMax, settleMsMax } from './limits.js'
import type { OperatorApi } from './operator.js'
import { isAcknowledged } from './outbox.js'

export interface FaultResult {
  name: string
  expect: Verdict
  sent: number
  /** Got what they must get. */
  right: number
  /** Neither PUBACK nor verdict came before the run ended. */
  unanswered: number
}

export interface Audit {
  /** False: nobody could be asked what is stored, so only the verdicts were compared. */
  stored: boolean
  devices: number
  messages: number
  points: number
  /** Sent, and nobody answered for them: they may be there or not. */
  unanswered: number
  /** Messages of a long run that were no longer remembered. */
  notCompared: number
  faults: FaultResult[]
  /** At most 50; `differenceCount` counts all. */
  differences: Difference[]
  differenceCount: number
}

/**
 * Compares verdicts, and with an operator's side at hand what is stored. Rejects with a `Failure`
 * where the gateway does not answer.
 */
export async function audit(crew: Crew): Promise<Audit> {
  const { operator } = crew.options
  if (operator) await settled(operator, crew)
  const result: Audit = {
    stored: operator !== undefined,
    devices: 0,
    messages: 0,
    points: 0,
    unanswered: 0,
    notCompared: 0,
    faults: faultResults(crew),
    differences: [],
    differenceCount: 0,
  }
  const add = (differences: readonly Difference[]): void => {
    result.differenceCount += differences.length
    result.differences.push(...differences.slice(0, differencesMax - result.differences.length))
  }
  add(crew.strays.map((detail) => ({ device: '', kind: 'stray answer', detail })))
  const waiting = [...crew.members]
  const work = async (): Promise<void> => {
    for (let member = waiting.pop(); member; member = waiting.pop())
      await auditMember(operator, member, result, add)
  }
  await Promise.all(Array.from({ length: callsMax }, work))
  return result
}

async function auditMember(
  operator: OperatorApi | undefined,
  member: Member,
  result: Audit,
  add: (differences: readonly Difference[]) => void,
): Promise<void> {
  const { device, ledger, firstSeq, hadHistory } = member
  const { items, dropped } = ledger
  const isWhole = !hadHistory && dropped === 0
  const expected = expectationOf(
    device.id,
    dropped === 0 ? firstSeq : items[0]!.seq,
    items,
    isWhole,
  )
  result.devices++
  result.notCompared += dropped
  result.unanswered += items.filter((item) => !item.judged && item.verdict === undefined).length
  result.messages += expected.must.size
  add(compareVerdicts(device.id, items))
  if (items.length === 0 || operator === undefined) return
  add(compareMessages(expected, await operator.messages(device.id, expected.from, expected.to)))
  await auditPoints(operator, expected, result, add)
}

async function auditPoints(
  operator: OperatorApi,
  expected: Expected,
  result: Audit,
  add: (differences: readonly Difference[]) => void,
): Promise<void> {
  for (const [metric, series] of expected.points) {
    let from = Number.POSITIVE_INFINITY
    let to = Number.NEGATIVE_INFINITY
    for (const time of series.keys()) {
      from = Math.min(from, time)
      to = Math.max(to, time)
    }
    result.points += series.size
    add(
      comparePoints(expected, metric, await operator.points(expected.device, metric, from, to + 1)),
    )
  }
}

/** Waits until the series holds what the journal holds. */
async function settled(operator: OperatorApi, crew: Crew): Promise<void> {
  const end = crew.now() + settleMsMax
  while ((await operator.lagRecords()) > 0 && crew.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 100))
}

/** By fault: how many were sent, and how many got what they must get. */
export function faultResults(crew: Crew): FaultResult[] {
  const results = new Map<string, FaultResult>()
  for (const { ledger } of crew.members) {
    for (const item of ledger.items) {
      if (item.fault === undefined) continue
      const { expect } = faults[item.fault]!
      const result = results.get(item.fault) ?? {
        name: item.fault,
        expect,
        sent: 0,
        right: 0,
        unanswered: 0,
      }
      results.set(item.fault, result)
      result.sent++
      if (item.verdict === undefined && !item.judged) result.unanswered++
      else if (expect === 'accepted' ? isAcknowledged(item) : item.verdict === expect)
        result.right++
    }
  }
  return [...results.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The table that a person reads at the end. */
export function auditTable(audit: Audit): string {
  const rows = audit.faults.map(({ name, expect, sent, right, unanswered }) => [
    name,
    expect,
    `${sent}`,
    `${right}`,
    `${sent - right - unanswered}`,
    `${unanswered}`,
  ])
  const lines =
    rows.length > 0 ? table(['fault', 'must be', 'sent', 'right', 'wrong', 'open'], rows) : []
  lines.push(
    `compared: ${audit.devices} devices, ${audit.messages} acknowledged messages` +
      (audit.stored ? `, ${audit.points} points` : '') +
      (audit.unanswered > 0 ? `; ${audit.unanswered} messages were never answered` : '') +
      (audit.notCompared > 0 ? `; ${audit.notCompared} older messages not compared` : ''),
  )
  for (const { device, kind, detail } of audit.differences)
    lines.push(`  ${kind}${device ? ` ${device}` : ''}: ${detail}`)
  const more = audit.differenceCount - audit.differences.length
  if (more > 0) lines.push(`  and ${more} more`)
  lines.push(conclusion(audit))
  return lines.join('\n')
}

function conclusion({ differenceCount, stored }: Audit): string {
  if (differenceCount > 0) return `${differenceCount} differences`
  return stored
    ? 'the gateway holds exactly what it acknowledged'
    : 'every verdict is as it must be; what is stored was not compared (--data-dir, or --url and --token)'
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, at) => Math.max(...all.map((row) => row[at]!.length)))
  return all.map((row) =>
    row
      .map((cell, at) =>
        /^\d+$/.test(rows[0]?.[at] ?? '') ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
      )
      .join('  ')
      .trimEnd(),
  )
}

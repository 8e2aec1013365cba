/**
 * From one claim file to the next (PROTOCOL 6.4): each owner's amount grows by what its rows pay, in
 * one token; no account disappears, no amount falls.
 */
import type { Outcome } from './finding.js'
import { type AuditPayout, rewardsFileName } from './rewards.js'
import type { AuditRow } from './row.js'

const zeroAddress = `0x${'0'.repeat(40)}`

/** `before`: the tree of the epoch before, empty for the first; `undefined` where it is not here. */
export function auditLedger(
  tree: readonly AuditPayout[],
  before: readonly AuditPayout[] | undefined,
  rows: readonly AuditRow[],
): Outcome {
  const findings: string[] = []
  const now = byName(tree)
  if (now.size !== tree.length) findings.push(`${rewardsFileName}: an account stands twice`)
  if (before === undefined)
    return findings.length > 0
      ? { detail: '', findings }
      : { skipped: `${rewardsFileName} of the epoch before is not here` }
  const gained = new Map<string, bigint>()
  const tokens = new Set<string>()
  const was = byName(before)
  for (const [name, { account, token, cumulative }] of now) {
    const growth = cumulative - (was.get(name)?.cumulative ?? 0n)
    if (growth < 0n)
      findings.push(`${rewardsFileName}: the amount of ${account} fell by ${-growth}`)
    if (growth <= 0n) continue
    gained.set(account, (gained.get(account) ?? 0n) + growth)
    tokens.add(token)
  }
  for (const [name, { account }] of was)
    if (!now.has(name)) findings.push(`${rewardsFileName}: account ${account} has disappeared`)
  if (tokens.size > 1) findings.push(`${rewardsFileName}: two tokens were paid in one epoch`)
  findings.push(...unlikeRows(gained, rows))
  return { detail: `${gained.size} owners gained what their rows pay`, findings }
}

function unlikeRows(gained: ReadonlyMap<string, bigint>, rows: readonly AuditRow[]): string[] {
  const due = new Map<string, bigint>()
  for (const { owner, money } of rows) due.set(owner, (due.get(owner) ?? 0n) + money.paid)
  const findings: string[] = []
  for (const owner of new Set([...due.keys(), ...gained.keys()])) {
    const [got, wanted] = [gained.get(owner) ?? 0n, due.get(owner) ?? 0n]
    if (got !== wanted)
      findings.push(`${rewardsFileName}: ${owner} gained ${got}, its rows pay ${wanted}`)
  }
  return findings
}

/** Whether the epoch paid in the test token; `undefined` where nobody gained, or in more than one. */
export function paysTestToken(
  tree: readonly AuditPayout[],
  before: readonly AuditPayout[] | undefined,
): boolean | undefined {
  if (before === undefined) return undefined
  const was = byName(before)
  const grown = tree.filter(
    (payout) => payout.cumulative > (was.get(nameOf(payout))?.cumulative ?? 0n),
  )
  const tokens = new Set(grown.map(({ token }) => token))
  return tokens.size === 1 ? tokens.has(zeroAddress) : undefined
}

function byName(tree: readonly AuditPayout[]): Map<string, AuditPayout> {
  return new Map(tree.map((payout) => [nameOf(payout), payout]))
}

function nameOf({ account, token }: AuditPayout): string {
  return `${account} ${token}`
}

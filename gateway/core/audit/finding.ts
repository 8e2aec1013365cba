/** What an audit says: one outcome for each check, and under it everything that differs. */

export type CheckName =
  | 'record'
  | 'signature'
  | 'chain'
  | 'ruleset'
  | 'rows'
  | 'factors'
  | 'density'
  | 'amounts'
  | 'pool'
  | 'aggregates'
  | 'rewards'
  | 'ledger'
  | 'log'

/** `findings` is empty where the check holds; each names the file, the place and both values. */
export interface Checked {
  readonly detail: string
  readonly findings: readonly string[]
}

/** A check that could not be made, and why. */
export interface Skipped {
  readonly skipped: string
}

export type Outcome = Checked | Skipped

export interface CheckReport {
  readonly check: CheckName
  readonly state: 'ok' | 'bad' | 'skipped'
  readonly detail: string
  readonly findings: readonly string[]
}

export function reportOf(check: CheckName, outcome: Outcome): CheckReport {
  if ('skipped' in outcome)
    return { check, state: 'skipped', detail: outcome.skipped, findings: [] }
  const { detail, findings } = outcome
  return { check, state: findings.length === 0 ? 'ok' : 'bad', detail, findings }
}

/** `where: name is A, not B` for each name whose two values differ. */
export function differing(
  where: string,
  pairs: readonly (readonly [name: string, is: unknown, wanted: unknown])[],
): string[] {
  return pairs.flatMap(([name, is, wanted]) =>
    is === wanted ? [] : [`${where}: ${name} is ${shown(is)}, not ${shown(wanted)}`],
  )
}

/** A value on one line, short enough to read. */
function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'missing')
  return text.length > 100 ? `${text.slice(0, 97)}...` : text
}

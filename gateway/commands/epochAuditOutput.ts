/** How an audit is shown. */
import { stripControls } from '../adapters/system/text.js'
import type { EpochAudit } from '../core/audit/epoch.js'
import type { CheckReport } from '../core/audit/finding.js'
import { auditShownMax } from '../core/limits.js'
import { formatInstant } from '../core/time.js'
import { paint, print } from './output.js'

const marks = {
  ok: (): string => paint('green', 'ok '),
  bad: (): string => paint('red', 'BAD'),
  skipped: (): string => paint('yellow', '-- '),
}

/** Every check of an epoch, or one line where it is one of many and all is well. */
export function showAudit({ n, checks, after }: EpochAudit, isOne: boolean): void {
  const isGood = checks.every(({ state }) => state !== 'bad')
  const span = after === undefined ? '' : spanOf(after.record.record)
  const skipped = checks.filter(({ state }) => state === 'skipped')
  if (isGood && !isOne) {
    const amounts = checks.find(({ check }) => check === 'amounts')
    const left = skipped.map(({ check }) => check).join(', ')
    const note = left === '' ? '' : paint('yellow', `; not checked: ${left}`)
    print(`${marks.ok()}  epoch ${n}${span}: ${amounts?.detail ?? ''}${note}`)
    return
  }
  print(`epoch ${n}${span}`)
  for (const report of checks) showCheck(report)
  if (isGood && skipped.length === 0) print('\nEverything that is published of it agrees.')
}

export function showLog(report: CheckReport): void {
  showCheck(report)
}

function showCheck({ check, state, detail, findings }: CheckReport): void {
  const shown = findings.slice(0, auditShownMax)
  print(`${marks[state]()}  ${check.padEnd(10)}  ${state === 'bad' ? '' : detail}`.trimEnd())
  for (const finding of shown) print(`       ${stripControls(finding)}`)
  const more = findings.length - shown.length
  if (more > 0) print(`       and ${more} more; --json lists them`)
}

function spanOf({ from, to }: { from: number; to: number }): string {
  return `, ${formatInstant(from)} to ${formatInstant(to)}`
}

/** For `--json`. */
export function summaryOf(
  gateway: string,
  place: string,
  audits: readonly EpochAudit[],
  growth: CheckReport | undefined,
): object {
  const isGood = (checks: readonly CheckReport[]): boolean =>
    checks.every(({ state }) => state !== 'bad')
  const epochs = audits.map(({ n, checks }) => ({ n, ok: isGood(checks), checks }))
  const log = growth === undefined ? {} : { log: growth }
  const ok = epochs.every((epoch) => epoch.ok) && growth?.state !== 'bad'
  return { ok, gateway, place, epochs, ...log }
}

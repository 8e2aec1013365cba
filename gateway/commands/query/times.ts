import { Failure } from '../../core/failure.js'
import { formatInstant } from '../../core/time.js'

export interface TimeOptions {
  from?: number
  to?: number
}

/** `--from` and `--to` as a query has them. Throws Failure('usage') where one is missing. */
export function timesOf({ from, to }: TimeOptions): { from: string; to: string } {
  if (from === undefined || to === undefined)
    throw new Failure('usage', '--from and --to: expected two times, such as 2026-11-21')
  if (from >= to) throw new Failure('usage', '--from must be before --to')
  return { from: formatInstant(from), to: formatInstant(to) }
}

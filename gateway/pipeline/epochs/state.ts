/** Where the epochs stand: what the newest closed one left, and what a crash left of it. */
import { equal, fromB64u } from '../../core/bytes.js'
import { Failure } from '../../core/failure.js'
import { parseAmount } from '../../core/log/amount.js'
import type { Before } from '../../core/rewards/closing.js'
import { ledgerOf } from '../../core/rewards/ledger.js'
import type { Clock } from '../../ports/clock.js'
import type { Journal } from '../../ports/journal.js'
import type { SettlementStore } from '../../ports/settlements.js'
import type { ContributionLog } from '../contributionLog.js'

/** What the next epoch begins with. */
export interface EpochState {
  before: Before | undefined
  /** End of the epoch before, or the first start. */
  from: number
  firstIndex: number
  intervals: ReadonlyMap<string, number>
  /** Records of the ledger of credits that are counted. */
  sold: number
}

export interface StateParts {
  store: SettlementStore
  journal: Pick<Journal, 'read'>
  log: Pick<ContributionLog, 'size' | 'append'>
  clock: Clock
}

/** Rejects with Failure('data') where the newest epoch is damaged. */
export async function loadState({ store, clock, log }: StateParts): Promise<EpochState> {
  const begin = await store.begin(Math.floor(clock.now() / 1_000))
  const newest = await store.last()
  if (newest === undefined)
    return { before: undefined, from: begin, firstIndex: 0, intervals: new Map(), sold: 0 }
  const { record, rewards } = newest
  const ledger = ledgerOf(rewards)
  const bytes = fromB64u(record.record)
  const carryOut = parseAmount(record.money[4])
  if (ledger === undefined || bytes === undefined || carryOut === undefined)
    throw new Failure('data', `epoch ${record.n} is damaged: restore the newest backup`)
  return {
    before: { record: bytes, n: record.n, carryOut, ledger },
    from: record.to,
    // Entries below the end of a lost epoch were counted in it, or went with its log.
    firstIndex: store.isLost(record.n) ? Math.min(record.endIndex, log.size) : record.endIndex,
    intervals: new Map(Object.entries(newest.private.intervals)),
    sold: newest.private.sold ?? 0,
  }
}

/**
 * The newest records may be saved and not in the log yet: they go there before anything else. Rejects
 * with Failure('data') where log and settlements are not of one gateway's life.
 */
export async function finishInterrupted(parts: StateParts, { before }: EpochState): Promise<void> {
  const { store, journal, log } = parts
  if (before === undefined) return
  const missing: { endIndex: number; bytes: Uint8Array }[] = []
  for (let n = before.n; n >= 1 && !store.isLost(n); n--) {
    const { record, endIndex } = (await store.loadRecord(n))!
    const bytes = fromB64u(record)!
    if (endIndex >= log.size) {
      missing.unshift({ endIndex, bytes })
      continue
    }
    const entry = await journal.read(endIndex)
    if (entry?.bytes && equal(entry.bytes, bytes)) break
    throw mixed(n, endIndex)
  }
  const [first] = missing
  if (first === undefined) return
  // Only a crash leaves a record without its entry, and then the entry's place is the next one.
  if (first.endIndex !== log.size) throw mixed(before.n, first.endIndex)
  await log.append(missing.map(({ bytes }) => ({ kind: 'ep' as const, bytes })))
}

function mixed(n: number, index: number): Failure {
  return new Failure(
    'data',
    `entry ${index} of the log is not the record of epoch ${n}: the data directory holds parts of ` +
      'two; restore the newest backup',
  )
}

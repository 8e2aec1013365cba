/** One cut of the log: the last entries of an epoch are tallied, and its record takes the next place. */

import type { Registry } from '../../core/device/registry.js'
import type { RowHash } from '../../core/privacy/rowHash.js'
import { type ClosedEpoch, closeEpoch, type EpochTerms } from '../../core/rewards/closing.js'
import type { Span } from '../../core/rewards/slots.js'
import { type SaleTerms, type Usage, usageOf } from '../../core/rewards/usage.js'
import type { Sales } from '../../ports/sales.js'
import type { SavedEpoch, SettlementStore } from '../../ports/settlements.js'
import type { ContributionLog } from '../contributionLog.js'
import type { Releases } from '../release.js'
import { createEpochReader, type EpochReaderParts } from './reader.js'
import type { EpochRefusals } from './refusals.js'
import type { EpochState } from './state.js'

/** Entries left to the cut, during which nothing else is appended: some milliseconds of reading. */
const cutEntriesMax = 256

const noUsage: Usage = { usageIn: 0n, owed: new Map() }

export interface CutParts extends EpochReaderParts {
  terms: EpochTerms
  releases: Pick<Releases, 'drawBefore' | 'hashesOf' | 'salesOf'>
  sales: Sales
  saleTerms: SaleTerms
  log: ContributionLog
  store: SettlementStore
}

/**
 * Closes epochs in a row with one cut: all but the first own nothing but the record before. Resolves
 * once they are saved and their records are in the log. A rejection leaves the log unable to go on.
 */
export async function closeSpans(
  parts: CutParts,
  state: EpochState,
  spans: readonly Span[],
  refusals: EpochRefusals,
): Promise<{ state: EpochState; made: readonly SavedEpoch[] }> {
  const { log, store } = parts
  const reader = createEpochReader(parts, spans[0]!, state.firstIndex, state.intervals)
  for (let at = state.firstIndex; log.size - at > cutEntriesMax; ) {
    at = log.size
    await reader.readTo(at)
  }
  // Whatever is published before an epoch ends belongs to it.
  await parts.releases.drawBefore(spans.at(-1)!.to)
  const { usage, sold } = await usageSince(parts, state.sold)
  const hashes: RowHash[][] = []
  for (const span of spans) hashes.push(await parts.releases.hashesOf(span))
  const made: SavedEpoch[] = []
  let next = state
  await log.cut(spans.length, async (size) => {
    const records: Uint8Array[] = []
    await reader.readTo(size)
    for (const [i, span] of spans.entries()) {
      const { firstIndex, intervals, before } = next
      const devices = i === 0 ? reader : createEpochReader(parts, span, firstIndex, intervals)
      const closed = closeEpoch(parts.terms, {
        span,
        firstIndex,
        endIndex: size + i,
        devices: await (i === 0
          ? devices.finish(refusals.take(), usage.owed.keys())
          : devices.finish({}, [])),
        usage: i === 0 ? usage : noUsage,
        aggregates: hashes[i]!,
        before,
      })
      next = stateAfter(closed, span, size + i, activeIntervals(parts.registry), sold)
      made.push(savedOf(closed, next))
      records.push(closed.record)
    }
    await store.save(made)
    return records.map((bytes) => ({ kind: 'ep' as const, bytes }))
  })
  return { state: next, made }
}

/** What was sold and is in no epoch yet; all of it goes into the first that is closed. */
async function usageSince(
  { releases, sales, saleTerms }: CutParts,
  counted: number,
): Promise<{ usage: Usage; sold: number }> {
  const sold = sales.size
  // A ledger that is shorter than what was counted is that of a backup: what it lost was paid for.
  const from = Math.min(counted, sold)
  const usage = usageOf(await releases.salesOf(sales.scan(from, sold)), saleTerms)
  return { usage, sold }
}

function stateAfter(
  { record, json, carryOut, ledger }: ClosedEpoch,
  { to }: Span,
  firstIndex: number,
  intervals: ReadonlyMap<string, number>,
  sold: number,
): EpochState {
  const before = { record, n: json.n, carryOut, ledger }
  return { before, from: to, firstIndex, intervals, sold }
}

function savedOf(closed: ClosedEpoch, { intervals, sold }: EpochState): SavedEpoch {
  const { json, contributions, aggregates, rewards } = closed
  const hidden = { intervals: Object.fromEntries(intervals), sold }
  return { record: json, contributions, aggregates, rewards, private: hidden }
}

/** Seconds between readings of everyone who is active now. */
function activeIntervals(registry: Registry): ReadonlyMap<string, number> {
  const active = [...registry.devices()].filter(({ state }) => state === 'active')
  return new Map(active.map(({ id, intervalSec }) => [id, intervalSec]))
}

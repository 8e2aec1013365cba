/**
 * The ledger of credits over its log: decides, then appends; what was decided counts at once for
 * whoever comes next, and nobody is told before it is durable. So two requests never spend one credit.
 */
import { toB64u, utf8 } from '../core/bytes.js'
import { sha256 } from '../core/crypto.js'
import { assert, Failure } from '../core/failure.js'
import { ledgerSnapshotRecords } from '../core/limits.js'
import { Ledger, type LedgerState } from '../core/market/ledger.js'
import {
  type ChargeRecord,
  formatLedgerRecord,
  type LedgerRecord,
  parseLedgerRecord,
} from '../core/market/record.js'
import type { Problem } from '../core/query/problem.js'
import type { Clock } from '../ports/clock.js'
import type { LogRecord, RecordLog } from '../ports/records.js'
import type { SnapshotStore } from '../ports/registry.js'
import type { Sales, SoldRows } from '../ports/sales.js'

export interface CreditsParts {
  log: RecordLog
  snapshots: SnapshotStore
  clock: Clock
  /** Told where a snapshot could not be written: the next start takes longer. */
  report(error: unknown): void
}

export interface Credits extends Sales {
  readonly ledger: Omit<Ledger, 'apply'>
  /**
   * Applies a record at once, or says why it cannot follow. Otherwise resolves once it is durable.
   */
  append(record: LedgerRecord): Promise<Problem | undefined>
  /** Writes the snapshot. Call before the log is closed. */
  close(): Promise<void>
}

/** Reads the snapshot and the records behind it. Rejects with Failure('data') where one is damaged. */
export async function openCredits(parts: CreditsParts): Promise<Credits> {
  const { log, snapshots, clock } = parts
  const ledger = await fold(log, await snapshots.load())
  let saved = ledger.records
  let saving: Promise<void> | undefined

  async function snapshot(): Promise<void> {
    const state = ledger.save()
    const entries = state.records
    if (entries === saved || log.size < entries) return
    const last = await textOf(log, entries - 1)
    const kept = { ...state, last: hashOf(last) }
    await snapshots.save(entries, utf8(JSON.stringify(kept)))
    saved = entries
  }

  function snapshotSoon(): void {
    if (ledger.records - saved < ledgerSnapshotRecords || saving !== undefined) return
    saving = snapshot()
      .catch(parts.report)
      .finally(() => {
        saving = undefined
      })
  }

  return {
    ledger,
    get size() {
      return log.size
    },
    async append(record) {
      const fault = ledger.faultOf(record)
      if (fault !== undefined) return fault.problem
      ledger.apply(record, clock.now())
      // Applied in the order of the calls, which is the order of the log.
      await log.append([formatLedgerRecord(record)])
      snapshotSoon()
      return undefined
    },
    async *scan(from, to) {
      for await (const entry of log.scan(from, to)) {
        const record = recordOf(entry)
        if (record.kind === 'charge') yield* soldIn(record)
      }
    },
    async close() {
      await saving
      await snapshot().catch(parts.report)
    },
  }
}

/** What a charge sold. Cells of which every row was withheld brought nothing. */
function soldIn({ metric, step, price, cost, rows }: ChargeRecord): SoldRows[] {
  const sold = rows
    .filter(([, , , count]) => count > 0)
    .map(([cell, first, last, count]) => ({ metric, cell, step, first, last, price, rows: count }))
  const sum = sold.reduce((total, one) => total + one.price * one.rows, 0)
  assert(sum === cost, 'what was charged is what the rows cost')
  return sold
}

async function fold(
  log: RecordLog,
  stored: Awaited<ReturnType<SnapshotStore['load']>>,
): Promise<Ledger> {
  const ledger = (await restored(log, stored)) ?? new Ledger()
  for await (const entry of log.scan(ledger.records)) {
    const record = recordOf(entry)
    const fault = ledger.faultOf(record)
    if (fault !== undefined) throw damaged(entry.index, fault.problem.detail)
    ledger.apply(record, entry.atMs)
  }
  return ledger
}

/** A snapshot is used only where the log still holds the record that it ends with. */
async function restored(
  log: RecordLog,
  stored: Awaited<ReturnType<SnapshotStore['load']>>,
): Promise<Ledger | undefined> {
  if (stored === undefined || stored.entries < 1 || stored.entries > log.size) return undefined
  const state = JSON.parse(new TextDecoder().decode(stored.state)) as LedgerState & { last: string }
  const last = await textOf(log, stored.entries - 1)
  return state.records === stored.entries && state.last === hashOf(last)
    ? Ledger.restore(state)
    : undefined
}

async function textOf(log: RecordLog, index: number): Promise<string> {
  for await (const { text } of log.scan(index, index + 1)) return text
  throw damaged(index, 'it is missing')
}

function hashOf(text: string): string {
  return toB64u(sha256(utf8(text)))
}

function recordOf({ index, text }: LogRecord): LedgerRecord {
  const record = parseLedgerRecord(text)
  if (!record.ok) throw damaged(index, record.detail)
  return record.value
}

function damaged(index: number, detail: string): Failure {
  return new Failure(
    'data',
    `record ${index} of the ledger of credits is damaged: ${detail}. Restore the backup`,
  )
}

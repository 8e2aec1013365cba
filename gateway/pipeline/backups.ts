/** A backup each day at its time (UTC). What fell due while the gateway was away is made soon after its start. */
import { messageOf } from '../core/failure.js'
import { backupLookMs, backupRetryMs, backupStartMs } from '../core/limits.js'
import type { BackupMaker, VerifiedBackup } from '../ports/backups.js'
import type { Clock } from '../ports/clock.js'

const dayMs = 86_400_000

export interface BackupParts {
  maker: BackupMaker
  clock: Clock
  /** As they are now: a reload may change them. Time of day in seconds after 00:00 UTC. */
  terms(): { atSec: number; keep: number }
  done(backup: VerifiedBackup): void
  failed(error: unknown): void
  /** Waits in ms, other than those of limits.ts; tests make them short. */
  waits?: { look: number; start: number; retry: number }
}

export interface Backups {
  /** The newest one that was verified. */
  newest(): VerifiedBackup | undefined
  condition(): string[]
  stop(): Promise<void>
}

/** Begins to look at the clock. */
export async function startBackups(parts: BackupParts): Promise<Backups> {
  const { maker, clock, terms } = parts
  const waits = parts.waits ?? { look: backupLookMs, start: backupStartMs, retry: backupRetryMs }
  let newest = await maker.newest()
  let problem: string | undefined
  /** Never before: devices come back all at once after a start, and a full disk stays full. */
  let earliestMs = clock.now() + waits.start
  let running: Promise<void> | undefined
  let stopped = false

  async function make(nowMs: number): Promise<void> {
    try {
      newest = await maker.make(nowMs, terms().keep)
      problem = undefined
      parts.done(newest)
    } catch (error) {
      if (stopped) return
      problem = messageOf(error)
      earliestMs = clock.now() + waits.retry
      parts.failed(error)
    }
  }

  function look(): void {
    const nowMs = clock.now()
    if (running !== undefined || nowMs < earliestMs) return
    if (nowMs < nextBackupMs(newest?.atMs, terms().atSec)) return
    running = make(nowMs).finally(() => {
      running = undefined
    })
  }

  const timer = setInterval(look, waits.look)
  return {
    newest: () => newest,
    condition: () => (problem === undefined ? [] : [`backup: ${problem}`]),
    async stop() {
      stopped = true
      clearInterval(timer)
      await maker.stop()
      await running
    },
  }
}

/** When the next one is due, ms since 1970: the first such time of day after the newest one; at once without one. */
export function nextBackupMs(newestMs: number | undefined, atSec: number): number {
  if (newestMs === undefined) return 0
  const today = Math.floor(newestMs / dayMs) * dayMs + atSec * 1_000
  return today > newestMs ? today : today + dayMs
}

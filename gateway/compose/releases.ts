/** Releases: what leaves the gateway in place of readings. Part of the composition root. */
import { randomFillSync } from 'node:crypto'
import type { Logger } from '../adapters/system/logger.js'
import type { Config } from '../config.js'
import { assert, type Failure } from '../core/failure.js'
import { formatRowKey } from '../core/privacy/rowKey.js'
import { releaseTerms } from '../core/privacy/terms.js'
import type { RandomBytes } from '../core/privacy/uniform.js'
import { openReleaseLedger } from '../pipeline/release/ledger.js'
import { type Mirror, startMirror } from '../pipeline/release/mirror.js'
import { type Releases, startReleases } from '../pipeline/release.js'
import type { Clock } from '../ports/clock.js'
import type { Stores } from './stores.js'

/** Shorter windows are accepted with a warning (PROTOCOL 7.2). */
const quarterSec = 900

export interface ReleasesParts {
  config: Config
  stores: Stores
  clock: Clock
  logger: Logger
  publish(topic: string, text: string): void
  fatal(failure: Failure): void
}

/** Draws what fell due while the gateway was away, then goes on. */
export async function openReleases(parts: ReleasesParts): Promise<Releases> {
  const { config, stores, clock, logger } = parts
  const terms = releaseTerms(config.privacy)
  assert('caps' in terms, 'a configuration that would spend too much was refused')
  if ([...terms.byMetric.values()].some(({ step }) => step < quarterSec))
    logger.warn(
      'privacy.window: rows of a minute show when somebody is there; good for trials only',
    )
  return startReleases({
    journal: stores.journal,
    registry: stores.state.admission.registry,
    ledger: await openReleaseLedger(stores.releases, stores.released),
    rosters: stores.rosters,
    terms,
    beganSec: await stores.epochs.begin(Math.floor(clock.now() / 1_000)),
    clock,
    random: pooledRandom(),
    publish: parts.publish,
    progress: (done) => logger.info(`releasing what fell due: ${done} slots`),
    fatal: parts.fatal,
  })
}

/** Where a database for charts is configured: copies published rows into it. */
export function mirrorReleases(
  { rowStore, releases: records }: Stores,
  releases: Releases,
  logger: Logger,
): Mirror | undefined {
  if (rowStore === undefined) return undefined
  return startMirror({
    records,
    store: rowStore,
    rows: releases.rows,
    publishedSec: () => releases.publishedSec,
    refused: ({ row, error }) =>
      logger.warn(`InfluxDB refuses the released row ${formatRowKey(row)}: ${error}`),
  })
}

/** The system's random source, asked for some kilobytes at a time: coins want a few bytes each. */
function pooledRandom(): RandomBytes {
  const pool = new Uint8Array(4_096)
  let used = pool.length
  return (count) => {
    if (count > pool.length) return randomFillSync(new Uint8Array(count))
    if (used + count > pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const bytes = pool.slice(used, used + count)
    // What was drawn is secret for ever: it does not stay behind.
    pool.fill(0, used, used + count)
    used += count
    return bytes
  }
}

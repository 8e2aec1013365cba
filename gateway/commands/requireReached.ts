/** Lets a restored log go on only where it reaches what others have seen of it (PROTOCOL 6.1). */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readLogRun } from '../adapters/system/logRun.js'
import { readKeyFile } from '../adapters/system/signer.js'
import { stripControls } from '../adapters/system/text.js'
import type { Config } from '../config.js'
import { deviceIdOf } from '../core/device/key.js'
import { Failure } from '../core/failure.js'
import { commandAnswerMsMax } from '../core/limits.js'
import { originOf } from '../core/log/checkpoint.js'
import { askOnlookers, whatStandsAgainst } from '../pipeline/onlookers.js'
import { checkpointName, journalFolder, keyName } from './backupFiles.js'
import { print } from './output.js'
import { onlookersOf } from './restoreOnlookers.js'
import { rootOfJournal, type VerifiedLog } from './verifyLog.js'

export interface ReachOptions {
  /** The operator says that nothing was published after the backup. */
  resume?: boolean
  /** Address or file of a checkpoint to compare with. */
  checkpoint?: string
  json?: boolean
}

const sayWhich = 'say either --resume or --new-log; see "fieldproof restore --help"'

/** Rejects with Failure('usage') where nobody could be asked and the operator has not decided. */
export function requireSomebody({ mqtt, witness }: Config, options: ReachOptions): void {
  const canAsk = mqtt.mode === 'external' || witness.policy !== undefined
  if (!canAsk && options.checkpoint === undefined && options.resume !== true)
    throw new Failure('usage', sayWhich)
}

/**
 * Asks everybody who may have seen checkpoints of the log that now stands in `config.dataDir`.
 * Rejects with Failure('check') where one has seen more than is there or something else, whatever
 * the operator says; with Failure('usage') where none answered and the operator has not decided.
 */
export async function requireReached(
  config: Config,
  options: ReachOptions,
  log: VerifiedLog,
): Promise<void> {
  const { dataDir } = config
  const signer = await readKeyFile(join(dataDir, keyName))
  const run = await readLogRun(dataDir)
  const origin =
    log.checkpoint?.origin ?? originOf(config.network, deviceIdOf(signer.publicKey), run)
  const checkpoint = log.checkpoint && {
    size: log.checkpoint.size,
    note: await readFile(join(dataDir, checkpointName), 'utf8'),
  }
  const onlookers = await onlookersOf(config, options.checkpoint, { origin, signer, checkpoint })
  const asked = await askOnlookers(onlookers, commandAnswerMsMax)
  const rootAt = (size: number): Promise<Uint8Array> =>
    rootOfJournal(join(dataDir, journalFolder), size)
  const against = await whatStandsAgainst(asked, log.entries, rootAt)
  if (against !== undefined)
    throw new Failure(
      'check',
      `${against}: going on with this backup would sign a second, different log. Restore a newer ` +
        'backup, or begin the next log under the same key with --new-log',
    )
  const away = asked.away.map(({ where, why }) => `${where} is not compared with: ${why}`)
  const seen = asked.seen.filter(({ sighting }) => sighting !== undefined)
  const isVouchedFor = seen.some(({ sighting }) => sighting?.partial !== true)
  if (!isVouchedFor && options.resume !== true)
    throw new Failure('usage', ['nobody could be asked', ...away, sayWhich].join('; '))
  if (options.json) return
  for (const { where } of seen) print(`the backup reaches what ${where} has seen`)
  for (const line of away) print(stripControls(line))
}

/** Nightly backups, where a folder for them is configured. Part of the composition root. */
import { relative } from 'node:path'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../adapters/system/clock.js'
import type { Logger } from '../adapters/system/logger.js'
import type { BackupRun } from '../commands/verifiedBackup.js'
import type { Config } from '../config.js'
import { Failure, type FailureCode } from '../core/failure.js'
import { type Backups, startBackups } from '../pipeline/backups.js'
import type { BackupMaker, VerifiedBackup } from '../ports/backups.js'

type Answer = { backup: VerifiedBackup } | { code: FailureCode; message: string }

/** Rejects with Failure('config') where the folder is inside the data directory. */
export async function openBackups(
  config: Config,
  dataDir: string,
  logger: Logger,
): Promise<Backups | undefined> {
  const { folder } = config.backup
  if (folder === undefined) return undefined
  const inside = relative(dataDir, folder)
  if (inside === '' || !inside.startsWith('..'))
    throw new Failure(
      'config',
      `backup.folder (${folder}) is inside the data directory: name one on another disk`,
    )
  return startBackups({
    maker: threadedMaker(config, dataDir, folder),
    clock: systemClock,
    terms: () => ({ atSec: secondOf(config.backup.at), keep: config.backup.keep }),
    done: ({ folder: made, entries }) =>
      logger.info(`backup: ${entries} log entries in ${made}, restored once to see that it can be`),
    failed: (error) => logger.error({ err: error }, 'no backup could be made; trying again'),
  })
}

function threadedMaker(config: Config, dataDir: string, folder: string): BackupMaker {
  let worker: Worker | undefined
  return {
    // What reads a backup is loaded only where backups are made.
    newest: async () =>
      (await import('../commands/verifiedBackup.js')).newestBackup(folder, dataDir),
    make: (atMs, keep) =>
      new Promise((resolve, reject) => {
        const workerData: BackupRun = { dataDir, folder, withKey: config.backup.key, keep, atMs }
        worker = new Worker(new URL('../commands/backupThread.js', import.meta.url), { workerData })
        worker.once('message', (answer: Answer) => {
          if ('backup' in answer) resolve(answer.backup)
          else reject(new Failure(answer.code, answer.message))
        })
        worker.once('error', reject)
        worker.once('exit', () => reject(new Failure('unavailable', 'the backup was broken off')))
      }),
    async stop() {
      await worker?.terminate()
    },
  }
}

/** Seconds after 00:00 of `03:30`, which the configuration has read. */
function secondOf(at: string): number {
  const [hours = 0, minutes = 0] = at.split(':').map(Number)
  return (hours * 60 + minutes) * 60
}

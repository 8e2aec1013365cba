/** The nightly backup's thread: copying and hashing a whole log there does not hold the gateway's loop. */
import { parentPort, workerData } from 'node:worker_threads'
import { Failure, messageOf } from '../core/failure.js'
import { type BackupRun, makeVerifiedBackup } from './verifiedBackup.js'

const run = workerData as BackupRun
await makeVerifiedBackup(run).then(
  (backup) => parentPort?.postMessage({ backup }),
  (error: unknown) =>
    parentPort?.postMessage({
      code: error instanceof Failure ? error.code : 'data',
      message: messageOf(error),
    }),
)

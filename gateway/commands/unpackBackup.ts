/** Makes the files of a data directory from a backup and checks each: for a restore, and to see that one would work. */
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openRecordLog } from '../adapters/journal/recordLog.js'
import { syncFolder } from '../adapters/system/atomicFile.js'
import { systemClock } from '../adapters/system/clock.js'
import { withholdBefore } from '../adapters/system/rosterFiles.js'
import { readKeyFile } from '../adapters/system/signer.js'
import { toB64u } from '../core/bytes.js'
import { Failure, messageOf } from '../core/failure.js'
import { parseReleaseRecord } from '../core/privacy/record.js'
import {
  checkpointName,
  copyDurably,
  creditsFolder,
  epochsFolder,
  journalFolder,
  keyName,
  type Manifest,
  measure,
  releasedRowsFolder,
  releasesFolder,
} from './backupFiles.js'
import { type VerifiedLog, verifyLog } from './verifyLog.js'

/**
 * Fills an empty folder. `key`: file of the gateway's key, for a backup without one. `made` gets the
 * names of what was made, also where this rejects with a Failure.
 */
export async function unpackBackup(
  backup: string,
  manifest: Manifest,
  dataDir: string,
  key: string | undefined,
  made: string[],
): Promise<VerifiedLog> {
  made.push(journalFolder, epochsFolder, releasesFolder, creditsFolder)
  await mkdir(join(dataDir, journalFolder), { mode: 0o700 })
  for (const { name, bytes, sha256 } of manifest.files) {
    if (!name.includes('/')) made.push(name)
    else await mkdir(dirname(join(dataDir, name)), { recursive: true, mode: 0o700 })
    await copyChecked(join(backup, name), join(dataDir, name), bytes, sha256)
  }
  if (!manifest.hasKey) {
    if (key === undefined)
      throw new Failure('usage', 'this backup has no gateway.key: name the file with --key')
    made.push(keyName)
    await copyKey(key, join(dataDir, keyName))
  }
  const signer = await readKeyFile(join(dataDir, keyName))
  if (toB64u(signer.publicKey) !== manifest.gateway.key)
    throw new Failure('check', `the key is not that of gateway ${manifest.gateway.id}`)
  const text =
    manifest.checkpointSize > 0 || manifest.files.some(({ name }) => name === checkpointName)
      ? await readFile(join(dataDir, checkpointName), 'utf8')
      : undefined
  const log = await verifyLog(join(dataDir, journalFolder), text, signer.publicKey)
  if (log.entries !== manifest.entries)
    throw new Failure(
      'check',
      `the backup should hold ${manifest.entries} entries and holds ${log.entries}: use another one`,
    )
  await syncFolder(join(dataDir, journalFolder))
  // What the backup lacks may have been published: nothing that began before is drawn once more.
  await withholdBefore(join(dataDir, releasesFolder), Math.floor(Date.now() / 1_000))
  return log
}

async function copyChecked(from: string, to: string, bytes: number, sha256: string): Promise<void> {
  try {
    await copyDurably(from, to)
  } catch (error) {
    throw new Failure('check', `the backup is not whole: ${messageOf(error)}; use another one`)
  }
  const copied = await measure(to)
  if (copied.bytes !== bytes || copied.sha256 !== sha256)
    throw new Failure('check', `${from} was changed since the backup was made; use another one`)
}

async function copyKey(from: string, to: string): Promise<void> {
  try {
    await copyDurably(from, to)
  } catch (error) {
    throw new Failure('usage', `cannot read the key ${from}: ${messageOf(error)}`)
  }
}

/** Records of the ledger of credits in the backup. */
export async function creditRecords(dataDir: string): Promise<number> {
  const ledger = await openRecordLog({
    folder: join(dataDir, creditsFolder),
    clock: systemClock,
    fatal: (failure) => {
      throw failure
    },
  })
  await ledger.close()
  return ledger.size
}

/** Reads every record of the log of releases in a data directory. Rejects with Failure('data'). */
export async function readReleases(dataDir: string): Promise<number> {
  const folder = join(dataDir, releasedRowsFolder)
  const log = await openRecordLog({
    folder,
    clock: systemClock,
    fatal: (failure) => {
      throw failure
    },
  })
  try {
    for await (const { index, text } of log.scan(0)) {
      const record = parseReleaseRecord(text)
      if (!record.ok) throw new Failure('data', `record ${index} in ${folder} cannot be understood`)
    }
    return log.size
  } finally {
    await log.close()
  }
}

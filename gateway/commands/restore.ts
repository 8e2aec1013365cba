import { mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Command } from 'commander'
import { syncFolder, writeFileAtomic } from '../adapters/system/atomicFile.js'
import { type Lock, takeLock } from '../adapters/system/lock.js'
import { logRunName, readLogRun } from '../adapters/system/logRun.js'
import { migrations, newestLayout, versionOf } from '../adapters/system/migrations.js'
import { readKeyFile } from '../adapters/system/signer.js'
import { Failure, messageOf } from '../core/failure.js'
import { checkpointName, keyName, type Manifest, readManifest } from './backupFiles.js'
import { addCommonOptions, type CommonOptions, configOf } from './options.js'
import { print, printJson } from './output.js'
import { requireReached, requireSomebody } from './requireReached.js'
import { goOnSince, requireSince } from './restoreSince.js'
import { creditRecords, unpackBackup } from './unpackBackup.js'
import type { VerifiedLog } from './verifyLog.js'

interface RestoreOptions extends CommonOptions {
  resume?: boolean
  newLog?: boolean
  since?: string[]
  checkpoint?: string
  key?: string
  json?: boolean
}

/** `fieldproof restore`: a data directory from a backup, checked before it counts. */
export function restoreCommand(): Command {
  const command = new Command('restore')
    .argument('<folder>', 'the backup')
    .option('--resume', 'go on with the same log: nothing was published after this backup')
    .option('--new-log', 'begin a new log under the same key: something was, or you cannot know')
    .option(
      '--checkpoint <place>',
      'address or file of the newest checkpoint you know, to compare with',
    )
    .option(
      '--since <files...>',
      'with --new-log: <n>.json and rewards.json of the newest published epoch, or "backup"',
    )
    .option('--key <file>', 'the gateway’s key, for a backup that was made with --no-key')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
A log that was published must never be continued from an older state: those who saw the newer one
would hold proof of two different logs. So the backup is compared with the newest checkpoint that the
external broker, the witnesses of the policy, the chain and --checkpoint have seen: where one has more,
or something else, the log cannot go on and --new-log begins the next one. Where nobody can be
asked, say which it is: --resume where this backup was made after the gateway had stopped for good,
otherwise --new-log. Devices, readings and proofs of the backup are there in both cases. A new log
goes on from the newest epoch that was published: owners and mirrors have its files.

Examples:
  fieldproof restore /mnt/usb/fieldproof-2026-11-21 --checkpoint http://mirror.lan/checkpoint
  fieldproof restore /mnt/usb/fieldproof-2026-11-21 --new-log --since 412.json rewards.json
  fieldproof restore /mnt/usb/fieldproof-2026-11-21 --new-log --since backup`,
    )
  return addCommonOptions(command).action(run)
}

async function run(folder: string, options: RestoreOptions): Promise<void> {
  if (options.resume === true && options.newLog === true)
    throw new Failure('usage', 'say either --resume or --new-log; see "fieldproof restore --help"')
  requireSince(options.newLog === true, options.since)
  const config = await configOf(options)
  const { dataDir } = config
  if (options.newLog !== true) requireSomebody(config, options)
  const backup = resolve(folder)
  const manifest = await readManifest(backup)
  if (manifest.layout > newestLayout(migrations))
    throw new Failure('check', 'a newer program made this backup: restore it with that one')
  const lock = await claimTarget(dataDir)
  const made: string[] = []
  try {
    const log = await unpackBackup(backup, manifest, dataDir, options.key, made)
    if (options.newLog) await beginNewLog(dataDir, options.since ?? [])
    else await requireReached(config, options, log)
    await syncFolder(dataDir)
    // An older layout is brought forward by the next start.
    await writeFileAtomic(join(dataDir, 'version'), `${versionOf(manifest.layout)}\n`)
    tell(manifest, log, dataDir, options)
  } catch (error) {
    for (const name of made) await rm(join(dataDir, name), { recursive: true, force: true })
    throw error
  } finally {
    await lock.release()
  }
}

/** Nothing is overwritten: the target must be missing or empty. */
async function claimTarget(dataDir: string): Promise<Lock> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    const there = (await readdir(dataDir)).filter(
      (name) => name !== 'lock' && name !== 'lost+found',
    )
    if (there.length > 0)
      throw new Failure(
        'data',
        `${dataDir} is not empty: name a new folder with --data-dir, nothing is overwritten`,
      )
    const lock = await takeLock(dataDir)
    if (lock !== undefined) return lock
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure('permission', `cannot use ${dataDir}: ${messageOf(error)}`)
  }
  throw new Failure('data', `${dataDir} is in use by another process: stop that one first`)
}

/**
 * PROTOCOL 6.1: a new origin, so that no two checkpoints of one log can differ. The old checkpoint
 * would not be of this log; what it covered has just been compared.
 */
async function beginNewLog(dataDir: string, since: readonly string[]): Promise<void> {
  const signer = await readKeyFile(join(dataDir, keyName))
  await goOnSince(dataDir, since, signer.publicKey, await creditRecords(dataDir))
  const run = await readLogRun(dataDir)
  await writeFileAtomic(join(dataDir, logRunName), `${run + 1}\n`)
  await rm(join(dataDir, checkpointName), { force: true })
}

function tell(
  manifest: Manifest,
  log: VerifiedLog,
  dataDir: string,
  options: RestoreOptions,
): void {
  const { gateway, createdAt } = manifest
  if (options.json) {
    printJson({
      dataDir,
      gateway: gateway.id,
      entries: log.entries,
      checkpointSize: log.checkpoint?.size ?? 0,
      newLog: options.newLog === true,
    })
    return
  }
  print(`gateway ${gateway.id} as of ${createdAt}: ${log.entries} log entries, all checked`)
  if (log.checkpoint !== undefined)
    print(`the first ${log.checkpoint.size} have the root of the signed checkpoint`)
  print(`start it with: fieldproof start --data-dir ${dataDir}`)
}

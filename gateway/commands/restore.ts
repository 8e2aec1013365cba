import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { syncFolder, writeFileAtomic } from '../adapters/system/atomicFile.js'
import { dataVersion } from '../adapters/system/dataDir.js'
import { type Lock, takeLock } from '../adapters/system/lock.js'
import { logRunName, readLogRun } from '../adapters/system/logRun.js'
import { readKeyFile } from '../adapters/system/signer.js'
import { toB64u } from '../core/bytes.js'
import { Failure, messageOf } from '../core/failure.js'
import {
  checkpointName,
  copyDurably,
  epochsFolder,
  journalFolder,
  keyName,
  type Manifest,
  measure,
  readManifest,
} from './backupFiles.js'
import { addCommonOptions, type CommonOptions, configOf } from './options.js'
import { print, printJson } from './output.js'
import { requireReached, requireSomebody } from './requireReached.js'
import { goOnSince, requireSince } from './restoreSince.js'
import { type VerifiedLog, verifyLog } from './verifyLog.js'

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
  const lock = await claimTarget(dataDir)
  const made: string[] = []
  try {
    const log = await fill(backup, manifest, dataDir, options, made)
    if (options.newLog) await beginNewLog(dataDir, options.since ?? [])
    else await requireReached(config, options, log)
    await syncFolder(dataDir)
    await writeFileAtomic(join(dataDir, 'version'), `${dataVersion}\n`)
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

async function fill(
  backup: string,
  manifest: Manifest,
  dataDir: string,
  options: RestoreOptions,
  made: string[],
): Promise<VerifiedLog> {
  made.push(journalFolder, epochsFolder)
  await mkdir(join(dataDir, journalFolder), { mode: 0o700 })
  for (const { name, bytes, sha256 } of manifest.files) {
    if (!name.includes('/')) made.push(name)
    else await mkdir(dirname(join(dataDir, name)), { recursive: true, mode: 0o700 })
    await copyChecked(join(backup, name), join(dataDir, name), bytes, sha256)
  }
  if (!manifest.hasKey) {
    if (options.key === undefined)
      throw new Failure('usage', 'this backup has no gateway.key: name the file with --key')
    made.push(keyName)
    await copyKey(options.key, join(dataDir, keyName))
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

/**
 * PROTOCOL 6.1: a new origin, so that no two checkpoints of one log can differ. The old checkpoint
 * would not be of this log; what it covered has just been compared.
 */
async function beginNewLog(dataDir: string, since: readonly string[]): Promise<void> {
  const signer = await readKeyFile(join(dataDir, keyName))
  await goOnSince(dataDir, since, signer.publicKey)
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

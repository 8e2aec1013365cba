import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { syncFolder, writeFileAtomic } from '../adapters/system/atomicFile.js'
import { dataVersion, readDataVersion } from '../adapters/system/dataDir.js'
import { readKeyFile } from '../adapters/system/signer.js'
import { toB64u } from '../core/bytes.js'
import { deviceIdOf } from '../core/device/key.js'
import { Failure, messageOf } from '../core/failure.js'
import type { EpochJson } from '../core/log/epoch.js'
import {
  checkpointName,
  copyDurably,
  epochsFolder,
  journalFolder,
  keyName,
  type Manifest,
  manifestName,
  measure,
  segmentNames,
  sideFiles,
} from './backupFiles.js'
import { addCommonOptions, type CommonOptions, configOf } from './options.js'
import { formatBytes, print, printJson } from './output.js'
import { verifyLog } from './verifyLog.js'

interface BackupOptions extends CommonOptions {
  /** False with `--no-key`. */
  key: boolean
  json?: boolean
}

/** `fieldproof backup`: a checked copy of the log, whether the gateway runs or not. */
export function backupCommand(): Command {
  const command = new Command('backup')
    .argument('<folder>', 'folder to make; it must not exist')
    .option('--no-key', 'leave the gateway’s key out; keep it elsewhere, restore needs it')
    .option('--json', 'print what was copied as JSON')
    .addHelpText(
      'after',
      `
The gateway may run meanwhile. With the key in it, the copy can sign as this gateway: keep it safe.
The configuration is a file of yours and not part of it.

Examples:
  fieldproof backup /mnt/usb/fieldproof-$(date +%F)
  fieldproof backup /srv/backups/today --no-key`,
    )
  return addCommonOptions(command).action(run)
}

async function run(folder: string, options: BackupOptions): Promise<void> {
  const { dataDir } = await configOf(options)
  const target = resolve(folder)
  if ((await readDataVersion(dataDir)) !== dataVersion)
    throw new Failure('data', `${dataDir} is no data directory: name it with --data-dir`)
  await makeTarget(target)
  try {
    const manifest = await copyAll(dataDir, target, options.key)
    if (options.json) return printJson({ folder: target, ...manifest })
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0)
    print(`${manifest.entries} log entries, ${formatBytes(bytes)}, copied to ${target} and checked`)
    if (!options.key) print('without gateway.key: restore needs it beside this backup')
  } catch (error) {
    await rm(target, { recursive: true, force: true })
    throw error
  }
}

async function makeTarget(target: string): Promise<void> {
  try {
    await mkdir(dirname(target), { recursive: true })
    await mkdir(target, { mode: 0o700 })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new Failure('usage', `${target} exists: name a new folder, nothing is overwritten`)
    throw new Failure('permission', `cannot make ${target}: ${messageOf(error)}`)
  }
}

/**
 * The checkpoint goes first: what it covers was durable before it was signed, so a journal that is
 * copied afterwards holds it, however much is appended meanwhile.
 */
async function copyAll(dataDir: string, target: string, withKey: boolean): Promise<Manifest> {
  const signer = await readKeyFile(join(dataDir, keyName))
  const names: string[] = []
  const copy = async (name: string): Promise<boolean> => {
    if (!(await copyIfThere(join(dataDir, name), join(target, name)))) return false
    names.push(name)
    return true
  }
  const hasCheckpoint = await copy(checkpointName)
  for (const name of sideFiles) await copy(name)
  await mkdir(join(target, journalFolder), { mode: 0o700 })
  for (const name of await segmentNames(join(dataDir, journalFolder))) {
    if (await copy(`${journalFolder}/${name}`)) continue
    // Its bodies were dropped meanwhile: the stub has taken its place.
    await copy(`${journalFolder}/${name.replace(/seg$/, 'stub')}`)
  }
  if (withKey) await copy(keyName)
  const text = hasCheckpoint ? await readFile(join(target, checkpointName), 'utf8') : undefined
  const log = await verifyLog(join(target, journalFolder), text, signer.publicKey)
  await copyEpochs(dataDir, target, log.entries, copy)
  const files = []
  for (const name of names) files.push({ name, ...(await measure(join(target, name))) })
  const manifest: Manifest = {
    v: 1,
    createdAt: new Date().toISOString(),
    gateway: { id: deviceIdOf(signer.publicKey), key: toB64u(signer.publicKey) },
    entries: log.entries,
    checkpointSize: log.checkpoint?.size ?? 0,
    hasKey: withKey,
    files,
  }
  await syncFolder(join(target, journalFolder))
  await writeFileAtomic(join(target, manifestName), `${JSON.stringify(manifest, null, 2)}\n`)
  await syncFolder(dirname(target))
  return manifest
}

/**
 * After the journal: an epoch is saved before its record is an entry, so of every record in the copy
 * the epoch is there. One whose record came later is left out; the next start closes it again.
 */
async function copyEpochs(
  dataDir: string,
  target: string,
  entries: number,
  copy: (name: string) => Promise<boolean>,
): Promise<void> {
  await mkdir(join(target, epochsFolder), { mode: 0o700 })
  for (const name of ['begin', 'lost']) await copy(`${epochsFolder}/${name}`)
  const names = await readdir(join(dataDir, epochsFolder)).catch(() => [])
  const numbers = names.filter((name) => /^[1-9][0-9]*$/.test(name)).map(Number)
  for (const n of numbers.sort((a, b) => a - b)) {
    const folder = `${epochsFolder}/${n}`
    const text = await readFile(join(dataDir, folder, 'record.json'), 'utf8')
    const isOwn = await hasRows(join(dataDir, folder))
    if (isOwn && (JSON.parse(text) as EpochJson).endIndex >= entries) break
    await mkdir(join(target, folder), { mode: 0o700 })
    for (const name of await readdir(join(dataDir, folder))) await copy(`${folder}/${name}`)
    await syncFolder(join(target, folder))
  }
  await syncFolder(join(target, epochsFolder))
}

/** Of the last epoch that went with an earlier log, the rows are not here. */
async function hasRows(folder: string): Promise<boolean> {
  return (await readdir(folder)).includes('contributions.ndjson')
}

/** False where there is no such file. */
async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyDurably(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw new Failure('permission', `cannot copy ${from}: ${messageOf(error)}`)
  }
}

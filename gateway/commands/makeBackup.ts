/** Makes and checks a backup: for `fieldproof backup` and for the nightly one. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { syncFolder, writeFileAtomic } from '../adapters/system/atomicFile.js'
import { readDataVersion } from '../adapters/system/dataDir.js'
import { layoutOf } from '../adapters/system/migrations.js'
import { readKeyFile } from '../adapters/system/signer.js'
import { toB64u } from '../core/bytes.js'
import { deviceIdOf } from '../core/device/key.js'
import { Failure, messageOf } from '../core/failure.js'
import type { EpochJson } from '../core/log/epoch.js'
import {
  checkpointName,
  copyDurably,
  creditsFolder,
  epochsFolder,
  journalFolder,
  keyName,
  type Manifest,
  manifestName,
  measure,
  releasedRowsFolder,
  rostersFolder,
  segmentNames,
  sideFiles,
} from './backupFiles.js'
import { verifyLog } from './verifyLog.js'

/** How far a backup is. */
export interface BackupProgress {
  /** Bytes of the journal. */
  copied(done: number, total: number): void
  /** Entries of the copy. */
  checked(done: number, total: number): void
}

const untold: BackupProgress = { copied: () => undefined, checked: () => undefined }

/**
 * Copies a data directory, whose gateway may run, to `target`, which must not exist, and checks the
 * copy. Rejects with a Failure; nothing is left of the target then.
 */
export async function makeBackup(
  dataDir: string,
  target: string,
  withKey: boolean,
  progress: BackupProgress = untold,
): Promise<Manifest> {
  const layout = layoutOf((await readDataVersion(dataDir)) ?? '')
  if (layout === undefined)
    throw new Failure('data', `${dataDir} is no data directory: name it with --data-dir`)
  await makeTarget(target)
  try {
    return await copyAll(dataDir, target, layout, withKey, progress)
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
async function copyAll(
  dataDir: string,
  target: string,
  layout: number,
  withKey: boolean,
  progress: BackupProgress,
): Promise<Manifest> {
  const signer = await readKeyFile(join(dataDir, keyName))
  const names: string[] = []
  const copy = async (name: string): Promise<boolean> => {
    if (!(await copyIfThere(join(dataDir, name), join(target, name)))) return false
    names.push(name)
    return true
  }
  const hasCheckpoint = await copy(checkpointName)
  for (const name of sideFiles) await copy(name)
  await copyJournal(dataDir, target, copy, progress)
  if (withKey) await copy(keyName)
  const text = hasCheckpoint ? await readFile(join(target, checkpointName), 'utf8') : undefined
  const log = await verifyLog(join(target, journalFolder), text, signer.publicKey, progress.checked)
  await copyEpochs(dataDir, target, log.entries, copy)
  await copyReleases(dataDir, target, copy)
  // A segment that had just begun may hold no whole header yet: the check has removed it.
  const files = []
  for (const name of names)
    if (existsSync(join(target, name))) files.push({ name, ...(await measure(join(target, name))) })
  const manifest: Manifest = {
    v: 1,
    createdAt: new Date().toISOString(),
    layout,
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

async function copyJournal(
  dataDir: string,
  target: string,
  copy: (name: string) => Promise<boolean>,
  progress: BackupProgress,
): Promise<void> {
  const folder = join(dataDir, journalFolder)
  await mkdir(join(target, journalFolder), { mode: 0o700 })
  const names = await segmentNames(folder)
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0),
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let done = 0
  for (const [i, name] of names.entries()) {
    // Where its bodies were dropped meanwhile, the stub has taken its place.
    if (!(await copy(`${journalFolder}/${name}`)))
      await copy(`${journalFolder}/${name.replace(/seg$/, 'stub')}`)
    done += sizes[i]!
    progress.copied(done, total)
  }
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

/** After the epochs: what these count of rows and sales was durable before they were closed. */
async function copyReleases(
  dataDir: string,
  target: string,
  copy: (name: string) => Promise<boolean>,
): Promise<void> {
  // Credits first: a charge is for rows that were durable before.
  for (const folder of [creditsFolder, releasedRowsFolder, rostersFolder]) {
    const isLog = folder !== rostersFolder
    const names = isLog
      ? await segmentNames(join(dataDir, folder))
      : (await readdir(join(dataDir, folder)).catch(() => [])).filter((one) =>
          /^\d+\.json$/.test(one),
        )
    if (names.length === 0) continue
    await mkdir(join(target, folder), { recursive: true, mode: 0o700 })
    for (const name of names) await copy(`${folder}/${name}`)
    await syncFolder(join(target, folder))
  }
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

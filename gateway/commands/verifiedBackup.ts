/**
 * A backup in a folder of backups, `fieldproof-<time>`. It has that name only once it was restored to
 * see that it can be; until then it ends in `.unverified`.
 */
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncFolder } from '../adapters/system/atomicFile.js'
import { readKeyFile } from '../adapters/system/signer.js'
import { toB64u } from '../core/bytes.js'
import { Failure, messageOf } from '../core/failure.js'
import type { VerifiedBackup } from '../ports/backups.js'
import { keyName, type Manifest, readManifest } from './backupFiles.js'
import { makeBackup } from './makeBackup.js'
import { creditRecords, readReleases, unpackBackup } from './unpackBackup.js'

export interface BackupRun {
  dataDir: string
  /** Folder of the backups; made where it is missing. */
  folder: string
  withKey: boolean
  keep: number
  /** Now, ms since 1970. */
  atMs: number
}

const verified = /^fieldproof-(\d{4}-\d\d-\d\d)T(\d\d)(\d\d)(\d\d)Z$/
const leftover = /^fieldproof-[0-9TZ-]+\.(unverified|restored)$/

/** Makes, restores, removes what was restored, and drops the oldest beyond `keep`. Rejects with a Failure. */
export async function makeVerifiedBackup(run: BackupRun): Promise<VerifiedBackup> {
  const { dataDir, folder, withKey, keep, atMs } = run
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw new Failure('permission', `cannot make ${folder}: ${messageOf(error)}`)
  })
  await removeLeftovers(folder)
  const final = join(folder, nameOf(atMs))
  const target = `${final}.unverified`
  try {
    const manifest = await makeBackup(dataDir, target, withKey)
    await restoreOnce(target, manifest, `${final}.restored`, join(dataDir, keyName))
    await rename(target, final)
    await syncFolder(folder)
    await dropOldest(folder, manifest.gateway.key, keep)
    return { folder: final, atMs, entries: manifest.entries }
  } catch (error) {
    await removeLeftovers(folder)
    throw error
  }
}

/** The newest verified backup of this gateway in a folder. */
export async function newestBackup(
  folder: string,
  dataDir: string,
): Promise<VerifiedBackup | undefined> {
  const { publicKey } = await readKeyFile(join(dataDir, keyName))
  const own = await backupsOf(folder, toB64u(publicKey))
  return own.at(-1)
}

/** As `fieldproof restore` does it, up to what others have seen: every file, every record, the root. */
async function restoreOnce(
  backup: string,
  manifest: Manifest,
  target: string,
  key: string,
): Promise<void> {
  await mkdir(target, { mode: 0o700 })
  try {
    await unpackBackup(backup, await readManifest(backup), target, key, [])
    if (manifest.files.some(({ name }) => name.startsWith('credits/'))) await creditRecords(target)
    if (manifest.files.some(({ name }) => name.startsWith('releases/rows/')))
      await readReleases(target)
  } finally {
    await rm(target, { recursive: true, force: true })
  }
}

async function dropOldest(folder: string, key: string, keep: number): Promise<void> {
  const own = await backupsOf(folder, key)
  for (const { folder: old } of own.slice(0, Math.max(0, own.length - keep)))
    await rm(old, { recursive: true, force: true })
}

/** Verified backups of the gateway with that key, oldest first; what else is there is left alone. */
async function backupsOf(folder: string, key: string): Promise<VerifiedBackup[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => verified.test(name)).sort()
  const found: VerifiedBackup[] = []
  for (const name of names) {
    const path = join(folder, name)
    const manifest = await readManifest(path).catch(() => undefined)
    if (manifest?.gateway.key !== key) continue
    found.push({ folder: path, atMs: timeOf(name), entries: manifest.entries })
  }
  return found
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (leftover.test(name)) await rm(join(folder, name), { recursive: true, force: true })
}

function nameOf(atMs: number): string {
  return `fieldproof-${new Date(atMs).toISOString().slice(0, 19).replaceAll(':', '')}Z`
}

function timeOf(name: string): number {
  return Date.parse(name.replace(verified, '$1T$2:$3:$4Z'))
}

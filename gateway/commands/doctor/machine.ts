/** The machine: Node, clock, disk, data directory, verifier. */
import { constants } from 'node:fs'
import { access, readdir, stat, statfs } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { readDataVersion } from '../../adapters/system/dataDir.js'
import { layoutOf, migrations, newestLayout } from '../../adapters/system/migrations.js'
import { readRunFile } from '../../adapters/system/runFile.js'
import type { Config } from '../../config/schema.js'
import { Failure, messageOf } from '../../core/failure.js'
import { backupAgeMsMax, clockMsMin, doctorFreeBytesMin } from '../../core/limits.js'
import { formatInstant } from '../../core/time.js'
import { formatBytes } from '../output.js'
import { bad, type Finding, ok, warning } from './finding.js'

export async function checkMachine(config: Config, nowMs: number): Promise<Finding[]> {
  return [
    checkNode(process.versions.node),
    await checkVerifier(),
    await checkClock(config.dataDir, nowMs),
    await checkDataDir(config.dataDir),
    await checkSpace(config.dataDir),
    ...(await checkBackups(config, nowMs)),
  ]
}

/** `package.json` says the same under `engines`. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return ok('node', `version ${version}`)
  return bad('node', `version ${version} is too old`, 'install Node 20.19 or later')
}

async function checkVerifier(): Promise<Finding> {
  const { loadBackend } = await import('../../adapters/verifier/loadBackend.js')
  const { name } = loadBackend()
  const threads = availableParallelism()
  if (name === 'sodium') return ok('verifier', `libsodium, ${threads} threads`)
  return warning(
    'verifier',
    `node:crypto, ${threads} threads: about half the speed`,
    'nothing is wrong; there is no libsodium build for this machine',
  )
}

/** A clock that is behind refuses every reading as `bad-time`; one that fell shows in the files. */
async function checkClock(dataDir: string, nowMs: number): Promise<Finding> {
  const remedy =
    'set the clock (timedatectl set-ntp true), and wait for it before the gateway starts'
  const shown = formatInstant(Math.floor(nowMs / 1000))
  if (nowMs < clockMsMin) return bad('clock', `${shown} lies in the past`, remedy)
  const newest = await newestChange(join(dataDir, 'journal'))
  if (newest > nowMs + 60_000)
    return bad('clock', `${shown} is before the journal’s last entry`, remedy)
  return ok('clock', shown)
}

async function newestChange(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => [])
  const times = await Promise.all(
    names.map(
      async (name) => (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    ),
  )
  return Math.max(0, ...times)
}

async function checkDataDir(dataDir: string): Promise<Finding> {
  const subject = 'data directory'
  try {
    const version = await readDataVersion(dataDir)
    const layout = version === undefined ? 1 : layoutOf(version)
    if (layout === undefined || layout > newestLayout(migrations))
      return bad(subject, `${dataDir} was made by "${version}"`, 'start the program that made it')
    const there = await nearestFolder(dataDir)
    await access(there, constants.W_OK | constants.X_OK)
    if (version === undefined) return ok(subject, `${dataDir} will be made on the first start`)
    const run = await readRunFile(dataDir)
    return ok(
      subject,
      run === undefined ? dataDir : `${dataDir}, gateway at ${run.url} (process ${run.pid})`,
    )
  } catch (error) {
    if (error instanceof Failure) return bad(subject, error.message, 'see above')
    return bad(
      subject,
      `${dataDir}: ${messageOf(error)}`,
      'change its owner to the user that runs the gateway, or name another with --data-dir',
    )
  }
}

/** The folder itself, or the nearest one above it that exists. */
async function nearestFolder(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const found = await stat(at).catch(() => undefined)
    if (found?.isDirectory() || at === dirname(at)) return at
  }
}

async function checkSpace(dataDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearestFolder(dataDir))
  const free = bavail * bsize
  if (free >= doctorFreeBytesMin) return ok('disk', `${formatBytes(free)} free`)
  return warning(
    'disk',
    `${formatBytes(free)} free: the gateway stops when it cannot write`,
    'make room, or shorten retention.raw',
  )
}

/** A folder that cannot be written, or one whose newest backup is old, is found here and not at night. */
async function checkBackups({ backup, dataDir }: Config, nowMs: number): Promise<Finding[]> {
  const subject = 'backups'
  const { folder } = backup
  if (folder === undefined)
    return [
      warning(subject, 'none are made', 'set backup.folder, better to a folder on another disk'),
    ]
  try {
    await access(await nearestFolder(folder), constants.W_OK | constants.X_OK)
  } catch (error) {
    const remedy = 'change its owner to the user that runs the gateway, or mend backup.folder'
    return [bad(subject, `${folder}: ${messageOf(error)}`, remedy)]
  }
  const { newestBackup } = await import('../verifiedBackup.js')
  const newest = await newestBackup(folder, dataDir).catch(() => undefined)
  if (newest === undefined) return [ok(subject, `${folder}, the first is still to come`)]
  const shown = `newest in ${folder}: ${formatInstant(Math.floor(newest.atMs / 1000))}`
  if (nowMs - newest.atMs < backupAgeMsMax) return [ok(subject, shown)]
  const remedy = 'look at the gateway’s own log and at /readyz: it says why none could be made'
  return [warning(subject, shown, remedy)]
}

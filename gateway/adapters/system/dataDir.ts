/**
 * The data directory: who may use it (one process), what made it (version), and its secrets.
 *
 *     version          what this folder is; written last, so that it stands only in a whole one
 *     gateway.key      seed of the gateway's key, 0600
 *     operator.token   bearer token of the operator, 0600; delete it and start to get a new one
 *     log-run          which log of this gateway this is, where it is not the first
 *     run.json         address of the running gateway
 *     lock/            held while a process works here
 *
 * Everything else belongs to the adapters that were given a folder inside it.
 */
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access, chmod, mkdir, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Failure, messageOf } from '../../core/failure.js'
import type { Signer } from '../../ports/signer.js'
import { writeFileAtomic } from './atomicFile.js'
import { takeLock } from './lock.js'
import { readLogRun } from './logRun.js'
import {
  layoutOf,
  type Migration,
  migrate,
  migrations,
  newestLayout,
  versionOf,
} from './migrations.js'
import { type RunInfo, readRunFile, removeRunFile, writeRunFile } from './runFile.js'
import { createKeyFile, readKeyFile } from './signer.js'

/** What may stand in a folder that never became whole, or that a file system put there. */
const harmless = new Set(['lock', 'gateway.key', 'operator.token', 'lost+found'])

export interface DataDir {
  /** Absolute. */
  readonly path: string
  /** True where this start made it. */
  readonly isNew: boolean
  readonly signer: Signer
  readonly operatorToken: string
  /** Which log of this gateway is here, from 1; part of the checkpoints' origin. */
  readonly logRun: number
  /** Absolute path of something inside. */
  file(name: string): string
  /** Tells commands where this gateway listens. */
  announce(run: RunInfo): Promise<void>
  /** Withdraws the announcement and lets the next process in. */
  close(): Promise<void>
}

/**
 * Makes the folder (0700) where it is missing, locks it, brings an older layout forward, and reads or
 * makes its secrets. Rejects with Failure('data') where it is locked, foreign, newer or incomplete, and Failure('permission')
 * where the system refuses, each with what to do.
 */
export async function openDataDir(
  folder: string,
  table: readonly Migration[] = migrations,
): Promise<DataDir> {
  const path = resolve(folder)
  await makeFolder(path)
  await refuseForeign(path)
  const lock = await takeLock(path)
  if (lock === undefined) throw await lockedFailure(path)
  try {
    const isNew = await prepare(path, table)
    const signer = await readKeyFile(join(path, 'gateway.key'))
    const operatorToken = await readOrMakeToken(join(path, 'operator.token'))
    const logRun = await readLogRun(path)
    await removeRunFile(path)
    return {
      path,
      isNew,
      signer,
      operatorToken,
      logRun,
      file: (name) => join(path, name),
      announce: (run) => writeRunFile(path, run),
      close: async () => {
        await removeRunFile(path)
        await lock.release()
      },
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** The operator's token of an existing data directory; `undefined` where there is none. */
export async function readOperatorToken(dataDir: string): Promise<string | undefined> {
  try {
    return (await readFile(join(dataDir, 'operator.token'), 'utf8')).trim() || undefined
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw permissionFailure(join(dataDir, 'operator.token'), error)
  }
}

/** The first line of `version`, or `undefined` where the folder is no data directory (yet). */
export async function readDataVersion(dataDir: string): Promise<string | undefined> {
  try {
    return (await readFile(join(dataDir, 'version'), 'utf8')).split('\n', 1)[0]
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw permissionFailure(join(dataDir, 'version'), error)
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    const made = await mkdir(path, { recursive: true, mode: 0o700 })
    if (made !== undefined) await chmod(path, 0o700)
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    if (['ENOTDIR', 'EEXIST'].includes(codeOf(error)))
      throw new Failure('data', `${path} is not a folder: name another with --data-dir`)
    throw permissionFailure(path, error)
  }
}

async function refuseForeign(path: string): Promise<void> {
  if ((await readDataVersion(path)) !== undefined) return
  const foreign = (await readdir(path)).filter(
    (name) => !harmless.has(name) && !name.endsWith('.tmp'),
  )
  if (foreign.length > 0)
    throw new Failure(
      'data',
      `${path} holds other files (${foreign.slice(0, 3).join(', ')}) and is no data directory: ` +
        'name an empty folder with --data-dir',
    )
}

/** Keys first, version last: a crash between leaves a folder that the next start completes. */
async function prepare(path: string, table: readonly Migration[]): Promise<boolean> {
  const version = await readDataVersion(path)
  const hasKey = (await readdir(path)).includes('gateway.key')
  const newest = newestLayout(table)
  const layout = version === undefined ? undefined : layoutOf(version)
  if (layout !== undefined && layout <= newest) {
    if (hasKey) {
      await migrate(path, layout, table)
      return false
    }
    throw new Failure(
      'data',
      `${join(path, 'gateway.key')} is missing, and the log in this folder was signed with it: ` +
        'put it back from a backup, or begin with an empty folder',
    )
  }
  if (version !== undefined)
    throw new Failure(
      'data',
      `${path} was made by another version ("${version}", this program knows "${versionOf(newest)}"): ` +
        'start the program that made it',
    )
  if (!hasKey) await createKeyFile(join(path, 'gateway.key'))
  await writeFileAtomic(join(path, 'version'), `${versionOf(newest)}\n`)
  return true
}

async function readOrMakeToken(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  if (text.trim() !== '') return text.trim()
  const token = randomBytes(32).toString('base64url')
  await writeFileAtomic(path, `${token}\n`)
  return token
}

async function lockedFailure(path: string): Promise<Failure> {
  const run = await readRunFile(path)
  const who = run === undefined ? 'another process' : `process ${run.pid} at ${run.url}`
  return new Failure(
    'data',
    `${path} is in use by ${who}: stop that one, or name another folder with --data-dir`,
  )
}

function permissionFailure(path: string, error: unknown): Failure {
  const code = codeOf(error)
  if (code === 'EACCES' || code === 'EPERM')
    return new Failure('permission', `no permission for ${path}: change its owner or run as that`)
  const why = code === 'EROFS' ? 'the file system is read-only' : messageOf(error)
  return new Failure('data', `cannot use ${path}: ${why}; name another with --data-dir`)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

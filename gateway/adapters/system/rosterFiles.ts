/**
 * Rosters as files, one a day:
 *
 *     releases/rosters/<day>.json    {"v":1,"day":..,"metrics":{"temperature":{..},..}}
 *     releases/from                  windows that began before are never drawn, Unix seconds
 *
 * A backup holds them, and a restore writes `from`.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure, messageOf } from '../../core/failure.js'
import type { RosterStore } from '../../ports/releaseStore.js'
import { writeFileAtomic } from './atomicFile.js'

const fromName = 'from'

/** Opens (or makes) the folder. Rejects with Failure('data') where `from` is damaged. */
export async function openRosterFiles(folder: string): Promise<RosterStore> {
  const rosters = join(folder, 'rosters')
  await mkdir(rosters, { recursive: true, mode: 0o700 })
  const fromSec = await readFrom(join(folder, fromName))
  const pathOf = (day: number): string => join(rosters, `${day}.json`)
  return {
    fromSec,
    async load(day) {
      const text = await readText(pathOf(day))
      if (text === undefined) return undefined
      const saved = parsed(text)
      if (saved?.v !== 1 || saved.day !== day || typeof saved.metrics !== 'object')
        throw damaged(pathOf(day))
      return saved.metrics as Record<string, unknown>
    },
    save: (day, metrics) =>
      writeFileAtomic(pathOf(day), `${JSON.stringify({ v: 1, day, metrics })}\n`),
  }
}

/** Makes a folder of releases start afresh: windows that began before are never drawn again. */
export async function withholdBefore(folder: string, fromSec: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFileAtomic(join(folder, fromName), `${fromSec}\n`)
}

async function readFrom(path: string): Promise<number> {
  const text = await readText(path)
  if (text === undefined) return 0
  const from = Number(text)
  if (!Number.isSafeInteger(from) || from < 0) throw damaged(path)
  return from
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Failure('data', `cannot read ${path}: ${messageOf(error)}; restore the newest backup`)
  }
}

function parsed(text: string): { v?: unknown; day?: unknown; metrics?: unknown } | undefined {
  try {
    return JSON.parse(text) as object
  } catch {
    return undefined
  }
}

function damaged(path: string): Failure {
  return new Failure('data', `${path} is damaged: restore the newest backup`)
}

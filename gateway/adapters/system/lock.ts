/**
 * One process per data directory. Node has no file locks, LevelDB does: it holds an fcntl lock on
 * `lock/LOCK` while its (empty) database is open. The kernel drops that lock when the process ends,
 * however it ends, and sees through containers that share a volume, where a pid in a file says
 * nothing.
 */
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'

export interface Lock {
  /** Lets go. The folder stays. */
  release(): Promise<void>
}

/** Resolves with the lock, or with `undefined` where another process (or this one) holds it. */
export async function takeLock(dataDir: string): Promise<Lock | undefined> {
  const database = new ClassicLevel(join(dataDir, 'lock'))
  try {
    await database.open()
  } catch (error) {
    if (codeOf((error as Error).cause) === 'LEVEL_LOCKED') return undefined
    throw error
  }
  return { release: () => database.close() }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

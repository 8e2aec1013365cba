/**
 * Which log of this gateway the data directory holds (PROTOCOL 6.1): 1, and one more for each
 * restore that could not go on with the log before. It is part of the checkpoints' origin.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../core/failure.js'

export const logRunName = 'log-run'

/** 1 where the file is missing. Rejects with Failure('data') where it holds no number. */
export async function readLogRun(dataDir: string): Promise<number> {
  const path = join(dataDir, logRunName)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '1'
    throw error
  })
  if (/^[1-9][0-9]{0,8}\s*$/.test(text)) return Number(text)
  throw new Failure('data', `${path} should hold a number: put it back from a backup`)
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckpointStore } from '../../ports/checkpoint.js'
import { writeFileAtomic } from './atomicFile.js'

/** The newest checkpoint as the file `checkpoint` in the data directory. */
export function checkpointFile(dataDir: string): CheckpointStore {
  const path = join(dataDir, 'checkpoint')
  return {
    async load() {
      try {
        return await readFile(path, 'utf8')
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
        throw error
      }
    },
    // Public, so that a web server beside the gateway may serve it.
    save: (text) => writeFileAtomic(path, text, 0o644),
  }
}

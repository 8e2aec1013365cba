/** Evidence of forks, one JSON file each; `fieldproof verify` checks such a file anywhere. */
import { access, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { forksPerLogMax } from '../../core/limits.js'
import { claimedOrigin } from '../../core/log/checkpoint.js'
import type { ForkStore } from '../../ports/witness.js'
import { writeFileAtomic } from './atomicFile.js'
import { nameOfOrigin } from './witnessLedger.js'

/** `<first 16 digits of the origin's SHA-256>-<older size>-<newer size>.json` in `folder`. */
export function forkFolder(folder: string): ForkStore {
  return {
    async keep(fork) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const log = nameOfOrigin(claimedOrigin(fork.newer)).slice(0, 16)
      const name = `${log}-${sizeOf(fork.older)}-${sizeOf(fork.newer)}.json`
      const path = join(folder, name)
      // The same fork is sent again and again; the first evidence of it proves the point.
      if (await exists(path)) return name
      const kept = (await readdir(folder)).filter((one) => one.startsWith(log))
      if (kept.length >= forksPerLogMax) return undefined
      await writeFileAtomic(path, `${JSON.stringify(fork, null, 2)}\n`)
      return name
    },
  }
}

/** Second line of a checkpoint that was verified before. */
function sizeOf(note: string): string {
  return note.split('\n')[1]!
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

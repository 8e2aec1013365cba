/**
 * The snapshot of the ledger of credits: a line with the number of records and the SHA-256 of the
 * rest. Derived: a file that is missing or damaged costs a start some time, and nothing else.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { SnapshotStore } from '../../ports/registry.js'
import { writeFileAtomic } from './atomicFile.js'

export function ledgerSnapshot(path: string): SnapshotStore {
  return {
    async load() {
      const bytes = await readFile(path).catch(() => undefined)
      const end = bytes?.indexOf('\n') ?? -1
      if (bytes === undefined || end < 0) return undefined
      const [entries, hash] = bytes.subarray(0, end).toString('latin1').split(' ')
      const state = Uint8Array.from(bytes.subarray(end + 1))
      return hash === hashOf(state) ? { entries: Number(entries), state } : undefined
    },
    save: (entries, state) =>
      writeFileAtomic(path, Buffer.concat([Buffer.from(`${entries} ${hashOf(state)}\n`), state])),
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

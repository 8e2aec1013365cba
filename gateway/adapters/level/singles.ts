/** Stores of one value each: the pending candidates, the snapshot of the folds, cursors of others. */
import type { PendingStore, SnapshotStore } from '../../ports/registry.js'
import type { CursorStore } from '../../ports/series.js'
import { countBytes, type Database, metaKey, readCount } from './keys.js'
import { attempt, readValue } from './rows.js'

const pendingKey = metaKey('pending')
const snapshotKey = metaKey('snapshot')

/** Candidates as one value: each proof after its length in 4 bytes. */
export function pendingStore(db: Database): PendingStore {
  return {
    async load() {
      const stored = await readValue(db, pendingKey)
      const proofs: Uint8Array[] = []
      for (let at = 0; stored !== undefined && at < stored.length; ) {
        const end = at + 4 + stored.readUInt32BE(at)
        proofs.push(Uint8Array.from(stored.subarray(at + 4, end)))
        at = end
      }
      return proofs
    },
    save(proofs) {
      const parts = proofs.flatMap((proof) => {
        const length = Buffer.allocUnsafe(4)
        length.writeUInt32BE(proof.length)
        return [length, proof]
      })
      return attempt('saving the candidates', () =>
        db.put(pendingKey, Buffer.concat(parts), { sync: true }),
      )
    },
  }
}

/** A snapshot as one value, so that it is there whole or not at all. */
export function snapshotStore(db: Database): SnapshotStore {
  return {
    async load() {
      const stored = await readValue(db, snapshotKey)
      if (stored === undefined) return undefined
      return { entries: readCount(stored), state: Uint8Array.from(stored.subarray(8)) }
    },
    save(entries, state) {
      return attempt('saving the snapshot', () =>
        db.put(snapshotKey, Buffer.concat([countBytes(entries), state]), { sync: true }),
      )
    },
  }
}

/** The cursor of a reader of the journal whose own store is elsewhere. */
export function cursorStore(db: Database, name: string): CursorStore {
  const key = metaKey(`cursor:${name}`)
  return {
    async load() {
      const stored = await readValue(db, key)
      return stored === undefined ? 0 : readCount(stored)
    },
    save: (cursor) => attempt('saving a cursor', () => db.put(key, countBytes(cursor))),
  }
}

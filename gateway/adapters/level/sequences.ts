/**
 * (device, seq) > log index. What is not written yet lies in an overlay, so that a message is found
 * from the moment it was added.
 */
import { levelPutsPerTurn } from '../../core/limits.js'
import type { SequenceIndex } from '../../ports/registry.js'
import {
  after,
  countBytes,
  countKey,
  countOf,
  type Database,
  metaKey,
  prefixOf,
  readCount,
  tables,
  writeCount,
} from './keys.js'
import { attempt, inTurn, nextTurn, readValue, rows } from './rows.js'

type Overlay = Map<string, Map<number, number>>

const cursorKey = metaKey('sequence-cursor')
/** A batch copies what is put into it, so that one buffer serves for all values. */
const valueBytes = Buffer.alloc(8)

/** Opens the index; its cursor says from which journal entry on it must be fed. */
export async function openSequences(db: Database): Promise<SequenceIndex> {
  const stored = await readValue(db, cursorKey)
  let covered = stored === undefined ? 0 : readCount(stored)
  let fresh: Overlay = new Map()
  let writing: Overlay = new Map()
  const turn = inTurn()

  async function write(cursor: number): Promise<void> {
    writing = fresh
    fresh = new Map()
    try {
      await attempt('writing the sequence index', () => store(db, writing, cursor))
      covered = cursor
    } catch (error) {
      putAll(writing, fresh)
      fresh = writing
      throw error
    } finally {
      writing = new Map()
    }
  }

  return {
    get cursor() {
      return covered
    },
    async find(device, seq) {
      const held = fresh.get(device)?.get(seq) ?? writing.get(device)?.get(seq)
      if (held !== undefined) return held
      const value = await readValue(db, countKey(prefixOf(tables.sequence, device), seq))
      return value === undefined ? undefined : readCount(value)
    },
    add(device, seq, index) {
      let known = fresh.get(device)
      if (known === undefined) {
        known = new Map()
        fresh.set(device, known)
      }
      known.set(seq, index)
    },
    async list(device, from, to, limit) {
      // The overlay first: what moves to the disk meanwhile is then seen twice, never missed.
      const found = new Map<number, number>()
      for (const overlay of [writing, fresh]) {
        for (const [seq, index] of overlay.get(device) ?? []) {
          if (seq >= from && seq <= to) found.set(seq, index)
        }
      }
      const prefix = prefixOf(tables.sequence, device)
      const end = to < Number.MAX_SAFE_INTEGER ? countKey(prefix, to + 1) : after(prefix)
      for await (const [key, value] of rows(db, countKey(prefix, from), end, limit)) {
        const seq = countOf(key)
        if (!found.has(seq)) found.set(seq, readCount(value))
      }
      return [...found]
        .sort((a, b) => a[0] - b[0])
        .slice(0, limit)
        .map(([seq, index]) => ({ seq, index }))
    },
    flush(cursor) {
      return turn(async () => {
        if (cursor !== covered || fresh.size > 0) await write(cursor)
      })
    },
  }
}

/** One batch, so that the cursor never says more than is there; the loop has its turns meanwhile. */
async function store(db: Database, overlay: Overlay, cursor: number): Promise<void> {
  const batch = db.batch()
  try {
    let done = 0
    for (const [device, known] of overlay) {
      const key = countKey(prefixOf(tables.sequence, device), 0)
      for (const [seq, index] of known) {
        writeCount(key, seq, key.length - 8)
        writeCount(valueBytes, index, 0)
        batch.put(key, valueBytes)
        done++
        if (done % levelPutsPerTurn === 0) await nextTurn()
      }
    }
    batch.put(cursorKey, countBytes(cursor))
    await batch.write()
  } catch (error) {
    await batch.close()
    throw error
  }
}

/** Puts what `from` holds over `into`. */
function putAll(into: Overlay, from: Overlay): void {
  for (const [device, known] of from) {
    const held = into.get(device)
    if (held === undefined) into.set(device, known)
    else for (const [seq, index] of known) held.set(seq, index)
  }
}

/** Logs and witnesses of the tests, each made from a number. */

import { concat, utf8 } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign } from '../../gateway/core/crypto.js'
import { formatCheckpoint } from '../../gateway/core/log/checkpoint.js'
import { formatVkey, type KeyType, type NoteKey } from '../../gateway/core/log/note.js'
import { consistencyPath, hashBytes, leafHash, rootAt } from '../../gateway/core/log/tree.js'

export interface TestKey extends NoteKey {
  vkey: string
  sign(message: Uint8Array): Uint8Array
}

export function testKey(name: string, fill: number, type: KeyType): TestKey {
  const seed = new Uint8Array(32).fill(fill)
  const key = { name, publicKey: ed25519PublicKey(seed) }
  return { ...key, vkey: formatVkey(key, type), sign: (message) => ed25519Sign(message, seed) }
}

/** A log in memory whose entries are texts. */
export interface TestLog {
  /** Hashes of level 0. */
  read(level: number, start: number, count: number): Promise<Uint8Array>
  root(size: number): Promise<Uint8Array>
  proof(from: number, to: number): Promise<Uint8Array[]>
  /** The signed checkpoint of the first `size` entries. */
  note(size: number): Promise<string>
}

export function testLogOf(key: TestKey, entries: readonly string[]): TestLog {
  const leaves = concat(...entries.map((entry) => leafHash(utf8(entry))))
  const read = async (_: number, start: number, count: number): Promise<Uint8Array> =>
    leaves.subarray(start * hashBytes, (start + count) * hashBytes)
  const root = (size: number): Promise<Uint8Array> => rootAt(read, size)
  return {
    read,
    root,
    proof: (from, to) => consistencyPath(read, from, to),
    note: async (size) =>
      formatCheckpoint({ origin: key.name, size, root: await root(size) }, key.publicKey, key.sign),
  }
}

export function entriesOf(count: number, from = 0, word = 'entry'): string[] {
  return Array.from({ length: count }, (_, i) => `${word} ${from + i}`)
}

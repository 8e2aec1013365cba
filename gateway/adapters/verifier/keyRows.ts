/**
 * Key changes on their way to a worker: 41 bytes each, so that thousands of keys at start are one
 * buffer and not thousands of objects: u8 1 to set and 0 to take away, kid 8, key 32.
 */
const rowBytes = 41
const kidBytes = 8

/** A kid, 8 bytes, and its key, 32 bytes, `undefined` to take it away. */
export interface KeyChange {
  kid: Uint8Array
  key: Uint8Array | undefined
}

export function packKeys(changes: readonly KeyChange[]): Uint8Array {
  const rows = new Uint8Array(changes.length * rowBytes)
  changes.forEach(({ kid, key }, i) => {
    const at = i * rowBytes
    rows.set(kid, at + 1)
    if (key === undefined) return
    rows[at] = 1
    rows.set(key, at + 1 + kidBytes)
  })
  return rows
}

/** The changes in order; kids and keys are views of `rows`. */
export function unpackKeys(rows: Uint8Array): KeyChange[] {
  const changes: KeyChange[] = []
  for (let at = 0; at < rows.length; at += rowBytes) {
    const row = rows.subarray(at, at + rowBytes)
    const key = row[0] === 1 ? row.subarray(1 + kidBytes) : undefined
    changes.push({ kid: row.subarray(1, 1 + kidBytes), key })
  }
  return changes
}

/** Paths of a proof file, and where they lead. */
import { equal, fromB64u } from '../bytes.js'
import { hashBytes, rootFromInclusion } from '../log/tree.js'
import { accept, type Result, refuse } from '../verdict.js'

/** An inclusion path as the file has it. */
export interface Inclusion {
  index: number
  size: number
  path: readonly string[]
}

/**
 * Refuses unless the path leads from the leaf to the root (RFC 9162 section 2.1.3.2). For people:
 * `name` is the field that holds index and path, `leafName` and `rootName` what they lead between.
 */
export function requireIncluded(
  leaf: Uint8Array,
  { index, size, path }: Inclusion,
  root: Uint8Array,
  { name, leafName, rootName }: { name: string; leafName: string; rootName: string },
): Result<undefined> {
  if (index >= size)
    return refuse('malformed', `${name}.index ${index} is not below the size ${size}`)
  const hashes: Uint8Array[] = []
  for (const [i, encoded] of path.entries()) {
    const hash = fromB64u(encoded)
    if (hash?.length !== hashBytes)
      return refuse('malformed', `${name}.path[${i}] is not 32 bytes of b64u`)
    hashes.push(hash)
  }
  const reached = rootFromInclusion(leaf, index, size, hashes)
  if (reached === undefined)
    return refuse(
      'malformed',
      `${name}.path has ${path.length} hashes, not what index and size need`,
    )
  return equal(reached, root)
    ? accept(undefined)
    : refuse('malformed', `${name}.path does not lead from ${leafName} to ${rootName}`)
}

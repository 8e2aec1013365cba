/** Sources of others that the project does not ship: each file's SHA-256 is pinned. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The files that `pins` names, out of the folder `from`, as `{ path, bytes }`. Throws where one is not
 * the pinned one.
 */
export function pinnedFiles(pins, from) {
  return Object.entries(pins.files).map(([path, pinned]) => {
    const bytes = readFileSync(join(from, path))
    const found = createHash('sha256').update(bytes).digest('hex')
    if (found !== pinned)
      throw new Error(`${pins.package} ${path} has SHA-256 ${found}, pinned is ${pinned}`)
    return { path, bytes }
  })
}

/** Writes files `{ name, bytes }`; those that are there already are left alone, so builds stay fresh. */
export function writeFresh(files, to) {
  mkdirSync(to, { recursive: true })
  for (const { name, bytes } of files) {
    const path = join(to, name)
    if (!isSame(path, bytes)) writeFileSync(path, bytes)
  }
  return to
}

function isSame(path, bytes) {
  try {
    return bytes.equals(readFileSync(path))
  } catch {
    return false
  }
}

/**
 * Copies the C sources of Ed25519 that boards are built with out of the npm package ed25519-supercop
 * (orlp's ref10, zlib licence) into the library. Each file's SHA-256 is pinned in ed25519.json; one
 * that differs stops the copy. The copies are git-ignored: the project ships no cryptography of others.
 *
 *   node devices/tools/ed25519.mjs
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pinnedFiles, writeFresh } from './pinned.mjs'

const folder = dirname(fileURLToPath(import.meta.url))
const pins = JSON.parse(readFileSync(join(folder, 'ed25519.json'), 'utf8'))

/** What to run where the package is not installed. */
export const installCommand = `npm install --no-save ${pins.package}@${pins.version}`

/** Where the copies go; Arduino and PlatformIO compile all that lies below the library's src. */
export const ed25519Folder = join(folder, '../arduino/FieldProof/src/ed25519')

/**
 * The pinned files as `{ name, bytes }`, the licence among them. Throws where the package is not
 * installed (`code` MODULE_NOT_FOUND) or a file is not the pinned one.
 */
export function ed25519Sources() {
  const require = createRequire(import.meta.url)
  const from = dirname(require.resolve(`${pins.package}/package.json`))
  const files = pinnedFiles(pins, join(from, pins.folder))
  return files.map(({ path, bytes }) => ({ name: basename(path), bytes }))
}

/** Writes the copies. */
export function copyEd25519(to = ed25519Folder) {
  return writeFresh(ed25519Sources(), to)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(`copied to ${copyEd25519()}`)
  } catch (error) {
    console.error(error.message)
    if (error.code === 'MODULE_NOT_FOUND') console.error(`run: ${installCommand}`)
    process.exitCode = error.code === 'MODULE_NOT_FOUND' ? 69 : 1
  }
}

/**
 * Copies the C sources of Ed25519 that an AVR is built with out of Debian's source of tinyssh (CC0)
 * into the library. Each file's SHA-256 is pinned in tinyssh.json; one that differs stops the copy. The
 * copies are git-ignored: the project ships no cryptography of others.
 *
 *   node devices/tools/tinyssh.mjs
 *
 * `apt-get source` needs a list of sources, which a machine may lack. This one has lists of its own, in
 * devices/.build, of the release that has the pinned version, from the machine's mirror: nothing of the
 * system is changed, and no right is needed.
 */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pinnedFiles, writeFresh } from './pinned.mjs'

const folder = dirname(fileURLToPath(import.meta.url))
const pins = JSON.parse(readFileSync(join(folder, 'tinyssh.json'), 'utf8'))
const built = join(folder, '../.build')
const unpacked = join(built, `${pins.package}-${pins.version}`)
const keyrings = ['gpg', 'pgp'].map((end) => `/usr/share/keyrings/debian-archive-keyring.${end}`)

/** Where the copies go; Arduino and PlatformIO look for headers there. */
export const tinysshFolder = join(folder, '../arduino/FieldProof/src/tinyssh')

/** Says why the source is not to be had, and what was run. */
export class FetchError extends Error {}

function run(command, args, cwd) {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const why = error.code === 'ENOENT' ? 'it is not installed' : `${error.stdout}${error.stderr}`
    throw new FetchError(
      `Debian's source of ${pins.package} ${pins.version} is needed for an AVR's Ed25519, and this ` +
        `failed:\n  ${command} ${args.join(' ')}\n${why}`,
    )
  }
}

/** The mirror that this machine has Debian from, whatever form its lists have. */
function mirror() {
  const said = run('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Created-By: Packages'])
  return said.split('\n').find((uri) => /\/debian\/?$/.test(uri)) ?? pins.archive
}

function fetchInto(home) {
  for (const name of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(home, name), { recursive: true })
  const keyring = keyrings.find((path) => existsSync(path))
  const signed = keyring === undefined ? '' : `[signed-by=${keyring}] `
  writeFileSync(join(home, 'list'), `deb-src ${signed}${mirror()} ${pins.suite} main\n`)
  const own = {
    'Dir::Etc::sourcelist': join(home, 'list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(home, 'lists'),
    'Dir::Cache': join(home, 'cache'),
    'APT::Sandbox::User': 'root',
  }
  const options = Object.entries(own).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  run('apt-get', ['-q', ...options, 'update'], home)
  const what = ['source', '--download-only', '--only-source', `${pins.package}=${pins.version}`]
  run('apt-get', ['-q', ...options, ...what], home)
  const archive = readdirSync(home).find((name) => name.includes('.orig.tar.'))
  if (archive === undefined) throw new FetchError(`no .orig.tar in ${home}`)
  mkdirSync(join(home, 'source'))
  run('tar', ['-xf', archive, '-C', 'source', '--strip-components=1'], home)
}

/** Fetches and unpacks the source, where that was not done before; its folder. */
function sourceFolder() {
  if (existsSync(unpacked)) return unpacked
  mkdirSync(built, { recursive: true })
  const home = mkdtempSync(join(built, 'fetch-'))
  try {
    fetchInto(home)
    pinnedFiles(pins, join(home, 'source'))
    if (!existsSync(unpacked)) renameSync(join(home, 'source'), unpacked)
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
  return unpacked
}

/**
 * The pinned files as `{ name, bytes }`, the licence among them. C files are named `.inc`: the library
 * includes them. Throws a FetchError where the source cannot be had, and where a file is another one.
 */
export function tinysshSources() {
  return pinnedFiles(pins, sourceFolder()).map(({ path, bytes }) => ({
    name: basename(path).replace(/\.c$/, '.inc'),
    bytes,
  }))
}

/** Writes the copies. */
export function copyTinyssh(to = tinysshFolder) {
  return writeFresh(tinysshSources(), to)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(`copied to ${copyTinyssh()}`)
  } catch (error) {
    console.error(error.message)
    process.exitCode = error instanceof FetchError ? 69 : 1
  }
}

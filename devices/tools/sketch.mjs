/**
 * Builds a sketch for an Arduino Mega 2560 with Debian's arduino-builder, as Arduino's IDE does, and
 * prints the paths of the ELF and the flash content:
 *
 *   node devices/tools/sketch.mjs devices/arduino/FieldProof/examples/MegaMinimal [-DNAME=VALUE | -IFOLDER ...]
 *
 * What was built is kept in devices/.build by the hash of what it is made of.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copyTinyssh, FetchError } from './tinyssh.mjs'

const devices = join(dirname(fileURLToPath(import.meta.url)), '..')
const library = join(devices, 'arduino/FieldProof')
const built = join(devices, '.build/sketches')
const hardware = '/usr/share/arduino/hardware'
/** Debian's additions to the hardware: where it has the tool that finds a sketch's functions. */
const builder = '/usr/share/arduino-builder'
const packages = 'arduino-builder arduino-core-avr gcc-avr avr-libc'
/** Arduino's core takes a constant of C++11 that avr-libc has for C only. */
const needed = '-DDECIMAL_DIG=__DECIMAL_DIG__'

class BuildError extends Error {}

function run(command, args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new BuildError(`${command} is not installed: sudo apt-get install ${packages}`)
    throw new BuildError(`${command} ${args.join(' ')}\n${error.stdout}${error.stderr}`)
  }
}

function hashOf(folder, defines) {
  const hash = createHash('sha256').update(defines.join(' '))
  const files = ['src', '../../tools/sketch.mjs', '../../tools/tinyssh.json'].flatMap((name) => {
    const path = join(library, name)
    return name === 'src' ? readdirSync(path).map((file) => join(path, file)) : [path]
  })
  const included = defines.filter((flag) => flag.startsWith('-I')).map((flag) => flag.slice(2))
  for (const place of [folder, ...included])
    files.push(...readdirSync(place).map((name) => join(place, name)))
  for (const path of files.filter((one) => /\.\w+$/.test(one)).sort())
    hash.update(path).update('\0').update(readFileSync(path))
  return hash.digest('hex').slice(0, 24)
}

/** The library as it is, and tinyssh's sources whether or not the library has copies of them. */
function stage(home) {
  const to = join(home, 'libraries/FieldProof')
  const isCopy = (path) => /\/src\/(ed25519|tinyssh)$/.test(path)
  cpSync(library, to, { recursive: true, filter: (path) => !isCopy(path) })
  copyTinyssh(join(to, 'src/tinyssh'))
}

function compile(folder, defines, home) {
  mkdirSync(join(home, 'build'))
  const flags = [needed, ...defines].join(' ')
  run('arduino-builder', [
    ...['-compile', '-quiet', '-fqbn', 'arduino:avr:mega:cpu=atmega2560'],
    ...['-hardware', hardware, '-hardware', builder, '-tools', builder],
    ...['-built-in-libraries', join(hardware, 'arduino/avr/libraries')],
    ...['-libraries', join(home, 'libraries'), '-build-path', join(home, 'build')],
    ...['-prefs', `compiler.cpp.extra_flags=${flags}`, '-prefs', `compiler.c.extra_flags=${flags}`],
    join(folder, `${basename(folder)}.ino`),
  ])
  const elf = join(home, 'build', `${basename(folder)}.ino.elf`)
  const parts = ['-R', '.eeprom', '-R', '.fuse', '-R', '.lock', '-R', '.signature']
  run('avr-objcopy', ['-O', 'binary', ...parts, elf, join(home, 'flash.bin')])
  renameSync(elf, join(home, 'sketch.elf'))
}

/** Builds the sketch in `folder`; returns the paths of its ELF and its flash content. */
export function buildSketch(folder, defines = []) {
  const to = join(built, `${basename(folder)}-${hashOf(folder, defines)}`)
  if (!existsSync(to)) {
    mkdirSync(built, { recursive: true })
    const home = mkdtempSync(join(built, 'fresh-'))
    try {
      stage(home)
      compile(folder, defines, home)
      for (const part of ['libraries', 'build']) rmSync(join(home, part), { recursive: true })
      if (!existsSync(to)) renameSync(home, to)
    } finally {
      rmSync(home, { recursive: true, force: true })
    }
  }
  return { elf: join(to, 'sketch.elf'), flash: join(to, 'flash.bin') }
}

function main([folder, ...defines]) {
  if (folder === undefined || defines.some((one) => !/^-[DI]/.test(one))) {
    console.error('usage: node devices/tools/sketch.mjs FOLDER [-DNAME=VALUE | -IFOLDER ...]')
    process.exit(2)
  }
  try {
    console.log(JSON.stringify(buildSketch(resolve(folder), defines)))
  } catch (error) {
    const isKnown = error instanceof FetchError || error instanceof BuildError
    console.error(isKnown ? error.message : error)
    process.exit(isKnown ? 69 : 1)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2))

/**
 * Builds an image for a board of boards/ and prints the paths of the ELF and the flash content:
 *
 *   node devices/tools/build.mjs rp2040 echo [-DNAME=VALUE ...]
 *
 * Needs the board's compiler alone. Objects are kept in devices/.build by the hash of what they are
 * made of, so that a second build takes no time, and two at once do not disturb each other.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copyEd25519, ed25519Folder, installCommand } from './ed25519.mjs'

const devices = join(dirname(fileURLToPath(import.meta.url)), '..')
const boards = join(devices, 'boards')
const library = join(devices, 'arduino/FieldProof/src')
const built = join(devices, '.build')

/** Small, warnings are errors in our own code, and nothing of a C library but four functions. */
const common = [
  '-std=gnu11',
  '-Os',
  '-ffreestanding',
  '-ffunction-sections',
  '-fdata-sections',
  '-fno-tree-loop-distribute-patterns',
  '-fno-common',
  '-g0',
]
const own = ['-Wall', '-Wextra', '-Werror']
/** The authors' code shifts negative numbers and has no seed source here. */
const foreign = ['-w', '-fwrapv', '-DED25519_NO_SEED']

class BuildError extends Error {}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', (chunk) => (said += chunk))
    child.stderr.on('data', (chunk) => (said += chunk))
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(said) : reject(new BuildError(said))))
  })
}

function filesIn(folder, ending) {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(folder, name))
}

function hashOf(parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex').slice(0, 24)
}

/** What a board is built from; throws where there is no such board. */
export function readBoard(name) {
  const file = join(boards, name, 'board.json')
  if (!existsSync(file)) {
    const known = readdirSync(boards).filter((one) => existsSync(join(boards, one, 'board.json')))
    throw new BuildError(`no board ${name}; there are ${known.join(', ')}`)
  }
  return JSON.parse(readFileSync(file, 'utf8'))
}

function sourcesOf(board, image) {
  const program = join(boards, 'images', `${image}.c`)
  if (!existsSync(program)) throw new BuildError(`no image ${image} in devices/boards/images`)
  const signer = filesIn(ed25519Folder, '.c').map((path) => ({ path, flags: foreign }))
  const ours = [
    program,
    ...board.sources.map((path) => join(boards, path)),
    ...filesIn(library, '.c'),
  ]
  return [...ours.map((path) => ({ path, flags: own })), ...signer]
}

/** Compiles what is not there yet, at most one file per core at a time; returns the objects. */
async function compile(name, board, sources, defines) {
  const folders = ['common', 'common/vectors', name].map((folder) => join(boards, folder))
  const includes = [...folders, library, ed25519Folder]
  if (!board.libc) includes.push(join(boards, 'common/include'))
  const headers = hashOf(
    includes.flatMap((folder) => filesIn(folder, '.h')).map((path) => readFileSync(path)),
  )
  const compiler = `${board.compiler}gcc`
  const folder = join(built, name)
  mkdirSync(folder, { recursive: true })
  const jobs = sources.map(({ path, flags }) => {
    const args = [
      ...common,
      ...board.flags,
      ...flags,
      ...(path.includes('/images/') ? defines : []),
    ]
    const hash = hashOf([compiler, headers, args.join(' '), readFileSync(path)])
    return { path, args, object: join(folder, `${basename(path, '.c')}-${hash}.o`) }
  })
  const waiting = jobs.filter(({ object }) => !existsSync(object))
  const work = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      const fresh = `${job.object}.${process.pid}`
      const include = includes.map((path) => `-I${path}`)
      await run(compiler, [...job.args, ...include, '-c', job.path, '-o', fresh])
      renameSync(fresh, job.object)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return jobs.map(({ object }) => object)
}

/** Builds `image` for the board `name`; returns the paths of its ELF and its flash content. */
export async function build(name, image, defines = []) {
  const board = readBoard(name)
  copyEd25519()
  const objects = await compile(name, board, sourcesOf(board, image), defines)
  const stem = join(
    built,
    name,
    `${image}-${hashOf([...objects, readFileSync(join(boards, name, 'link.ld')), readFileSync(join(boards, 'common/sections.ld'))])}`,
  )
  const paths = { elf: `${stem}.elf`, flash: `${stem}.bin` }
  if (existsSync(paths.flash)) return paths
  const fresh = `${stem}.${process.pid}`
  const script = ['-T', join(boards, name, 'link.ld'), '-L', join(boards, 'common')]
  await run(`${board.compiler}gcc`, [
    ...board.flags,
    '-nostartfiles',
    '-nostdlib',
    '-Wl,--gc-sections',
    ...script,
    ...objects,
    '-lgcc',
    '-o',
    `${fresh}.elf`,
  ])
  await run(`${board.compiler}objcopy`, ['-O', 'binary', `${fresh}.elf`, `${fresh}.bin`])
  renameSync(`${fresh}.elf`, paths.elf)
  renameSync(`${fresh}.bin`, paths.flash)
  return paths
}

async function main([name, image, ...defines]) {
  if (name === undefined || image === undefined || defines.some((one) => !one.startsWith('-D'))) {
    console.error('usage: node devices/tools/build.mjs BOARD IMAGE [-DNAME=VALUE ...]')
    process.exit(2)
  }
  try {
    console.log(JSON.stringify(await build(name, image, defines)))
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') {
      console.error(`Ed25519's sources are not here, run: ${installCommand}`)
      process.exit(69)
    }
    if (error.code === 'ENOENT') {
      console.error(
        `${error.path} is not installed: sudo apt-get install ${readBoard(name).package}`,
      )
      process.exit(69)
    }
    console.error(error instanceof BuildError ? error.message : error)
    process.exit(1)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))

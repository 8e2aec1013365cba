/** Builds the firmware library for this machine, and talks to it. */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { projectRoot } from './root.js'

const devices = join(projectRoot(), 'devices')

/** The library's folder of C sources and headers. */
export const librarySources = join(devices, 'arduino/FieldProof/src')

/** Flags under which all C of the project compiles without a warning. */
export const strictFlags = ['-std=c99', '-pedantic', '-Wall', '-Wextra', '-Wconversion', '-Werror']

export const sanitizeFlags = [
  '-g',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=undefined',
]

/** C files of a folder, sorted. */
export function cFilesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.c'))
    .sort()
    .map((name) => join(folder, name))
}

/** A folder for what is built; removed by the function that comes with it. */
export function buildFolder(): { folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'fieldproof-c-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The tool that copies the pinned Ed25519 sources. */
export interface Ed25519Tool {
  ed25519Sources(): { name: string; bytes: Buffer }[]
  copyEd25519(to?: string): string
}

export async function ed25519Tool(): Promise<Ed25519Tool> {
  return await import(pathToFileURL(join(devices, 'tools/ed25519.mjs')).href)
}

/** The tool that copies the pinned sources of tinyssh, which it fetches where they are not there yet. */
export interface TinysshTool {
  tinysshSources(): { name: string; bytes: Buffer }[]
  copyTinyssh(to?: string): string
}

export async function tinysshTool(): Promise<TinysshTool> {
  return await import(pathToFileURL(join(devices, 'tools/tinyssh.mjs')).href)
}

/** Compiles C files to objects in `cwd`, all with one run of the compiler; rejects with what it says. */
export async function compile(
  compiler: readonly string[],
  flags: readonly string[],
  files: readonly string[],
  cwd: string,
): Promise<void> {
  const [program, ...first] = compiler
  await promisify(execFile)(program!, [...first, ...flags, '-c', ...files], { cwd })
}

/**
 * Builds the host program: the library and its test commands under `flags`, the Ed25519 sources as
 * they come. Returns its path.
 */
export async function buildHost(
  compiler: string,
  flags: readonly string[],
  folder: string,
): Promise<string> {
  const tool = await ed25519Tool()
  const ed25519 = tool.copyEd25519(join(folder, 'ed25519'))
  await compile([compiler], ['-O1', '-fwrapv'], cFilesOf(ed25519), ed25519)
  const objects = readdirSync(ed25519).filter((name) => name.endsWith('.o'))
  const program = join(folder, 'host')
  await promisify(execFile)(compiler, [
    ...strictFlags,
    ...flags,
    `-I${folder}`,
    `-I${librarySources}`,
    ...cFilesOf(join(devices, 'test/host')),
    ...cFilesOf(librarySources),
    ...objects.map((name) => join(ed25519, name)),
    '-o',
    program,
  ])
  return program
}

/** Runs commands through the host program; the lines that answer each. */
export function runHost(program: string, commands: readonly string[]): string[][] {
  const { stdout, stderr, status } = spawnSync(program, {
    input: `${commands.join('\n')}\n`,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (status !== 0) throw new Error(`host program: exit ${status}: ${stderr}`)
  const answers: string[][] = [[]]
  for (const line of stdout.split('\n'))
    if (line === '.') answers.push([])
    else answers.at(-1)!.push(line.replace(/\r$/, ''))
  return answers.slice(0, -1)
}

/** A host program that keeps running, for tests that answer what the board says. */
export class HostSession {
  readonly #child: ChildProcess
  readonly #waiting: ((lines: string[]) => void)[] = []
  #lines: string[] = []
  #said = ''

  constructor(program: string) {
    this.#child = spawn(program, { stdio: 'pipe' })
    this.#child.stderr!.on('data', (text) => {
      this.#said += text
    })
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#take(line))
    this.#child.on('exit', () => {
      for (const resolve of this.#waiting.splice(0)) resolve([`! died ${this.#said}`])
    })
  }

  /** Sends a command; the lines that answer it. */
  ask(...words: (string | number)[]): Promise<string[]> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#child.stdin!.write(`${words.join(' ')}\n`)
    })
  }

  close(): void {
    this.#child.kill()
  }

  #take(line: string): void {
    if (line !== '.') {
      this.#lines.push(line)
      return
    }
    const lines = this.#lines
    this.#lines = []
    this.#waiting.shift()?.(lines)
  }
}

/** Bytes of text and data in objects, by a binutils `size` of the compiler's family. */
export function textBytes(size: string, folder: string): number {
  const objects = readdirSync(folder).filter((name) => name.endsWith('.o'))
  const rows = execFileSync(size, objects, { cwd: folder, encoding: 'utf8' }).trim().split('\n')
  return rows.slice(1).reduce((sum, row) => {
    const [text, data] = row.trim().split(/\s+/).map(Number)
    return sum + text! + data!
  }, 0)
}

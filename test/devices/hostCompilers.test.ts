import { execFile, spawnSync } from 'node:child_process'
import { appendFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { toB64u } from '../../gateway/core/bytes.js'
import { formatSentence } from '../../gateway/core/frame/sentence.js'
import {
  buildFolder,
  cFilesOf,
  compile,
  ed25519Tool,
  librarySources,
  sanitizeFlags,
  strictFlags,
  textBytes,
} from '../support/firmware.js'
import { projectRoot } from '../support/root.js'
import { hexBytes, vectorText } from '../support/vectors.js'

const test = join(projectRoot(), 'devices/test')
const freestanding = ['-ffreestanding', `-I${join(test, 'freestanding')}`]

/** Compilers of the boards that people have; `size` measures what came out. */
const targets = [
  { name: 'gcc', compiler: ['gcc'], size: 'size' },
  { name: 'clang', compiler: ['clang'], size: 'size' },
  {
    name: 'Cortex-M0+ (RP2040, SAMD21)',
    compiler: ['arm-none-eabi-gcc', '-mcpu=cortex-m0plus', '-mthumb', ...freestanding],
    size: 'arm-none-eabi-size',
  },
  {
    name: 'Cortex-M3 (STM32F1)',
    compiler: ['arm-none-eabi-gcc', '-mcpu=cortex-m3', '-mthumb', ...freestanding],
    size: 'arm-none-eabi-size',
  },
  { name: 'AVR (Mega 2560)', compiler: ['avr-gcc', '-mmcu=atmega2560'], size: 'avr-size' },
  {
    name: 'Xtensa (ESP8266)',
    compiler: ['xtensa-lx106-elf-gcc', '-mlongcalls', ...freestanding],
    size: 'xtensa-lx106-elf-size',
  },
  {
    name: 'RISC-V (ESP32-C3)',
    compiler: ['riscv64-unknown-elf-gcc', '-march=rv32imc', '-mabi=ilp32', ...freestanding],
    size: 'riscv64-unknown-elf-size',
  },
] as const

describe('the library compiles without a warning', () => {
  const { folder, remove } = buildFolder()
  afterAll(remove)

  it.each(targets)('for $name', async ({ name, compiler, size }) => {
    const cwd = join(folder, name.replaceAll(/\W/g, ''))
    mkdirSync(cwd)
    await compile(compiler, ['-Os', ...strictFlags], cFilesOf(librarySources), cwd)
    // The whole core; a board links the part that it calls.
    expect(textBytes(size, cwd)).toBeLessThan(40 * 1024)
  })

  it('as C++ as well, for sketches', async () => {
    const headers = ['fp_serial.h', 'fp_node.h', 'fp_provision.h', 'fp_ring.h', 'fp_mqtt.h']
    const file = join(folder, 'all.cpp')
    writeFileSync(file, headers.map((name) => `#include "${name}"\n`).join(''))
    const flags = ['-std=c++11', '-Wall', '-Wextra', '-Werror', `-I${librarySources}`]
    await compile(['g++'], flags, [file], folder)
  })
})

it('copies the pinned Ed25519 sources only', async () => {
  const { ed25519Sources } = await ed25519Tool()
  const names = ed25519Sources().map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(['license.txt', 'fe.c', 'ge.c', 'sc.c', 'sign.c']))
  expect(names).not.toContain('seed.c')
  const ignored = readFileSync(join(projectRoot(), '.gitignore'), 'utf8')
  expect(ignored).toContain('devices/arduino/FieldProof/src/ed25519/')
})

it('says what to install where the package is absent, and stops at a file that is another', () => {
  const { folder, remove } = buildFolder()
  const tools = join(projectRoot(), 'devices/tools')
  const copy = join(folder, 'devices/tools')
  cpSync(tools, copy, { recursive: true })
  const run = () => spawnSync(process.execPath, [join(copy, 'ed25519.mjs')], { encoding: 'utf8' })
  const absent = run()
  expect(absent.status).toBe(69)
  expect(absent.stderr).toContain('run: npm install --no-save ed25519-supercop@2.0.1')
  const installed = 'node_modules/ed25519-supercop'
  cpSync(join(projectRoot(), installed), join(folder, installed), { recursive: true })
  expect(run().status).toBe(0)
  appendFileSync(join(folder, installed, 'vendor/ed25519/src/sign.c'), ' ')
  const changed = run()
  expect([changed.status, changed.stderr]).toEqual([
    1,
    expect.stringMatching(/src\/sign\.c has SHA-256 [0-9a-f]{64}, pinned is [0-9a-f]{64}/),
  ])
  remove()
})

describe('any bytes on the serial port', () => {
  const { folder, remove } = buildFolder()
  afterAll(remove)

  it('break nothing: some thousand inputs of libFuzzer', async () => {
    const program = join(folder, 'fuzz')
    await promisify(execFile)('clang', [
      ...['-O1', ...sanitizeFlags, '-fsanitize=fuzzer', `-I${librarySources}`],
      ...[join(test, 'fuzz.c'), ...cFilesOf(librarySources), '-o', program],
    ])
    const corpus = seedCorpus(join(folder, 'corpus'))
    const { stderr } = await promisify(execFile)(
      program,
      // No look after a second for files of other fuzzers: it would run the seeds again, past the limit.
      ['-runs=2500', '-seed=5', '-max_len=1200', '-reload=0', '-close_fd_mask=1', corpus],
      { cwd: folder, maxBuffer: 16 * 1024 * 1024 },
    )
    expect(stderr).toMatch(/Done 2500 runs/)
  })
})

/** Lines that a board is sent, behind each kind of board: with and without a key. */
function seedCorpus(folder: string): string {
  mkdirSync(folder)
  const { lines } = JSON.parse(vectorText('serial')) as { lines: { line: string }[] }
  const { downlinks } = JSON.parse(vectorText('device')) as {
    downlinks: { kind: string; hex: string }[]
  }
  const types: Readonly<Record<string, string>> = { tm: 'TM', cm: 'CF', rc: 'RC' }
  const all = [
    ...lines.map(({ line }) => line),
    ...downlinks.map(({ kind, hex }) => formatSentence(types[kind]!, [toB64u(hexBytes(hex))])),
    formatSentence('PV', ['A'.repeat(43), 'testnet', '', '', '']),
    formatSentence('PS', ['ssid', 'aG9tZQ']),
    formatSentence('PE', []),
  ]
  for (const [i, line] of all.entries())
    for (const flags of [0, 1, 7])
      writeFileSync(join(folder, `${i}-${flags}`), `${String.fromCharCode(flags)}${line}\r\n`)
  return folder
}

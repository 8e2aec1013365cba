import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Point } from '@noble/ed25519'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign, ed25519Verify } from '../../gateway/core/crypto.js'
import {
  buildFolder,
  cFilesOf,
  librarySources,
  sanitizeFlags,
  strictFlags,
  tinysshTool,
} from '../support/firmware.js'
import { projectRoot } from '../support/root.js'

const order = 2n ** 252n + 27742317777372353535851937790883648493n
const test = join(projectRoot(), 'devices/test')

/** Bytes that are the same in every run. */
function bytesOf(what: string, length: number): Uint8Array {
  const hash = createHash('shake256', { outputLength: Math.max(1, length) })
  return new Uint8Array(hash.update(what).digest()).subarray(0, length)
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(bytes.slice().reverse())}`)
}

describe('the Ed25519 of an AVR, on this machine with ASan and UBSan', () => {
  const { folder, remove } = buildFolder()
  const program = join(folder, 'signer')
  const run = (commands: readonly string[]): string[] => {
    const { stdout, stderr, status } = spawnSync(program, { input: `${commands.join('\n')}\n` })
    expect([status, stderr.toString()]).toEqual([0, ''])
    const lines = stdout.toString().split('\n')
    expect(lines[commands.length]).toBe('test 1')
    return lines.slice(0, commands.length)
  }

  beforeAll(async () => {
    const tool = await tinysshTool()
    tool.copyTinyssh(join(folder, 'tinyssh'))
    // tinyssh shifts negative numbers.
    const flags = [...strictFlags, '-O2', '-fwrapv', ...sanitizeFlags, '-DFP_TINYSSH']
    const includes = [`-I${folder}`, `-I${librarySources}`]
    const files = [join(test, 'signer.c'), ...cFilesOf(librarySources)]
    await promisify(execFile)('gcc', [...flags, ...includes, ...files, '-o', program])
  })
  afterAll(remove)

  it('hashes as node:crypto does, at every length about a block’s end', () => {
    const messages = Array.from({ length: 300 }, (_, i) => bytesOf(`hash ${i}`, i))
    const expected = messages.map((one) => createHash('sha512').update(one).digest('hex'))
    expect(run(messages.map((one) => `h ${toHex(one)}`))).toEqual(expected)
  })

  it('makes the keys and signatures of the gateway’s library', () => {
    const edges = ['00'.repeat(32), 'ff'.repeat(32), `01${'00'.repeat(31)}`]
    const random = Array.from({ length: 1000 }, (_, i) => toHex(bytesOf(`seed ${i}`, 32)))
    const pairs = [...edges, ...random].map((seed, i) => ({
      seed: fromHex(seed)!,
      message: bytesOf(`message ${i}`, i % 400),
    }))
    const keys = pairs.map(({ seed }) => ed25519PublicKey(seed))
    expect(run(pairs.map(({ seed }) => `k ${toHex(seed)}`))).toEqual(keys.map(toHex))
    const commands = pairs.map(
      ({ seed, message }, i) => `s ${toHex(seed)} ${toHex(keys[i]!)} ${toHex(message)}`,
    )
    expect(run(commands)).toEqual(
      pairs.map(({ seed, message }) => toHex(ed25519Sign(message, seed))),
    )
  })

  it('judges signatures as the gateway’s library does: good, damaged, added to', () => {
    const cases = Array.from({ length: 800 }, (_, i) => {
      const seed = bytesOf(`judge ${i}`, 32)
      const key = ed25519PublicKey(seed)
      const message = bytesOf(`judged ${i}`, 1 + (i % 200))
      const signature = ed25519Sign(message, seed)
      const [where, bit] = bytesOf(`bit ${i}`, 2)
      const part = [signature.subarray(0, 32), signature.subarray(32), key, message][i % 8]
      if (part) part[where! % part.length]! ^= 1 << (bit! & 7)
      // The same point, another number for it.
      if (i % 8 === 4) {
        const more = littleEndian(signature.subarray(32)) + order
        signature.set(fromHex(more.toString(16).padStart(64, '0'))!.reverse(), 32)
      }
      return { signature, message, key }
    })
    const made = run(
      cases.map((one) => `v ${[one.signature, one.key, one.message].map(toHex).join(' ')}`),
    )
    const expected = cases.map(({ signature, message, key }) =>
      ed25519Verify(signature, message, key) ? '1' : '0',
    )
    expect(made).toEqual(expected)
    expect(expected.filter((one) => one === '1').length).toBe((cases.length / 8) * 3)
  })
})

it('has the multiples of the base point that it says', () => {
  const text = readFileSync(join(librarySources, 'fp_comb.h'), 'utf8')
  const table = [...text.matchAll(/0x([0-9a-f]{2})\b/g)].map(([, hex]) => hex).join('')
  const teeth = Array.from({ length: 5 }, (_, i) => Point.BASE.multiply(2n ** BigInt(51 * i)))
  const entries = Array.from({ length: 32 }, (_, n) => {
    const sum = teeth.reduce((all, tooth, i) => ((n >> i) & 1 ? all.add(tooth) : all), Point.ZERO)
    const { x, y } = sum.toAffine()
    return [x, y].map((one) => toHex(fromHex(one.toString(16).padStart(64, '0'))!.reverse()))
  })
  expect(table).toBe(entries.flat().join(''))
})

it('stops at a file of tinyssh that is another, and says what could not be fetched', async () => {
  const { tinysshSources } = await tinysshTool()
  expect(tinysshSources().map(({ name }) => name)).toContain('LICENCE')
  const { folder, remove } = buildFolder()
  const devices = join(projectRoot(), 'devices')
  const version = 'tinyssh-20230101-1'
  cpSync(join(devices, 'tools'), join(folder, 'devices/tools'), { recursive: true })
  mkdirSync(join(folder, 'devices/.build'))
  const from = join(devices, '.build', version)
  cpSync(from, join(folder, 'devices/.build', version), { recursive: true })
  const run = (env = {}) =>
    spawnSync(process.execPath, [join(folder, 'devices/tools/tinyssh.mjs')], {
      encoding: 'utf8',
      env: { ...process.env, ...env },
    })
  expect(run().status).toBe(0)
  appendFileSync(join(folder, 'devices/.build', version, 'crypto/ge25519.c'), ' ')
  const changed = run()
  expect([changed.status, changed.stderr]).toEqual([
    1,
    expect.stringMatching(/crypto\/ge25519\.c has SHA-256 [0-9a-f]{64}, pinned is [0-9a-f]{64}/),
  ])
  cpSync(join(folder, 'devices/tools'), join(folder, 'bare/devices/tools'), { recursive: true })
  const absent = spawnSync(process.execPath, [join(folder, 'bare/devices/tools/tinyssh.mjs')], {
    encoding: 'utf8',
    env: { PATH: folder },
  })
  expect([absent.status, absent.stderr]).toEqual([69, expect.stringContaining('apt-get ')])
  remove()
})

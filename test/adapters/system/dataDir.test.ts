import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openDataDir } from '../../../gateway/adapters/system/dataDir.js'
import { readRunFile } from '../../../gateway/adapters/system/runFile.js'
import { signerOf } from '../../../gateway/adapters/system/signer.js'
import { fromHex, toHex, utf8 } from '../../../gateway/core/bytes.js'
import { ed25519PublicKey, ed25519Sign, ed25519Verify } from '../../../gateway/core/crypto.js'
import { Failure } from '../../../gateway/core/failure.js'

const root = mkdtempSync(join(tmpdir(), 'fp-data-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const fresh = (): string => join(root, `d${folders++}`)

async function refusal(path: string): Promise<Failure> {
  const error = await openDataDir(path).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

describe('a new folder', () => {
  test('has its secrets at 0600, itself 0700, and keeps them', async () => {
    const path = fresh()
    const first = await openDataDir(path)
    expect(first.isNew).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    for (const name of ['gateway.key', 'operator.token'])
      expect(statSync(join(path, name)).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(path, 'gateway.key'))).toHaveLength(32)
    expect(first.operatorToken).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(ed25519Verify(first.signer.sign(utf8('x')), utf8('x'), first.signer.publicKey)).toBe(
      true,
    )
    await first.close()
    const second = await openDataDir(path)
    expect(second.isNew).toBe(false)
    expect(second.operatorToken).toBe(first.operatorToken)
    expect(second.signer.publicKey).toEqual(first.signer.publicKey)
    await second.close()
  })

  test('run.json stands from announcement to close', async () => {
    const dir = await openDataDir(fresh())
    const run = { pid: 1, url: 'http://127.0.0.1:1', mqtt: { host: '127.0.0.1', port: 2 } }
    await dir.announce(run)
    expect(await readRunFile(dir.path)).toEqual(run)
    await dir.close()
    expect(existsSync(dir.file('run.json'))).toBe(false)
  })

  test('a removed token is made anew', async () => {
    const dir = await openDataDir(fresh())
    await dir.close()
    unlinkSync(dir.file('operator.token'))
    const again = await openDataDir(dir.path)
    expect(again.operatorToken).not.toBe(dir.operatorToken)
    await again.close()
  })
})

describe('the lock', () => {
  test('one at a time, also within a process', async () => {
    const dir = await openDataDir(fresh())
    const failure = await refusal(dir.path)
    expect(failure.code).toBe('data')
    expect(failure.message).toMatch(/in use by another process.*--data-dir/)
    await dir.close()
    await (await openDataDir(dir.path)).close()
  })

  test('a killed holder holds nothing; its run.json is cleared', async () => {
    const path = fresh()
    const module = new URL('../../../gateway/adapters/system/dataDir.js', import.meta.url).href
    const script = `import { openDataDir } from ${JSON.stringify(module)}
      const dir = await openDataDir(${JSON.stringify(path)})
      await dir.announce({ pid: process.pid, url: 'http://127.0.0.1:9', mqtt: { host: 'h', port: 1 } })
      console.log('held'); setInterval(() => {}, 1000)`
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script])
    await new Promise((resolve) => holder.stdout.once('data', resolve))
    const failure = await refusal(path)
    expect(failure.message).toContain(`process ${holder.pid} at http://127.0.0.1:9`)
    const gone = new Promise((resolve) => holder.once('exit', resolve))
    holder.kill('SIGKILL')
    await gone
    const dir = await openDataDir(path)
    expect(existsSync(dir.file('run.json'))).toBe(false)
    await dir.close()
  })
})

describe('refuses', () => {
  test('a folder with other files, and leaves it as it was', async () => {
    const path = fresh()
    mkdirSync(path)
    writeFileSync(join(path, 'thesis.doc'), 'x')
    expect((await refusal(path)).message).toMatch(/thesis\.doc.*empty folder/)
    expect(existsSync(join(path, 'lock'))).toBe(false)
  })

  test('a file in its place', async () => {
    const path = fresh()
    writeFileSync(path, '')
    expect((await refusal(path)).code).toBe('data')
  })

  test('another version', async () => {
    const dir = await openDataDir(fresh())
    await dir.close()
    writeFileSync(dir.file('version'), 'fieldproof-data 2\n')
    expect((await refusal(dir.path)).message).toContain('fieldproof-data 2')
  })

  test('a log without its key, rather than making another', async () => {
    const dir = await openDataDir(fresh())
    await dir.close()
    unlinkSync(dir.file('gateway.key'))
    expect((await refusal(dir.path)).message).toMatch(/gateway\.key is missing.*backup/)
    expect(existsSync(dir.file('gateway.key'))).toBe(false)
  })

  test('a key that others may read, or that is none', async () => {
    const dir = await openDataDir(fresh())
    await dir.close()
    chmodSync(dir.file('gateway.key'), 0o644)
    const failure = await refusal(dir.path)
    expect(failure.code).toBe('permission')
    expect(failure.message).toContain(`chmod 600 ${dir.file('gateway.key')}`)
    chmodSync(dir.file('gateway.key'), 0o600)
    writeFileSync(dir.file('gateway.key'), 'short')
    expect((await refusal(dir.path)).message).toContain('5 bytes')
  })

  test('a folder that the system denies', async (context) => {
    if (process.getuid?.() === 0) {
      // Root may write everywhere; nobody may not.
      const path = fresh()
      mkdirSync(path, { mode: 0o700 })
      chmodSync(root, 0o755)
      const module = new URL('../../../gateway/adapters/system/dataDir.js', import.meta.url).href
      const script = `process.setuid(65534)
        const { openDataDir } = await import(${JSON.stringify(module)})
        await openDataDir(${JSON.stringify(path)}).catch((e) => console.log(e.code, e.message))`
      const child = spawnSync(process.execPath, ['--input-type=module', '-e', script])
      expect(child.stdout.toString(), child.stderr.toString()).toMatch(/^permission no permission/)
      return
    }
    context.annotate('run as a user: the folder itself is made unreadable')
    const path = fresh()
    mkdirSync(path, { mode: 0o000 })
    expect((await refusal(path)).code).toBe('permission')
  })
})

test('the signer is RFC 8032 test 1', () => {
  const seed = fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')!
  const signer = signerOf(seed)
  expect(signer.publicKey).toEqual(ed25519PublicKey(seed))
  expect(toHex(signer.sign(new Uint8Array()))).toBe(
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  )
  expect(signer.sign(utf8('m'))).toEqual(ed25519Sign(utf8('m'), seed))
})

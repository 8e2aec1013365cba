import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatAddCheckpoint } from '../../gateway/core/log/addCheckpoint.js'
import { isLineOf, openCosignature } from '../../gateway/core/log/cosignature.js'
import { parseNote, parseSignatures, parseVkey } from '../../gateway/core/log/note.js'
import { fieldproof } from '../support/cli.js'
import { temporaryFolder } from '../support/gateway.js'
import { entriesOf, type TestLog, testKey, testLogOf } from '../support/witness.js'
import { type RunningTestWitness, startWitness } from '../support/witnessProcess.js'

const key = testKey('fieldproof/testnet/aaaaaaaaaaaaa', 1, 'note')
const log = testLogOf(key, entriesOf(300))
const forked = testLogOf(key, entriesOf(300, 0, 'other'))

async function requestOf(from: number, to: number, of: TestLog = log): Promise<string> {
  const [proof, checkpoint] = [await of.proof(from, to), await of.note(to)]
  return formatAddCheckpoint({ oldSize: from, proof, checkpoint })
}

/** Whether an answer's line is the cosignature of this witness under the checkpoint of this size. */
async function isCosigned(body: string, size: number, vkey: string): Promise<boolean> {
  const witness = parseVkey(vkey, 'cosignature')
  const lines = parseSignatures(body)
  const note = parseNote(await log.note(size))
  if (!witness.ok || !lines.ok || !note.ok) return false
  const [line] = lines.value
  return (
    isLineOf(line!, witness.value) &&
    openCosignature(note.value.text, line!, witness.value).ok &&
    lines.value.length === 1
  )
}

describe('a witness process', () => {
  let witness: RunningTestWitness
  beforeAll(async () => {
    witness = await startWitness({ logs: [key.vkey] })
  })
  afterAll(() => witness.kill())

  it('cosigns growth, and answers the statuses of C2SP', async () => {
    const first = await witness.add(await requestOf(0, 5))
    expect(first.status).toBe(200)
    expect(await isCosigned(first.body, 5, witness.vkey)).toBe(true)
    const second = await witness.add(await requestOf(5, 9))
    expect(second.status).toBe(200)
    expect(await isCosigned(second.body, 9, witness.vkey)).toBe(true)
    expect((await witness.add(await requestOf(9, 9))).status).toBe(200)
    expect(await witness.add(await requestOf(5, 9))).toEqual({
      status: 409,
      type: 'text/x.tlog.size',
      body: '9\n',
    })
    expect((await witness.add((await requestOf(9, 12)).replace(/\n.{44}\n/, '\n'))).status).toBe(
      422,
    )
    const spoiled = (await requestOf(9, 12)).replace('\n12\n', '\n13\n')
    expect((await witness.add(spoiled)).status).toBe(403)
    expect((await witness.add((await requestOf(9, 12)).replaceAll(key.name, 'x'))).status).toBe(404)
    expect((await witness.add('hello')).status).toBe(400)
    expect((await witness.add('old 13\n\nhello')).status).toBe(404)
  })

  it('takes one route, one method and a body of a size', async () => {
    const get = await fetch(`${witness.url}/add-checkpoint`)
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
    expect((await fetch(`${witness.url}/other`, { method: 'POST', body: 'x' })).status).toBe(404)
    expect((await witness.add('x'.repeat(400_000))).status).toBe(413)
  })

  it('signs one of two trees that are sent at once, and keeps the other as evidence', async () => {
    const [mine, other] = [await requestOf(9, 15), await requestOf(9, 15, forked)]
    const all = await Promise.all([mine, other, mine, other].map((body) => witness.add(body)))
    const won = all.findIndex(({ status }) => status === 200)
    expect(won).toBe(0)
    expect(all.map(({ status }) => status)).toEqual([200, 409, 409, 409])
    const [file, ...more] = readdirSync(join(witness.dir, 'forks'))
    expect(more).toEqual([])
    expect(file).toMatch(/^[0-9a-f]{16}-15-15\.json$/)
    expect(witness.output()).toMatch(/FORK of fieldproof\/testnet\/a+: its key signed two trees/)
  })

  it('lets nobody else into its folder, and keeps its name', async () => {
    const { dir } = witness
    const flags = ['witness', '--dir', dir, '--port', '0', '--log', key.vkey]
    const second = await fieldproof(flags)
    expect([second.code, second.err]).toEqual([73, expect.stringContaining('another witness')])
    expect(await witness.stop()).toBe(0)
    const renamed = await fieldproof([...flags, '--name', 'witness.example/w2'])
    expect([renamed.code, renamed.err]).toEqual([2, expect.stringContaining('w1')])
    expect(statSync(join(dir, 'witness.key')).mode & 0o777).toBe(0o600)
  })
})

it('says what it needs', async () => {
  const dir = join(temporaryFolder(), 'new')
  const run = (...flags: string[]) => fieldproof(['witness', '--dir', dir, '--port', '0', ...flags])
  const nothing = await run()
  expect([nothing.code, nothing.err]).toEqual([2, expect.stringContaining('--log')])
  const nameless = await run('--log', key.vkey)
  expect([nameless.code, nameless.err]).toEqual([2, expect.stringContaining('--name')])
  expect(existsSync(join(dir, 'witness.key'))).toBe(false)
  const policy = join(temporaryFolder(), 'policy.txt')
  writeFileSync(policy, 'log x\nquorum none\n')
  const wrong = await run('--name', 'w', '--logs', policy)
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('line 1')])
})

describe('kill -9', () => {
  it('at any moment forgets nothing that was signed', async () => {
    const dir = temporaryFolder('witness')
    let signed = 0
    let size = 0
    for (let life = 0; life < 8; life++) {
      const witness = await startWitness({ logs: [key.vkey], dir })
      // What was made durable before the kill may be above what was answered, never below.
      const probe = await witness.add(await requestOf(0, 1))
      size = probe.status === 200 ? 1 : Number(probe.body)
      expect([size >= signed, size, signed]).toEqual([true, size, signed])
      expect((await witness.add(await requestOf(size, size))).status).toBe(200)
      expect((await witness.add(await requestOf(size, size, forked))).status).toBe(409)
      signed = await growUntilKilled(witness, size, life)
    }
    expect(signed).toBeGreaterThanOrEqual(8 * 3)
  })
})

/**
 * Sends growth, one entry at a time; from the third answer on the witness is killed `delayMs` later,
 * wherever it is then: reading, at the disk, between disk and answer. The last size cosigned.
 */
async function growUntilKilled(
  witness: RunningTestWitness,
  from: number,
  delayMs: number,
): Promise<number> {
  let size = from
  for (;;) {
    if (size === from + 3) setTimeout(() => void witness.kill(), delayMs)
    const answer = await witness.add(await requestOf(size, size + 1)).catch(() => undefined)
    if (answer === undefined) break
    expect(answer.status).toBe(200)
    size += 1
  }
  await witness.kill()
  return size
}

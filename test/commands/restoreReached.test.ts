import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openJournal } from '../../gateway/adapters/journal/journal.js'
import { checkpointFile } from '../../gateway/adapters/system/checkpointFile.js'
import { systemClock } from '../../gateway/adapters/system/clock.js'
import { type DataDir, openDataDir } from '../../gateway/adapters/system/dataDir.js'
import { backupCommand } from '../../gateway/commands/backup.js'
import { restoreCommand } from '../../gateway/commands/restore.js'
import { concat, utf8 } from '../../gateway/core/bytes.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import { formatAddCheckpoint } from '../../gateway/core/log/addCheckpoint.js'
import { formatCheckpoint, originOf } from '../../gateway/core/log/checkpoint.js'
import { formatVkey } from '../../gateway/core/log/note.js'
import { consistencyPath, hashBytes, leafHash, rootAt } from '../../gateway/core/log/tree.js'
import type { Journal } from '../../gateway/ports/journal.js'
import { type CliResult, runCommand } from '../support/cli.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { type RunningTestWitness, startWitness } from '../support/witnessProcess.js'

const folder = mkdtempSync(join(tmpdir(), 'fp-reached-'))
const network = 'testnet'
const leaves: Uint8Array[] = []
let dir: DataDir
let journal: Journal
let origin = ''
let broker: Mosquitto
let witness: RunningTestWitness
let policy = ''
/** Of 20 entries, with a checkpoint over all of them. */
let backup = ''
let made = 0
const place = (): string => join(folder, `place${made++}`)

function noteOf(size: number, root: Uint8Array, name = origin): string {
  const { publicKey, sign } = dir.signer
  return formatCheckpoint({ origin: name, size, root }, publicKey, sign)
}

async function read(_: number, start: number, count: number): Promise<Uint8Array> {
  return concat(...leaves).subarray(start * hashBytes, (start + count) * hashBytes)
}

async function append(count: number): Promise<string> {
  const bodies = Array.from({ length: count }, (_, i) => utf8(`entry ${leaves.length + i}`))
  await journal.append(bodies.map((bytes) => ({ kind: 'en', bytes })))
  leaves.push(...bodies.map(leafHash))
  const note = noteOf(leaves.length, await rootAt(read, leaves.length))
  await checkpointFile(dir.path).save(note)
  return note
}

/** As the gateway does, on its retained topic. */
async function show(note: string): Promise<void> {
  const client = await mqtt.connectAsync(broker.url)
  await client.publishAsync(`fp1/${network}/pub/checkpoint`, note, { qos: 1, retain: true })
  await client.endAsync()
}

beforeAll(async () => {
  dir = await openDataDir(join(folder, 'data'))
  origin = originOf(network, deviceIdOf(dir.signer.publicKey))
  journal = await openJournal({
    folder: dir.file('journal'),
    clock: systemClock,
    fatal: (failure) => expect.fail(failure.message),
  })
  await append(20)
  backup = place()
  expect(await runCommand(backupCommand(), [backup, '-d', dir.path])).toMatchObject({ code: 0 })
  broker = await startMosquitto()
  const log = formatVkey({ name: origin, publicKey: dir.signer.publicKey })
  witness = await startWitness({ logs: [log] })
  policy = join(folder, 'policy.txt')
  writeFileSync(policy, `witness one ${witness.vkey} ${witness.url}\nquorum one\n`)
})

afterAll(async () => {
  await journal.close()
  await dir.close()
  await broker.stop()
  await witness.kill()
  rmSync(folder, { recursive: true })
})

async function restore(...flags: string[]): Promise<CliResult & { target: string }> {
  const target = place()
  const env = { FIELDPROOF_MQTT__MODE: 'external', FIELDPROOF_MQTT__URL: broker.url }
  const withWitness = { ...env, FIELDPROOF_WITNESS__POLICY: policy }
  const args = [backup, '-d', target, ...flags]
  return { ...(await runCommand(restoreCommand(), args, withWitness)), target }
}

/** Nothing of a refused restore is left. */
function isEmpty(target: string): boolean {
  return !existsSync(target) || readdirSync(target).every((name) => name === 'lock')
}

describe('a backup that is to go on', () => {
  it('needs a word where the broker retains nothing', async () => {
    const env = { FIELDPROOF_MQTT__MODE: 'external', FIELDPROOF_MQTT__URL: broker.url }
    const target = place()
    const result = await runCommand(restoreCommand(), [backup, '-d', target], env)
    expect([result.code, result.err]).toEqual([2, expect.stringContaining('nobody could be asked')])
    expect(isEmpty(target)).toBe(true)
  })

  it('goes on without a word where it reaches what broker and witness have seen', async () => {
    await show(readFileSync(join(backup, 'checkpoint'), 'utf8'))
    const result = await restore()
    expect(result, result.err).toMatchObject({ code: 0 })
    expect(result.out).toContain(`reaches what the broker at ${broker.url} has seen`)
    expect(result.out).toContain('reaches what witness one has seen')
  })

  it('is refused where the witness has signed more, also with --resume', async () => {
    const newer = await append(3)
    const proof = await consistencyPath(read, 20, 23)
    const body = formatAddCheckpoint({ oldSize: 20, proof, checkpoint: newer })
    expect((await witness.add(body)).status).toBe(200)
    for (const flags of [[], ['--resume']]) {
      const result = await restore(...flags)
      expect([result.code, result.err]).toEqual([
        1,
        expect.stringMatching(/witness one has seen a checkpoint of 23 entries, and here are 20/),
      ])
      expect(result.err).toContain('--new-log')
      expect(isEmpty(result.target)).toBe(true)
    }
    const begun = await restore('--new-log', '--since', 'backup')
    expect(begun, begun.err).toMatchObject({ code: 0 })
  })

  const other = new Uint8Array(32).fill(9)
  it.each([
    [
      'more',
      () => noteOf(21, other),
      /broker at mqtt:\S+ has seen a checkpoint of 21 entries, and/,
    ],
    ['another tree', () => noteOf(12, other), /12 entries with another root than here/],
    [
      'a later log',
      () => noteOf(3, other, `${origin}/2`),
      /3 entries of a later log, fieldproof\/testnet\/[a-z0-9]+\/2/,
    ],
  ])('is refused where the broker retains %s', async (_, note, words) => {
    await show(note())
    const target = place()
    const env = { FIELDPROOF_MQTT__MODE: 'external', FIELDPROOF_MQTT__URL: broker.url }
    const result = await runCommand(restoreCommand(), [backup, '--resume', '-d', target], env)
    expect([result.code, result.err]).toEqual([1, expect.stringMatching(words)])
    expect(isEmpty(target)).toBe(true)
  })

  it('is compared with a checkpoint from elsewhere', async () => {
    const file = join(folder, 'mirror')
    writeFileSync(file, noteOf(25, other))
    const args = (target: string) => [backup, '-d', target, '--checkpoint', file]
    const more = await runCommand(restoreCommand(), args(place()))
    expect([more.code, more.err]).toEqual([1, expect.stringContaining('25 entries')])
    writeFileSync(file, noteOf(7, await rootAt(read, 7)))
    expect(await runCommand(restoreCommand(), args(place()))).toMatchObject({ code: 0 })
    writeFileSync(file, 'hello')
    const noise = await runCommand(restoreCommand(), args(place()))
    expect([noise.code, noise.err]).toEqual([2, expect.stringContaining('no checkpoint of this')])
  })

  it('goes on with --resume where nobody answers, and says who', async () => {
    await broker.kill()
    const target = place()
    const env = { FIELDPROOF_MQTT__MODE: 'external', FIELDPROOF_MQTT__URL: broker.url }
    const flags = [backup, '--resume', '-d', target]
    const result = await runCommand(restoreCommand(), flags, env)
    expect(result, result.err).toMatchObject({ code: 0 })
    expect(result.out).toMatch(/the broker at mqtt:\S+ is not compared with: no answer/)
  })
})

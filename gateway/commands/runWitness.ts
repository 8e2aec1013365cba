/** A witness in this process, until somebody ends it. */
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { writeFileAtomic } from '../adapters/system/atomicFile.js'
import { systemClock } from '../adapters/system/clock.js'
import { forkFolder } from '../adapters/system/forkFolder.js'
import { takeLock } from '../adapters/system/lock.js'
import { createKeyFile, readKeyFile } from '../adapters/system/signer.js'
import { stripControls } from '../adapters/system/text.js'
import { openWitnessLedger } from '../adapters/system/witnessLedger.js'
import { loadBackend } from '../adapters/verifier/loadBackend.js'
import { startWitnessServer } from '../adapters/witness/server.js'
import { readPolicyFile } from '../config/policyFile.js'
import { equal } from '../core/bytes.js'
import { Failure, messageOf } from '../core/failure.js'
import { formatVkey, isKeyName, type NoteKey, parseVkey } from '../core/log/note.js'
import { createWitness } from '../pipeline/witness.js'
import type { Signer } from '../ports/signer.js'
import { print } from './output.js'
import { untilAsked } from './signals.js'

export interface WitnessSettings {
  /** Needed where the folder is new. */
  name?: string
  dir: string
  /** Verifier keys of logs. */
  log: string[]
  /** Policy file with more of them. */
  logs?: string
  host: string
  port: number
}

export interface RunningWitness {
  vkey: string
  url: string
  /** Origins. */
  logs: string[]
  dir: string
}

const keyName = 'witness.key'
const vkeyName = 'witness.vkey'

/** Calls `started` once it listens; resolves after SIGINT or SIGTERM, with all answers out. */
export async function runWitness(
  settings: WitnessSettings,
  started: (witness: RunningWitness) => void,
): Promise<void> {
  const asked = untilAsked()
  const logs = await logsOf(settings)
  const dir = resolve(settings.dir)
  await makeFolder(dir)
  const lock = await takeLock(dir)
  if (lock === undefined)
    throw new Failure('data', `${dir} is in use by another witness: stop it, or see --dir`)
  const { key, signer } = await identityOf(dir, settings.name)
  const backend = loadBackend()
  const witness = createWitness({
    key,
    // Anyone can send requests in the name of a log: the fast library judges them.
    verify: (signature, message, publicKey) => backend.verifierOf(publicKey)(signature, message),
    sign: (message) => signer.sign(message),
    keyOf: (origin) => logs.get(origin),
    ledger: await openWitnessLedger(join(dir, 'logs')),
    forks: forkFolder(join(dir, 'forks')),
    clock: systemClock,
    note: (text) => print(`${new Date().toISOString()}  ${stripControls(text)}`),
  })
  const { host, port } = settings
  const server = await startWitnessServer({ host, port, add: (body) => witness.add(body) })
  started({ vkey: formatVkey(key, 'cosignature'), url: server.url, logs: [...logs.keys()], dir })
  await asked
  await server.close()
  await lock.release()
}

async function logsOf({ log, logs }: WitnessSettings): Promise<Map<string, NoteKey>> {
  const keys = log.map((vkey) => {
    const key = parseVkey(vkey)
    if (!key.ok) throw new Failure('usage', `--log ${vkey}: ${key.detail}`)
    return key.value
  })
  const policy = logs === undefined ? undefined : await readPolicyFile(logs, 'usage')
  for (const { key } of policy?.logs ?? []) keys.push(key)
  if (keys.length === 0)
    throw new Failure('usage', 'name a log to follow with --log, or a file of them with --logs')
  return new Map(keys.map((key) => [key.name, key]))
}

async function makeFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new Failure('permission', `cannot use ${dir}: ${messageOf(error)}; see --dir`)
  }
}

/** The name is kept with the key: one key under two names would be two witnesses that are one. */
async function identityOf(
  dir: string,
  name: string | undefined,
): Promise<{ key: NoteKey; signer: Signer }> {
  const vkey = (await readFile(join(dir, vkeyName), 'utf8').catch(() => undefined))?.trim()
  if (vkey === undefined) return newIdentity(dir, name)
  const signer = await readKeyFile(join(dir, keyName))
  const key = parseVkey(vkey, 'cosignature')
  if (!key.ok || !equal(key.value.publicKey, signer.publicKey))
    throw new Failure('data', `${join(dir, vkeyName)} is not of ${keyName}: put both back`)
  if (name !== undefined && name !== key.value.name)
    throw new Failure('usage', `the witness in ${dir} is ${key.value.name}: another needs a --dir`)
  return { key: key.value, signer }
}

async function newIdentity(dir: string, name: string | undefined) {
  if (name === undefined || !isKeyName(name))
    throw new Failure('usage', 'a new witness needs a --name, such as witness.example/w1')
  // A key that is there already is never replaced: it may have signed.
  if (!(await readdir(dir)).includes(keyName)) await createKeyFile(join(dir, keyName))
  const signer = await readKeyFile(join(dir, keyName))
  const key = { name, publicKey: signer.publicKey }
  await writeFileAtomic(join(dir, vkeyName), `${formatVkey(key, 'cosignature')}\n`, 0o644)
  return { key, signer }
}

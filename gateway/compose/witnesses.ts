/** The witnesses of the policy, asked before anything is signed and after. Part of the composition root. */
import type { Config } from '../config.js'
import { Failure } from '../core/failure.js'
import { witnessStartMsMax } from '../core/limits.js'
import { formatCheckpoint, parseCheckpoint } from '../core/log/checkpoint.js'
import { parseNote } from '../core/log/note.js'
import { isQuorumMet, type Policy } from '../core/log/policy.js'
import { consistencyPath, emptyRoot } from '../core/log/tree.js'
import { type Cosign, createCosign } from '../pipeline/cosign.js'
import type { FollowedWitness } from '../pipeline/followWitness.js'
import {
  askOnlookers,
  type Probe,
  whatStandsAgainst,
  witnessOnlooker,
} from '../pipeline/onlookers.js'
import type { SignedCheckpoint } from '../pipeline/settle.js'
import type { CheckpointStore } from '../ports/checkpoint.js'
import type { Signer } from '../ports/signer.js'
import type { Tiles } from '../ports/tiles.js'

export interface Witnesses {
  policy: Policy
  asked: FollowedWitness[]
}

/** The configured policy's witnesses that have an address. Rejects with Failure('config'). */
export async function loadWitnesses({ witness }: Config): Promise<Witnesses | undefined> {
  if (witness.policy === undefined) return undefined
  const { readPolicyFile } = await import('../config/policyFile.js')
  const { witnessAt } = await import('../adapters/witness/client.js')
  const policy = await readPolicyFile(witness.policy, 'config')
  const asked = policy.witnesses.flatMap(({ name, key, url }) => {
    if (url === undefined) return []
    if (!/^https?:\/\/[^/]/.test(url) || !URL.canParse(url))
      throw new Failure('config', `${witness.policy}: the address of ${name} is not http or https`)
    return [{ name, key, peer: witnessAt(url) }]
  })
  if (asked.length > 0) return { policy, asked }
  throw new Failure(
    'config',
    `${witness.policy} has no witness with an address: put it after the witness's key`,
  )
}

/** Without witnesses a checkpoint is published as it is, and is as good as signed by all. */
export function cosignWith(
  witnesses: Witnesses | undefined,
  tiles: Tiles,
  publish: (checkpoint: SignedCheckpoint) => void,
): Cosign {
  const none = { witnesses: [], isQuorumMet: () => true }
  const those = witnesses && {
    witnesses: witnesses.asked,
    isQuorumMet: (names: ReadonlySet<string>) => isQuorumMet(witnesses.policy, names),
  }
  return createCosign({ ...(those ?? none), tiles, publish })
}

export interface LogHere {
  origin: string
  signer: Signer
  tiles: Tiles
  checkpoints: CheckpointStore
  /** Told of witnesses that do not answer: they are asked again later. */
  warn(text: string): void
}

/**
 * Compares the log with what the witnesses have signed. Rejects with Failure('data') where they have
 * seen a larger or another tree: then nothing may be signed here.
 */
export async function requireNewest({ asked }: Witnesses, log: LogHere): Promise<void> {
  const probe = await probeOf(log)
  const onlookers = asked.map(({ name, peer }) => witnessOnlooker(name, peer, probe))
  const answers = await askOnlookers(onlookers, witnessStartMsMax)
  for (const { where, why } of answers.away) log.warn(`${where} is not compared with: ${why}`)
  const { tiles } = log
  const against = await whatStandsAgainst(answers, tiles.size, (size) => tiles.storedRoot(size))
  if (against === undefined) return
  throw new Failure(
    'data',
    `${against}: this is an old copy of the data directory, or another gateway runs with its key. ` +
      'Nothing was signed. Stop the other gateway; or take the newest data; or begin a new log from ' +
      'a backup with  fieldproof restore --new-log',
  )
}

/** What was signed last; before the first, the empty tree, which every log begins with. */
async function probeOf({ origin, signer, tiles, checkpoints }: LogHere): Promise<Probe> {
  const note = await checkpoints.load()
  const parsed = note === undefined ? undefined : parseNote(note)
  const head = parsed?.ok ? parseCheckpoint(parsed.value.text) : undefined
  if (note === undefined || !head?.ok) {
    const empty = { origin, size: 0, root: emptyRoot() }
    return { size: 0, note: formatCheckpoint(empty, signer.publicKey, (m) => signer.sign(m)) }
  }
  const { size } = head.value
  const read = (level: number, start: number, count: number): Promise<Uint8Array> =>
    tiles.read(level, start, count)
  // A checkpoint beyond the tree is refused by settle, which names it.
  if (size > tiles.size) return { size, note }
  return { size, note, pathFrom: (from) => consistencyPath(read, from, size) }
}

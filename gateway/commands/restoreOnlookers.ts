/**
 * Who has seen checkpoints of a log that is to go on from a backup: the external broker, which
 * retains the newest; the witnesses; the chain, which knows of epochs; a mirror that the operator
 * names.
 */
import { readFile } from 'node:fs/promises'
import { loadWitnesses } from '../compose/witnesses.js'
import type { Config } from '../config.js'
import { Failure, messageOf } from '../core/failure.js'
import { commandAnswerMsMax, noteBytesMax } from '../core/limits.js'
import {
  claimedOrigin,
  formatCheckpoint,
  isOriginOf,
  openCheckpoint,
} from '../core/log/checkpoint.js'
import { emptyRoot } from '../core/log/tree.js'
import { rootOf } from '../core/topic.js'
import { witnessOnlooker } from '../pipeline/onlookers.js'
import type { Onlooker, Sighting } from '../ports/onlooker.js'
import type { Signer } from '../ports/signer.js'
import { chainOnlooker } from './chainOnlooker.js'

export interface RestoredLog {
  origin: string
  signer: Signer
  /** The backup's checkpoint, where it has one. */
  checkpoint: { size: number; note: string } | undefined
}

/** `elsewhere`: address or file of a checkpoint. */
export async function onlookersOf(
  config: Config,
  elsewhere: string | undefined,
  log: RestoredLog,
): Promise<Onlooker[]> {
  const witnesses = await loadWitnesses(config)
  const probe = log.checkpoint ?? emptyProbe(log)
  const named = elsewhere === undefined ? [] : [checkpointOnlooker(elsewhere, log)]
  return [
    ...brokerOnlooker(config, log),
    ...(witnesses?.asked ?? []).map(({ name, peer }) => witnessOnlooker(name, peer, probe)),
    ...chainOnlooker(config, config.dataDir),
    ...named,
  ]
}

/** The empty tree, which every log begins with: it says nothing that is not known. */
function emptyProbe({ origin, signer }: RestoredLog): { size: number; note: string } {
  const empty = { origin, size: 0, root: emptyRoot() }
  const note = formatCheckpoint(empty, signer.publicKey, (message) => signer.sign(message))
  return { size: 0, note }
}

function brokerOnlooker({ mqtt }: Config, log: RestoredLog): Onlooker[] {
  const { mode, url, username, password } = mqtt
  // The embedded broker keeps nothing that the data directory has not.
  if (mode !== 'external' || url === undefined) return []
  const topic = `${rootOf(log.origin.split('/')[1]!)}pub/checkpoint`
  return [
    {
      where: `the broker at ${url}`,
      async seen() {
        const { readRetained } = await import('../adapters/mqtt/retained.js')
        return sightingOf(await readRetained({ url, username, password, topic }), log)
      },
    },
  ]
}

function checkpointOnlooker(place: string, log: RestoredLog): Onlooker {
  return {
    where: place,
    seen: async () => sightingOf(await textAt(place), log),
  }
}

async function textAt(place: string): Promise<string> {
  try {
    if (!/^https?:\/\//.test(place)) return await readFile(place, 'utf8')
    const signal = AbortSignal.timeout(commandAnswerMsMax)
    const response = await fetch(place, { signal })
    if (!response.ok) throw new Error(`it answers ${response.status}`)
    return (await response.text()).slice(0, noteBytesMax)
  } catch (error) {
    throw new Failure('unavailable', `no checkpoint at ${place}: ${messageOf(error)}`)
  }
}

/** What a checkpoint says that this gateway's key signed; one of another key says nothing. */
function sightingOf(note: string | undefined, log: RestoredLog): Sighting | undefined {
  if (note === undefined) return undefined
  const origin = claimedOrigin(note)
  const [, network, gatewayId] = log.origin.split('/')
  const isOwn = isOriginOf(origin, network!, gatewayId!)
  const opened = isOwn ? openCheckpoint(note, origin, log.signer.publicKey) : undefined
  if (!opened?.ok)
    throw new Failure('unavailable', 'what it shows is no checkpoint of this gateway')
  const { size, root } = opened.value
  if (origin === log.origin) return { size, root }
  // An earlier log of this gateway says nothing of this one; a later one was begun after the backup.
  return runOf(origin) < runOf(log.origin)
    ? undefined
    : { size, differs: `of a later log, ${origin}` }
}

/** `fieldproof/<network>/<gatewayId>[/<run>]` (schemas/log.md). */
function runOf(origin: string): number {
  return Number(origin.split('/')[3] ?? 1)
}

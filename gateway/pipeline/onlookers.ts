/**
 * Before a log goes on it is compared with what others have seen of it: an old copy of a data
 * directory must never sign a smaller or a different tree (PROTOCOL 6.1).
 */
import { equal } from '../core/bytes.js'
import { messageOf } from '../core/failure.js'
import { formatAddCheckpoint } from '../core/log/addCheckpoint.js'
import type { Onlooker, Sighting } from '../ports/onlooker.js'
import type { WitnessPeer } from '../ports/witness.js'

export interface Asked {
  seen: { where: string; sighting: Sighting | undefined }[]
  /** Who could not be asked, and why. */
  away: { where: string; why: string }[]
}

/** Asks everybody at once; who takes longer than `msMax` is away. */
export async function askOnlookers(onlookers: readonly Onlooker[], msMax: number): Promise<Asked> {
  const asked: Asked = { seen: [], away: [] }
  const all = onlookers.map(async (onlooker) => {
    const { where } = onlooker
    try {
      asked.seen.push({ where, sighting: await within(onlooker.seen(), msMax) })
    } catch (error) {
      asked.away.push({ where, why: messageOf(error) })
    }
  })
  await Promise.all(all)
  return asked
}

/**
 * What stands against going on with a log of `size` entries, in words; `undefined` where nothing does.
 * `rootAt`: the root of its first entries, at most `size`.
 */
export async function whatStandsAgainst(
  { seen }: Asked,
  size: number,
  rootAt: (size: number) => Promise<Uint8Array>,
): Promise<string | undefined> {
  for (const { where, sighting } of seen) {
    if (sighting === undefined) continue
    if (sighting.against !== undefined) return `${where} ${sighting.against}`
    if (sighting.differs === undefined && sighting.size > size)
      return `${where} has seen a checkpoint of ${sighting.size} entries, and here are ${size}`
    const isOtherRoot =
      sighting.root !== undefined && !equal(await rootAt(sighting.size), sighting.root)
    const differs = sighting.differs ?? (isOtherRoot ? otherRoot : undefined)
    if (differs !== undefined)
      return `${where} has seen a checkpoint of ${sighting.size} entries ${differs}`
  }
  return undefined
}

const otherRoot = 'with another root than here'

/** A checkpoint of this log that is signed already, or one of the empty tree. */
export interface Probe {
  size: number
  note: string
  /** Consistency path from a smaller size; absent: only sizes are compared. */
  pathFrom?: (size: number) => Promise<Uint8Array[]>
}

/** A witness, asked with a checkpoint that is no news: its answer says what it has signed. */
export function witnessOnlooker(name: string, peer: WitnessPeer, probe: Probe): Onlooker {
  const { size, note: checkpoint, pathFrom } = probe
  return {
    where: `witness ${name}`,
    async seen() {
      const first = await peer.add(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint }))
      if (first.kind === 'cosigned') return { size }
      if (first.kind === 'refused')
        throw new Error(`it answers ${first.status} ${first.detail}`.trim())
      const known = first.size
      if (known > size || known === 0 || pathFrom === undefined) return { size: known }
      const proof = await pathFrom(known)
      const second = await peer.add(formatAddCheckpoint({ oldSize: known, proof, checkpoint }))
      const differs =
        (second.kind === 'refused' && second.status === 422) ||
        (second.kind === 'conflict' && second.size === known)
      return differs ? { size: known, differs: otherRoot } : { size: known }
    },
  }
}

function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${ms} ms`)), ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

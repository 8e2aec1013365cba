/** The chain as one who has seen a log: it holds the leaf hash of an epoch record with each root. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.js'
import { toHex } from '../core/bytes.js'
import { Failure, messageOf } from '../core/failure.js'
import { type EpochRecord, parseEpochJson } from '../core/log/epoch.js'
import { leafHash } from '../core/log/tree.js'
import type { Onlooker } from '../ports/onlooker.js'
import { epochsFolder } from './backupFiles.js'

/**
 * Empty where `chain.enabled` is false. `dataDir` holds the epochs that are compared. A root may be
 * disputed or even somebody else's; that, too, is a reason to look before a log goes on.
 */
export function chainOnlooker({ chain }: Config, dataDir: string): Onlooker[] {
  const { enabled, url, id, distributor } = chain
  if (!enabled || url === undefined || id === undefined || distributor === undefined) return []
  return [
    {
      where: `the chain at ${new URL(url).host}`,
      async seen() {
        const { readNewest } = await import('../adapters/chain/newest.js')
        const newest = await readNewest(url, id, distributor)
        if (newest === undefined) return undefined
        const { epoch, record } = newest
        const own = await recordOf(dataDir, epoch)
        if (own === undefined)
          return { size: 0, against: `has a root of epoch ${epoch}, which is not closed here` }
        if (own.leaf !== record)
          return { size: 0, against: `holds another record of epoch ${epoch} than is here` }
        return { size: own.record.endIndex + 1, partial: true }
      },
    },
  ]
}

async function recordOf(
  dataDir: string,
  epoch: number,
): Promise<{ record: EpochRecord; leaf: string } | undefined> {
  const path = join(dataDir, epochsFolder, String(epoch), 'record.json')
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new Failure('data', `cannot read ${path}: ${messageOf(error)}`)
  }
  const parsed = parseEpochJson(json)
  if (!parsed.ok) throw new Failure('data', `${path} is damaged: ${parsed.detail}`)
  const { record, bytes } = parsed.value
  return { record, leaf: `0x${toHex(leafHash(bytes))}` }
}

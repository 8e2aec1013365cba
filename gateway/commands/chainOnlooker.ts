/** The chain as one who has seen a log: it holds the leaf hash of an epoch record with each root. */
import { join } from 'node:path'
import { openEpochFiles } from '../adapters/system/epochFiles.js'
import type { Config } from '../config.js'
import { toHex } from '../core/bytes.js'
import { assert } from '../core/failure.js'
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
  const epochs = await openEpochFiles(join(dataDir, epochsFolder))
  const json = await epochs.loadRecord(epoch)
  if (json === undefined) return undefined
  const parsed = parseEpochJson(json)
  assert(parsed.ok, 'a record that was loaded can be read')
  const { record, bytes } = parsed.value
  return { record, leaf: `0x${toHex(leafHash(bytes))}` }
}

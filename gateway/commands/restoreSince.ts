/**
 * `restore --new-log --since`: a new log goes on from the newest epoch that was published, so that no
 * number is used twice and no amount falls (PROTOCOL 6.1).
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { followLost, openEpochFiles } from '../adapters/system/epochFiles.js'
import { ed25519Verify } from '../core/crypto.js'
import { deviceIdOf } from '../core/device/key.js'
import { Failure, messageOf } from '../core/failure.js'
import { type EpochJson, parseEpochJson, verifyEpoch } from '../core/log/epoch.js'
import { ledgerOf, rewardsFile } from '../core/rewards/ledger.js'
import { epochsFolder } from './backupFiles.js'

/** What says that nothing was published after the backup. */
export const sinceBackup = 'backup'

/**
 * Rejects with Failure('usage') where a new log is asked for without a word on its epochs, or the
 * other way round.
 */
export function requireSince(newLog: boolean, since: readonly string[] | undefined): void {
  const isFit = since !== undefined && (since.length === 2 || since.join() === sinceBackup)
  if (newLog ? isFit : since === undefined) return
  throw new Failure(
    'usage',
    newLog
      ? '--new-log needs --since <n>.json rewards.json of the newest epoch that was published, ' +
          'or --since backup where none was after the backup'
      : '--since goes with --new-log',
  )
}

/**
 * Puts the newest published epoch into the restored data directory; `sold`: records of the ledger of
 * credits, which the lost epochs have counted. Rejects with Failure('check')
 * where the files are not of one epoch of this gateway, or of an older one than the backup has.
 */
export async function goOnSince(
  dataDir: string,
  [recordPath, rewardsPath]: readonly string[],
  gatewayKey: Uint8Array,
  sold: number,
): Promise<void> {
  if (rewardsPath === undefined) return
  const folder = join(dataDir, epochsFolder)
  const { newest } = await openEpochFiles(folder)
  const record = readRecord(await textOf(recordPath!), gatewayKey)
  const rewards = await textOf(rewardsPath)
  const ledger = ledgerOf(rewards)
  if (ledger === undefined || rewardsFile('', {}, ledger).root !== record.rewardRoot)
    throw new Failure('check', `${rewardsPath} is not the rewards.json of epoch ${record.n}`)
  if (record.n < newest)
    throw new Failure('check', `the backup has epoch ${newest} already: name the newest one`)
  if (record.n > newest) await followLost(folder, newest, { record, rewards }, sold)
}

function readRecord(text: string, gatewayKey: Uint8Array): EpochJson {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new Failure('check', 'the record given with --since is not JSON')
  }
  const parsed = parseEpochJson(json)
  if (!parsed.ok) throw new Failure('check', `the record given with --since: ${parsed.detail}`)
  const signed = verifyEpoch(parsed.value.record, gatewayKey, ed25519Verify)
  if (signed.ok) return json as EpochJson
  throw new Failure(
    'check',
    `the record is not of gateway ${deviceIdOf(gatewayKey)}: ${signed.detail}`,
  )
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Failure('usage', `cannot read ${path}: ${messageOf(error)}`)
  }
}

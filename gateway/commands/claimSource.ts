/** Where a claim gets its rewards.json: a file, any gateway's public face, or the one that runs here. */
import { readFile, stat } from 'node:fs/promises'
import { readRunFile } from '../adapters/system/runFile.js'
import { Failure, messageOf } from '../core/failure.js'
import { commandAnswerMsMax, rewardsBytesMax } from '../core/limits.js'
import { type CommonOptions, configOf } from './options.js'

export interface ClaimSource extends CommonOptions {
  /** A file, or the `http` address of a gateway. */
  from?: string
  epoch?: number
}

/** The text of a rewards.json and where it was. Rejects with Failure('usage') or ('unavailable'). */
export async function readRewardsText(
  source: ClaimSource,
): Promise<{ text: string; where: string }> {
  const { from } = source
  if (from !== undefined && !/^https?:\/\//.test(from)) {
    if (source.epoch !== undefined)
      throw new Failure('usage', '--epoch chooses among those of a gateway; a file is one epoch')
    return { text: await readText(from), where: from }
  }
  const address = (from ?? (await addressHere(source))).replace(/\/+$/, '')
  const n = source.epoch ?? (await newestEpoch(address))
  const where = `${address}/epochs/${n}/rewards.json`
  return { text: await get(where), where }
}

async function readText(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > rewardsBytesMax) throw new Error('it is too long for one')
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Failure('usage', `cannot read the rewards file ${path}: ${messageOf(error)}`)
  }
}

async function addressHere(options: CommonOptions): Promise<string> {
  const { dataDir } = await configOf(options)
  const run = await readRunFile(dataDir)
  if (run !== undefined) return run.url
  throw new Failure(
    'usage',
    `no gateway is running in ${dataDir}: name a rewards.json or a gateway's address with --from`,
  )
}

async function newestEpoch(address: string): Promise<number> {
  const text = await get(`${address}/epochs`)
  const records = parseJson(text)
  const newest: unknown = Array.isArray(records) ? records.at(-1) : undefined
  if (Array.isArray(records) && records.length === 0)
    throw new Failure('check', `${address} has closed no epoch yet: nothing was earned so far`)
  if (typeof newest !== 'object' || newest === null || !('n' in newest))
    throw new Failure('unavailable', `${address} does not answer as a gateway`)
  return Number(newest.n)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

async function get(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(commandAnswerMsMax) })
    if (!response.ok) throw new Error(`it answers ${response.status} ${response.statusText}`)
    if (Number(response.headers.get('content-length')) > rewardsBytesMax)
      throw new Error('its answer is too long')
    return await response.text()
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error
    throw new Failure('unavailable', `cannot get ${url}: ${messageOf(cause)}`)
  }
}

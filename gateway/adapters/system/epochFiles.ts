/**
 * Closed epochs as files, so that a web server, a backup and a person can read them:
 *
 *     epochs/begin               when the first one begins, Unix seconds
 *     epochs/refusals.json       counts of the open one
 *     epochs/lost                numbers that went with an earlier log; of the last one the record,
 *                                rewards.json and private.json are here
 *     epochs/<n>/record.json     the record as published
 *     epochs/<n>/contributions.ndjson, aggregates.ndjson, rewards.json
 *     epochs/<n>/private.json    what the next one needs and nobody is shown
 *
 * A folder is written and synced under another name, then renamed: it is there whole or not at all.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure, messageOf } from '../../core/failure.js'
import { type EpochJson, parseEpochJson } from '../../core/log/epoch.js'
import type {
  EpochPrivate,
  LostEpochs,
  Refusals,
  SavedEpoch,
  SettlementStore,
} from '../../ports/settlements.js'
import { syncFolder, writeFileAtomic } from './atomicFile.js'

const names = {
  record: 'record.json',
  contributions: 'contributions.ndjson',
  aggregates: 'aggregates.ndjson',
  rewards: 'rewards.json',
  private: 'private.json',
} as const
type Part = keyof typeof names

const lostName = 'lost'

/** A folder that a crash left unfinished ends like this. */
const unfinished = '.tmp'

/** Opens (or makes) the folder. Rejects with Failure('data') where an epoch is missing in between. */
export async function openEpochFiles(folder: string): Promise<SettlementStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const lost = await readLost(folder)
  let newest = await tidy(folder, lost)

  async function text(n: number, part: Part): Promise<string> {
    const path = join(folder, String(n), names[part])
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      throw new Failure('data', `cannot read ${path}: ${messageOf(error)}; restore the backup`)
    }
  }

  async function record(n: number): Promise<EpochJson> {
    const value = parsed(await text(n, 'record'))
    if (value !== undefined && parseEpochJson(value).ok) return value as EpochJson
    throw damaged(join(folder, String(n), names.record))
  }

  /** What is there of every epoch, also of the last one that was lost. */
  async function kept(n: number): Promise<Pick<SavedEpoch, 'record' | 'rewards' | 'private'>> {
    const hidden = parsed(await text(n, 'private')) as EpochPrivate | undefined
    if (typeof hidden?.intervals !== 'object') throw damaged(join(folder, String(n), names.private))
    return { record: await record(n), rewards: await text(n, 'rewards'), private: hidden }
  }

  const isLost = (n: number): boolean => lost !== undefined && n >= lost.from && n <= lost.to

  return {
    get newest() {
      return newest
    },
    begin: (nowSec) => begin(join(folder, 'begin'), nowSec),
    lost,
    isLost,
    async load(n) {
      if (!has(n, newest) || isLost(n)) return undefined
      return {
        ...(await kept(n)),
        contributions: await text(n, 'contributions'),
        aggregates: await text(n, 'aggregates'),
      }
    },
    last: async () => (newest === 0 ? undefined : kept(newest)),
    loadRecord: async (n) =>
      has(n, newest) && (n === lost?.to || !isLost(n)) ? record(n) : undefined,
    async save(epochs) {
      const made = await Promise.all(epochs.map((epoch) => write(folder, epoch)))
      for (const n of made) {
        await rename(join(folder, `${n}${unfinished}`), join(folder, String(n)))
      }
      await syncFolder(folder)
      newest += epochs.length
    },
    async loadRefusals(n) {
      const saved = await readFile(join(folder, 'refusals.json'), 'utf8').catch(() => '')
      const value = parsed(saved) as { epoch?: number; refusals?: Refusals } | undefined
      return value?.epoch === n ? (value.refusals ?? {}) : {}
    },
    saveRefusals: (n, refusals) =>
      writeFileAtomic(join(folder, 'refusals.json'), JSON.stringify({ epoch: n, refusals })),
  }
}

function has(n: number, newest: number): boolean {
  return Number.isSafeInteger(n) && n >= 1 && n <= newest
}

/** Removes what a crash left unfinished; the number of the newest epoch. */
async function tidy(folder: string, lost: LostEpochs | undefined): Promise<number> {
  const all = await readdir(folder)
  for (const name of all.filter((one) => one.endsWith(unfinished)))
    await rm(join(folder, name), { recursive: true, force: true })
  const numbers = all.filter((name) => /^[1-9][0-9]*$/.test(name)).map(Number)
  const newest = numbers.reduce((most, n) => Math.max(most, n), 0)
  const missing = lost === undefined ? 0 : lost.to - lost.from
  if (numbers.length + missing === newest) return newest
  throw new Failure('data', `${folder} lacks an epoch below ${newest}: restore the newest backup`)
}

async function readLost(folder: string): Promise<LostEpochs | undefined> {
  const path = join(folder, lostName)
  const saved = await readFile(path, 'utf8').catch(() => undefined)
  if (saved === undefined) return undefined
  const { from, to } = (parsed(saved) ?? {}) as Partial<LostEpochs>
  if (from === undefined || to === undefined || !(from >= 1 && to >= from)) throw damaged(path)
  return { from, to }
}

/**
 * Makes a folder of epochs follow one that it does not have: the newest that an earlier log published.
 * `newest`: number of the newest that is here; `sold`: what it has counted of the ledger of credits. Durable on resolve.
 */
export async function followLost(
  folder: string,
  newest: number,
  { record, rewards }: Pick<SavedEpoch, 'record' | 'rewards'>,
  sold: number,
): Promise<void> {
  const path = join(folder, String(record.n))
  await mkdir(path, { recursive: true, mode: 0o700 })
  await writeSynced(join(path, names.record), `${JSON.stringify(record)}\n`)
  await writeSynced(join(path, names.rewards), rewards)
  await writeSynced(join(path, names.private), `${JSON.stringify({ intervals: {}, sold })}\n`)
  await syncFolder(path)
  await writeFileAtomic(
    join(folder, lostName),
    `${JSON.stringify({ from: newest + 1, to: record.n })}\n`,
  )
}

async function write(folder: string, epoch: SavedEpoch): Promise<number> {
  const { n } = epoch.record
  const path = join(folder, `${n}${unfinished}`)
  await mkdir(path, { mode: 0o700 })
  const texts: Record<Part, string> = {
    record: `${JSON.stringify(epoch.record)}\n`,
    contributions: epoch.contributions,
    aggregates: epoch.aggregates,
    rewards: epoch.rewards,
    private: `${JSON.stringify(epoch.private)}\n`,
  }
  await Promise.all(
    Object.entries(texts).map(([part, content]) =>
      writeSynced(join(path, names[part as Part]), content),
    ),
  )
  await syncFolder(path)
  return n
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function begin(path: string, nowSec: number): Promise<number> {
  const saved = Number(await readFile(path, 'utf8').catch(() => 'none'))
  if (Number.isSafeInteger(saved)) return saved
  await writeFileAtomic(path, `${nowSec}\n`)
  return nowSec
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function damaged(path: string): Failure {
  return new Failure('data', `${path} is damaged: restore the newest backup`)
}

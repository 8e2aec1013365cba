/**
 * A backup is a folder (schemas/backup.md):
 *
 *     backup.json    what it is; written last, so that it stands only in a whole backup
 *     journal/       segments of the contribution log
 *     checkpoint     the newest signed checkpoint at the time
 *     epochs/        closed epochs whose record is in that journal (adapters/system/epochFiles.ts)
 *     releases/      what was released (schemas/releases.md)
 *     credits/       the ledger of what buyers paid
 *     evidence.jsonl, log-run, owners.json    where the data directory has them
 *     gateway.key    unless it was left out
 *
 * Tiles, series and indexes are not in it: a start rebuilds them from the journal.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { Failure, messageOf } from '../core/failure.js'

export const manifestName = 'backup.json'
export const journalFolder = 'journal'
export const checkpointName = 'checkpoint'
export const keyName = 'gateway.key'
/** Single files besides checkpoint and key, where they exist. */
export const sideFiles: readonly string[] = ['evidence.jsonl', 'log-run', 'owners.json']

export const epochsFolder = 'epochs'
export const releasesFolder = 'releases'
/** Folders of logs that are no contributions, and of rosters, below the data directory. */
export const creditsFolder = 'credits'
export const releasedRowsFolder = `${releasesFolder}/rows`
export const rostersFolder = `${releasesFolder}/rosters`

const segment = /^[0-9]{16}\.(seg|stub)$/

const manifestSchema = z.strictObject({
  v: z.literal(1),
  createdAt: z.string(),
  /** Layout of the data directory (adapters/system/migrations.ts). */
  layout: z.number().int().positive().default(1),
  gateway: z.strictObject({ id: z.string(), key: z.string() }),
  /** Entries of the log in it. */
  entries: z.number().int().nonnegative(),
  /** Entries under the checkpoint; 0 where none was signed. */
  checkpointSize: z.number().int().nonnegative(),
  hasKey: z.boolean(),
  files: z.array(
    z.strictObject({
      name: z
        .string()
        .regex(
          /^(journal\/[0-9]{16}\.(seg|stub)|epochs\/(begin|lost|[1-9][0-9]{0,15}\/[a-z]+\.(json|ndjson))|releases\/rows\/[0-9]{16}\.seg|releases\/rosters\/[0-9]{1,6}\.json|credits\/[0-9]{16}\.seg|checkpoint|gateway\.key|evidence\.jsonl|log-run|owners\.json)$/,
        ),
      bytes: z.number().int().nonnegative(),
      /** Lower-case hex. */
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
})

export type Manifest = z.output<typeof manifestSchema>

/** Reads `backup.json`. Rejects with Failure('check') where the folder is no whole backup. */
export async function readManifest(backup: string): Promise<Manifest> {
  const text = await readFile(join(backup, manifestName), 'utf8').catch((error: unknown) => {
    throw new Failure('check', `${backup} is no whole backup: ${messageOf(error)}`)
  })
  const parsed = manifestSchema.safeParse(tryJson(text))
  if (parsed.success) return parsed.data
  throw new Failure('check', `${backup}/${manifestName} cannot be read: ${parsed.error.message}`)
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Names of the journal's segments, oldest first; a stub stands for the segment it replaces. */
export async function segmentNames(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => segment.test(name)).sort()
  return names.filter((name, i) => names[i + 1]?.slice(0, 16) !== name.slice(0, 16))
}

/** Copies one file and makes the copy durable. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to)
  const file = await open(to, 'r+')
  try {
    await file.chmod(0o600)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Size and SHA-256 of a file, read in pieces. */
export async function measure(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/**
 * What a gateway publishes, as files: a mirror of its paths, the `epochs` folder of a data directory
 * (or a copy of it), or the files of one epoch side by side.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure, messageOf } from '../../core/failure.js'
import { publishedBytesMax } from '../../core/limits.js'
import type { Published } from './published.js'

/** Rejects with Failure('usage') where the folder cannot be read. */
export async function publishedFiles(folder: string): Promise<Published> {
  const numbers = new Set<number>()
  for (const part of ['.', 'epochs'])
    for (const name of await namesIn(join(folder, part), part === '.')) {
      const n = Number(/^([1-9][0-9]{0,14})(\.json)?$/.exec(name)?.[1])
      if (!Number.isNaN(n)) numbers.add(n)
    }
  const epochs = [...numbers].sort((a, b) => a - b)
  return {
    place: folder,
    isLive: false,
    epochs: async () => epochs,
    async read(path) {
      for (const candidate of candidates(path, epochs.at(-1))) {
        const bytes = await bytesOf(join(folder, candidate))
        if (bytes !== undefined) return bytes
      }
      return undefined
    },
  }
}

/** Where a path may lie. Files that are in no epoch's folder are those of the newest one. */
function candidates(path: string, newest: number | undefined): string[] {
  const record = /^epochs\/([0-9]+)\.json$/.exec(path)?.[1]
  if (record !== undefined)
    return [path, `${record}.json`, `epochs/${record}/record.json`, `${record}/record.json`]
  const [, n, file] = /^epochs\/([0-9]+)\/(.+)$/.exec(path) ?? []
  if (file === undefined) return [path]
  return [path, `${n}/${file}`, ...(Number(n) === newest ? [file] : [])]
}

async function namesIn(folder: string, isNeeded: boolean): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (!isNeeded) return []
    throw new Failure('usage', `cannot read ${folder}: ${messageOf(error)}`)
  }
}

async function bytesOf(path: string): Promise<Uint8Array | undefined> {
  try {
    if ((await stat(path)).size > publishedBytesMax)
      throw new Failure('check', `${path} is longer than it can be`)
    return await readFile(path)
  } catch (error) {
    if (error instanceof Failure) throw error
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new Failure('permission', `cannot read ${path}: ${messageOf(error)}`)
  }
}

/** `--dir` and `--url`: where a command reads what was published. */
import type { Command } from 'commander'
import { readRunFile } from '../../adapters/system/runFile.js'
import { Failure } from '../../core/failure.js'
import { addCommonOptions, type CommonOptions, configOf } from '../options.js'
import { publishedFiles } from './files.js'
import { publishedHttp } from './http.js'
import type { Published } from './published.js'

export interface SourceOptions extends CommonOptions {
  dir?: string
  url?: string
}

/** Adds them, and those that find the gateway of this machine. */
export function addSourceOptions(command: Command): Command {
  command
    .option('--dir <folder>', 'read copies of what was published, from files')
    .option('--url <url>', 'ask this gateway (default: the one of --data-dir)')
  return addCommonOptions(command)
}

/** Rejects with a Failure that says what to do where there is nothing to read from. */
export async function sourceOf(options: SourceOptions): Promise<Published> {
  if (options.dir !== undefined && options.url !== undefined)
    throw new Failure('usage', 'give --dir or --url, not both')
  if (options.dir !== undefined) return publishedFiles(options.dir)
  if (options.url !== undefined) return publishedHttp(options.url)
  const { dataDir } = await configOf(options)
  const run = await readRunFile(dataDir)
  if (run !== undefined) return publishedHttp(run.url)
  throw new Failure(
    'unavailable',
    `no gateway is running in ${dataDir}: start it, or name another one with --url, or files with --dir`,
  )
}

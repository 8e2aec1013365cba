/** `run.json` in the data directory: how commands find the gateway that runs there. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface RunInfo {
  pid: number
  /** Address of the HTTP face, as `http://127.0.0.1:8484`. */
  url: string
  mqtt: { host: string; port: number }
}

const name = 'run.json'

/** Readers see it whole. It is not made durable: nothing in it is true after a crash. */
export async function writeRunFile(dataDir: string, run: RunInfo): Promise<void> {
  const temporary = join(dataDir, `${name}.tmp`)
  await writeFile(temporary, `${JSON.stringify(run, null, 2)}\n`, { mode: 0o600 })
  await rename(temporary, join(dataDir, name))
}

/** What the last gateway wrote that has not stopped in order; `undefined` where there is nothing. */
export async function readRunFile(dataDir: string): Promise<RunInfo | undefined> {
  try {
    const run: unknown = JSON.parse(await readFile(join(dataDir, name), 'utf8'))
    return isRunInfo(run) ? run : undefined
  } catch {
    return undefined
  }
}

export async function removeRunFile(dataDir: string): Promise<void> {
  await rm(join(dataDir, name), { force: true })
}

function isRunInfo(value: unknown): value is RunInfo {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'url' in value &&
    typeof value.url === 'string' &&
    URL.canParse(value.url)
  )
}

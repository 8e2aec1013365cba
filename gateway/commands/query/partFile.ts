/**
 * What an interrupted command has so far: `<file>.part`, a line of JSON each. The first names the run
 * and the request; ids are made of the run, so that what was asked and paid for is asked again by the
 * same id, which costs nothing for ten minutes.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { Failure, messageOf } from '../../core/failure.js'

export interface PartFile {
  /** Eight letters and digits; the start of every id. */
  readonly run: string
  /** Lines that an earlier command has written. */
  readonly lines: readonly string[]
  /** Appends a line. */
  add(line: string): void
  /** Puts the text in the place of the file, and the part away. */
  finish(text: string | Uint8Array): Promise<void>
  /** Puts the part away: nothing is worth keeping. */
  drop(): Promise<void>
}

/**
 * Goes on where the same request was interrupted, else begins. `file` `undefined`: in memory alone.
 * Rejects with Failure('permission') where it cannot be written.
 */
export async function openPartFile(
  file: string | undefined,
  request: object,
  newRun: () => string,
): Promise<PartFile> {
  if (file === undefined) return memoryPart(newRun())
  const path = `${file}.part`
  const asked = JSON.stringify(request)
  const kept = await readPart(path, asked)
  const run = kept?.run ?? newRun()
  try {
    if (kept === undefined) await writeFile(path, `${JSON.stringify({ run, asked })}\n`)
    const descriptor = openSync(path, 'a')
    return {
      run,
      lines: kept?.lines ?? [],
      add: (line) => void writeSync(descriptor, `${line}\n`),
      async finish(text) {
        closeSync(descriptor)
        await writeFile(`${file}.new`, text)
        await rename(`${file}.new`, file)
        await rm(path)
      },
      async drop() {
        closeSync(descriptor)
        await rm(path)
      },
    }
  } catch (error) {
    throw new Failure('permission', `cannot write ${path}: ${messageOf(error)}`)
  }
}

function memoryPart(run: string): PartFile {
  const nothing = async (): Promise<void> => undefined
  return { run, lines: [], add: () => undefined, finish: nothing, drop: nothing }
}

/** A line that the end of the program cut short is left out. */
async function readPart(
  path: string,
  asked: string,
): Promise<{ run: string; lines: string[] } | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const [head = '', ...lines] = whole.split('\n').filter((line) => line !== '')
  try {
    const value = JSON.parse(head) as { run?: unknown; asked?: unknown }
    if (value.asked !== asked || typeof value.run !== 'string') return undefined
    if (text !== whole) await writeFile(path, whole)
    return { run: value.run, lines }
  } catch {
    return undefined
  }
}

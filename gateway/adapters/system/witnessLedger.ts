/**
 * A witness's state: for each log the note that it cosigned last, as the file `<SHA-256 of the
 * origin>.note` of a folder. Replaced whole, so that a crash leaves the old note or the new one.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Failure } from '../../core/failure.js'
import { parseCheckpoint } from '../../core/log/checkpoint.js'
import { parseNote } from '../../core/log/note.js'
import type { Witnessed } from '../../core/log/witnessRule.js'
import type { WitnessLedger } from '../../ports/witness.js'
import { syncFolder, writeFileAtomic } from './atomicFile.js'

/** Hex of the SHA-256 of an origin: a name that every file system takes. */
export function nameOfOrigin(origin: string): string {
  return createHash('sha256').update(origin).digest('hex')
}

/** Reads the whole state. Rejects with Failure('data') where a file is no checkpoint. */
export async function openWitnessLedger(folder: string): Promise<WitnessLedger> {
  if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined)
    await syncFolder(join(folder, '..'))
  const known = new Map<string, Witnessed>()
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.note')) continue
    const { origin, last } = await readState(join(folder, name), name)
    known.set(origin, last)
  }
  return {
    lastOf: (origin) => known.get(origin),
    async save(origin, next) {
      await writeFileAtomic(join(folder, `${nameOfOrigin(origin)}.note`), next.note)
      known.set(origin, next)
    },
  }
}

async function readState(path: string, name: string): Promise<{ origin: string; last: Witnessed }> {
  const text = await readFile(path, 'utf8')
  const note = parseNote(text)
  const head = note.ok ? parseCheckpoint(note.value.text) : note
  if (!head.ok || name !== `${nameOfOrigin(head.value.origin)}.note`)
    throw new Failure(
      'data',
      `${path} holds no checkpoint of that log: put it back from a backup. A witness that forgot ` +
        'what it signed must not go on: begin a new one, with a new key, in an empty folder',
    )
  const { origin, size, root } = head.value
  return { origin, last: { size, root, note: text } }
}

/**
 * Layouts of the data directory, and the way from each to the next. A start brings an older one
 * forward, step by step; a newer one is refused. There is no way back: a backup is.
 *
 * To change the layout: add a step at the end of `migrations`. What a step does it must be able to do
 * again, for a crash may come before its number is written.
 */
import { join } from 'node:path'
import { Failure, messageOf } from '../../core/failure.js'
import { writeFileAtomic } from './atomicFile.js'

export interface Migration {
  /** For people, as in "moves the rosters below releases/". */
  about: string
  /** Brings the folder from the layout before to this one. */
  run(dataDir: string): Promise<void>
}

/** The step at index i leads from layout i + 1 to layout i + 2. Layout 1 is the first there was. */
export const migrations: readonly Migration[] = []

/** The layout that a table of steps leads to. */
export function newestLayout(table: readonly Migration[]): number {
  return table.length + 1
}

/** First line of `version`. */
export function versionOf(layout: number): string {
  return `fieldproof-data ${layout}`
}

/** The layout in a first line of `version`; `undefined` where it is none. */
export function layoutOf(version: string): number | undefined {
  const [, digits] = /^fieldproof-data ([1-9]\d{0,5})$/.exec(version) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/**
 * Brings a folder forward from `layout`; after each step its number is durable. Rejects with
 * Failure('data') where a step fails: the next start tries that step again.
 */
export async function migrate(
  dataDir: string,
  layout: number,
  table: readonly Migration[],
): Promise<void> {
  for (let from = layout; from < newestLayout(table); from++) {
    const step = table[from - 1]!
    try {
      await step.run(dataDir)
    } catch (error) {
      throw new Failure(
        'data',
        `${dataDir} could not be brought from layout ${from} to ${from + 1} (${step.about}): ` +
          `${messageOf(error)}; mend that and start again, or restore a backup`,
      )
    }
    await writeFileAtomic(join(dataDir, 'version'), `${versionOf(from + 1)}\n`)
  }
}

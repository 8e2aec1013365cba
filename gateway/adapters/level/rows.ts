import { Failure, messageOf } from '../../core/failure.js'
import { levelRowsPerRead } from '../../core/limits.js'
import type { Database } from './keys.js'

/** The value of a key. */
export function readValue(db: Database, key: Buffer): Promise<Buffer | undefined> {
  return attempt('reading the database', () => db.get(key))
}

/** Rows with keys in [gte, lt), ascending, in blocks, so that one read does not hold the loop. */
export async function* rows(
  db: Database,
  gte: Buffer,
  lt: Buffer,
  limit = Number.POSITIVE_INFINITY,
): AsyncGenerator<[Buffer, Buffer]> {
  const iterator = db.iterator({ gte, lt, ...(Number.isFinite(limit) ? { limit } : {}) })
  try {
    for (;;) {
      const block = await attempt('reading the database', () =>
        iterator.nextv(Math.min(limit, levelRowsPerRead)),
      )
      if (block.length === 0) return
      yield* block
    }
  } finally {
    await iterator.close()
  }
}

/** The last rows with keys in [gte, lt), descending, at most `limit`. */
export async function lastRows(
  db: Database,
  gte: Buffer,
  lt: Buffer,
  limit: number,
): Promise<[Buffer, Buffer][]> {
  const iterator = db.iterator({ gte, lt, limit, reverse: true })
  try {
    return await attempt('reading the database', () => iterator.nextv(limit))
  } finally {
    await iterator.close()
  }
}

/** Runs one step of the database; what fails there is worth trying again. */
export async function attempt<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(
      'unavailable',
      `${what} failed: ${messageOf(error)}; look at the free space and the disk of the data folder`,
      { cause: error },
    )
  }
}

/** Lets everything else that is ready run first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Runs pieces of work one after the other; one that fails does not stop the next. */
export function inTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const run = last.then(work, work)
    last = run.catch(() => undefined)
    return run
  }
}

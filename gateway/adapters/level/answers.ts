/**
 * Answers to buyers that stand for their ids: a row by name, and one by time that says which are to go.
 * They are written some at a time and not synced: what a crash takes is made again from the ledger.
 */
import type { AnswerStore, StoredAnswer } from '../../ports/market.js'
import { type Database, prefixOf, tables, timeKey } from './keys.js'
import { attempt, rows } from './rows.js'

const byTime = prefixOf(tables.answerTime)

/** Answers wait so long for others, ms: a write of one costs as much as one of ten. */
const gatherMs = 100

export interface LevelAnswers extends AnswerStore {
  /** Writes what waits. Call before the database is closed. */
  flush(): Promise<void>
}

/** Answers that are written together. */
interface Batch {
  readonly answers: Map<string, StoredAnswer>
  /** Takes no more answers and writes them. */
  begin(): void
  readonly done: Promise<void>
}

export function answerStore(db: Database): LevelAnswers {
  /** Not written yet, the oldest first. */
  const batches = new Set<Batch>()
  let open: Batch | undefined

  function newBatch(): Batch {
    const answers = new Map<string, StoredAnswer>()
    let begin: () => void = () => undefined
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const timer = setTimeout(begin, gatherMs)
    const done = begun
      .then(() => {
        clearTimeout(timer)
        if (open === batch) open = undefined
        return attempt('storing answers', () => db.batch([...answers].flatMap(putsOf)))
      })
      .finally(() => batches.delete(batch))
    const batch = { answers, begin: () => begin(), done }
    batches.add(batch)
    return batch
  }

  return {
    // Most names are new, which the database knows from memory: handing that to a thread costs ten
    // times as much.
    async load(name) {
      const waiting = [...batches].findLast(({ answers }) => answers.has(name))?.answers.get(name)
      if (waiting !== undefined) return waiting
      const key = prefixOf(tables.answer, name)
      const stored = await attempt('reading the database', async () => db.getSync(key))
      return stored === undefined ? undefined : readAnswer(stored.toString())
    },
    save(name, answer) {
      open ??= newBatch()
      open.answers.set(name, answer)
      return open.done
    },
    async flush() {
      for (const { begin } of batches) begin()
      await Promise.allSettled([...batches].map(({ done }) => done))
    },
    async drop(beforeMs) {
      const end = timeKey(byTime, Math.max(0, Math.floor(beforeMs / 1_000)))
      for await (const [key, name] of rows(db, byTime, end)) {
        const answer = prefixOf(tables.answer, name.toString())
        await attempt('removing an answer', () =>
          db.batch([
            { type: 'del', key },
            { type: 'del', key: answer },
          ]),
        )
      }
    },
  }
}

/** Seconds, then the name: answers of one second are apart. */
function dueKey(atMs: number, name: string): Buffer {
  return Buffer.concat([timeKey(byTime, Math.floor(atMs / 1_000)), Buffer.from(name)])
}

function putsOf([name, answer]: [string, StoredAnswer]) {
  const { atMs, hash, text } = answer
  const value = Buffer.from(`${atMs}\n${hash}\n${text}`)
  return [
    { type: 'put' as const, key: prefixOf(tables.answer, name), value },
    { type: 'put' as const, key: dueKey(answer.atMs, name), value: Buffer.from(name) },
  ]
}

/** Time, hash and text, a line each: the text is the rest. `undefined` for another form. */
function readAnswer(stored: string): StoredAnswer | undefined {
  const [first, second] = [stored.indexOf('\n'), stored.indexOf('\n', stored.indexOf('\n') + 1)]
  if (first < 0 || second < 0) return undefined
  const [atMs, hash] = [Number(stored.slice(0, first)), stored.slice(first + 1, second)]
  return { atMs, hash, text: stored.slice(second + 1) }
}

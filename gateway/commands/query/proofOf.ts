/**
 * The proof of an answer that was `pending` when it was bought: asked for by op `proof`, which is
 * free, and put to the rows. Its pages may be cut elsewhere than those of the answer.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { Failure, messageOf } from '../../core/failure.js'
import { parseAnswerFile } from '../../core/query/answerFile.js'
import { verifyAnswerFile } from '../../core/query/verifyAnswer.js'
import { formatDuration, formatInstant } from '../../core/time.js'
import type { AnswerJson } from './answers.js'
import type { BuyerClient } from './buyer.js'

/** Rows proved, and whether they are the whole query. */
export interface ProvedFile {
  readonly text: string
  readonly rows: number
}

/** Rejects with Failure('check') while an epoch is open, and where the rows are not those published. */
export async function fetchProof(
  client: BuyerClient,
  text: string,
  run: string,
): Promise<ProvedFile> {
  const parsed = parseAnswerFile(text)
  if (!parsed.ok) throw new Failure('usage', `this is no answer to a query: ${parsed.detail}`)
  const answers = parsed.value
  const first = answers[0]!
  if (first.after !== undefined || answers.at(-1)!.isCut)
    throw new Failure('usage', 'the file has a part of an answer; a proof is of the whole one')
  const { metric, cells, from, to, step } = first.selection
  const times = { from: formatInstant(from), to: formatInstant(to), step: formatDuration(step) }
  const q = { metric, cells, ...times }
  const items = answers.flatMap((answer) => answer.items)
  const pages: object[] = []
  let used = 0
  for (let cursor: string | null = null, n = 1; ; n++) {
    const page: AnswerJson = await client.ask(`${run}-${n}`, {
      op: 'proof',
      q,
      page: { limit: 500, cursor },
    })
    const end = used + rowsIn(page)
    pages.push({ ...page, items: items.slice(used, end) })
    used = end
    cursor = (page.page as { next: string | null }).next
    if (cursor === null) break
  }
  // Rows that no page covers must not vanish: they stand in the last one, and fail there.
  if (used < items.length)
    Object.assign(pages.at(-1)!, { items: items.slice(used - lastCount(pages)) })
  const made = `${pages.map((page) => JSON.stringify(page)).join('\n')}\n`
  const { failed, outcome } = verifyAnswerFile(made, { gateway: first.gateway.id })
  if (failed !== undefined)
    throw new Failure('check', `the rows are not proved: ${failed.link}: ${failed.detail}`)
  return { text: made, rows: outcome?.rows.length ?? 0 }
}

function rowsIn({ proof }: AnswerJson): number {
  if (proof === 'pending')
    throw new Failure('check', 'an epoch of these rows is still open: ask again once it is closed')
  if (!Array.isArray(proof)) throw new Failure('check', 'the gateway sent no proof')
  return proof.reduce<number>((sum, element) => {
    const { count } = (element ?? {}) as { count?: unknown }
    return sum + (typeof count === 'number' ? count : 0)
  }, 0)
}

function lastCount(pages: readonly object[]): number {
  return (pages.at(-1) as { items: unknown[] }).items.length
}

export async function readAnswerText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new Failure('usage', `cannot read ${file}: ${messageOf(error)}`)
  }
}

/** The file is there whole, or as it was. */
export async function replaceFile(file: string, text: string): Promise<void> {
  try {
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
  } catch (error) {
    throw new Failure('permission', `cannot write ${file}: ${messageOf(error)}`)
  }
}

/** The range proof of a page (PROTOCOL 8): from the epochs that hold its rows, once they are closed. */
import { proofElementsMax } from '../../core/limits.js'
import type { EpochJson } from '../../core/log/epoch.js'
import type { RowKey } from '../../core/privacy/rowKey.js'
import { firstWindowDue, publicationOf, windowOf } from '../../core/privacy/windows.js'
import { buildRange, type ClosedRows } from '../../core/query/buildRange.js'
import { type Judged, judged, type Problem, problem } from '../../core/query/problem.js'
import type { RangeElementJson } from '../../core/query/rangeElement.js'
import { alignedFrom, type Selection } from '../../core/query/selection.js'
import { formatInstant } from '../../core/time.js'
import type { EpochRows } from './epochRows.js'
import type { RowsPage } from './rows.js'

/** Closed epochs that hold a publication of a selection, in order; `pending` while one is open. */
export type Span = 'pending' | readonly EpochJson[]

export type PageProof = 'pending' | readonly RangeElementJson[]

export interface RangeProver {
  /** `not-found` where nothing of it was published, or an epoch of it went with an earlier log. */
  spanOf(selection: Selection): Promise<Judged<Span>>
  /**
   * The proof of a page. `too-large` where it would have more elements than any answer holds.
   * `pending` also where the rows are not those of the epochs: an answer that was made while one was
   * open is made again with the rows that it had.
   */
  prove(
    span: Span,
    selection: Selection,
    after: RowKey | undefined,
    page: RowsPage,
  ): Promise<Judged<PageProof>>
}

export function createRangeProver(epochs: EpochRows): RangeProver {
  return {
    spanOf: (selection) => spanOf(epochs, selection),
    async prove(span, selection, after, page) {
      if (span === 'pending') return judged(span)
      const parts = partsOf(selection, after, page)
      const needed = parts.map((part) => ({
        part,
        held: span.filter((one) => holdsPart(one, part)),
      }))
      const elements = needed.reduce(
        (sum, { part, held }) => sum + part.cells.length * held.length,
        0,
      )
      if (elements > proofElementsMax) return problem('too-large', tooManyElements)
      const proof: RangeElementJson[] = []
      const keys: string[] = []
      for (const { part, held } of needed) {
        const rows: ClosedRows[] = []
        for (const { n } of held) {
          const one = await epochs.rows(n)
          if (one === undefined) return lost(n)
          rows.push(one)
        }
        const follows = after !== undefined && part.cells.includes(after.cell) ? after : undefined
        const built = buildRange(part, rows, follows, Number.MAX_SAFE_INTEGER)
        if (built === undefined) return judged('pending')
        proof.push(...built.proof)
        keys.push(...built.rows.map(({ key }) => key))
      }
      const isSame =
        keys.length === page.rows.length && page.rows.every(({ key }, i) => key === keys[i])
      return judged(isSame ? proof : 'pending')
    },
  }
}

const tooManyElements =
  'The proof of these rows does not fit an answer: ask for fewer cells or days.'

async function spanOf(epochs: EpochRows, selection: Selection): Promise<Judged<Span>> {
  const { step, from, to } = selection
  const first = alignedFrom(step, from)
  const last = windowOf(step, to - 1)
  if (first > last) return judged([])
  const opened = await epochs.record(1)
  if (opened !== undefined && publicationOf(step, last) < opened.from)
    return problem(
      'not-found',
      `Nothing was published before ${formatInstant(opened.from)}, when this gateway began.`,
    )
  const newest = await epochs.record(epochs.count)
  if (newest === undefined || publicationOf(step, last) >= newest.to) return judged('pending')
  const span: EpochJson[] = []
  for (let n = await firstAt(epochs, publicationOf(step, first)); n <= epochs.count; n++) {
    const record = await epochs.record(n)
    if (record === undefined) return lost(n)
    if (record.from > publicationOf(step, last)) break
    span.push(record)
  }
  return judged(span)
}

/** The first closed epoch that ends behind a time; numbers that were lost are stepped over. */
async function firstAt(epochs: EpochRows, time: number): Promise<number> {
  let [low, high] = [1, epochs.count]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    let at = middle
    let record = await epochs.record(at)
    while (record === undefined && at < high) record = await epochs.record(++at)
    if (record === undefined || record.to > time) high = middle
    else low = at + 1
  }
  return low
}

function lost(n: number): { ok: false; problem: Problem } {
  return problem(
    'not-found',
    `Epoch ${n} of these rows went with an earlier log of this gateway: ask for later ones.`,
  )
}

/**
 * The selections whose rows are exactly those of a page: all of it, or where the page is cut, the cells
 * before its last row, and that cell up to it. So only epochs of the page are read.
 */
function partsOf(selection: Selection, after: RowKey | undefined, page: RowsPage): Selection[] {
  const cells = selection.cells.filter((cell) => after === undefined || cell >= after.cell)
  const last = page.rows.at(-1)?.row
  if (!page.isCut || last === undefined) return [{ ...selection, cells }]
  const before = cells.filter((cell) => cell < last.cell)
  const end = { ...selection, cells: [last.cell], to: last.t + 1 }
  return before.length === 0 ? [end] : [{ ...selection, cells: before }, end]
}

/** Whether an epoch holds the publication of a window of a selection. */
function holdsPart(epoch: EpochJson, { step, from, to }: Selection): boolean {
  const t = Math.max(firstWindowDue(step, epoch.from), alignedFrom(step, from))
  return t < to && publicationOf(step, t) < epoch.to
}

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { toB64u } from '../../../gateway/core/bytes.js'
import { sha256 } from '../../../gateway/core/crypto.js'
import type { AggregateRow } from '../../../gateway/core/privacy/row.js'
import { hashRow, rowHashJson } from '../../../gateway/core/privacy/rowHash.js'
import { parseRowKey, type RowKey } from '../../../gateway/core/privacy/rowKey.js'
import { buildRange, type ClosedRows } from '../../../gateway/core/query/buildRange.js'
import type { RangeElementJson } from '../../../gateway/core/query/rangeElement.js'
import type { Selection } from '../../../gateway/core/query/selection.js'
import { type RangeAnswer, verifyRange } from '../../../gateway/core/query/verifyRange.js'
import { epochsOver } from '../../../schemas/vectors/epochsOver.js'
import { holderOf } from '../../support/holder.js'

const gateway = holderOf(7)
const network = 'testnet'
const midnight = 1_761_955_200
const cells = ['86195da4fffffff', '87195da4affffff', '87195da4bffffff']
const authority = { network, gatewayKey: gateway.publicKey, verify: () => true }

function withheld(metric: 'rain' | 'temperature', cell: string, t: number): AggregateRow {
  const salt = toB64u(sha256(Uint8Array.of(t % 251, cell.charCodeAt(8))).subarray(0, 16))
  return { cell, class: 'withheld', metric, salt, step: 3_600, t }
}

/** Rows of two days and three cells, of which `has` keeps some. */
function allRows(has: (i: number) => boolean): AggregateRow[] {
  const rows = cells.flatMap((cell) =>
    Array.from({ length: 12 }, (_, h) => midnight + h * 3_600).flatMap((t) => [
      withheld('rain', cell, t),
      withheld('temperature', cell, t),
    ]),
  )
  return rows.filter((_, i) => has(i))
}

/** Closed epochs that meet at `cuts`. */
function closedRows(rows: readonly AggregateRow[], cuts: readonly number[]): ClosedRows[] {
  return epochsOver({ network, gateway, perHour: 1n }, rows, cuts).map((epoch) => epoch.rows)
}

const hours = (...list: number[]): number[] => list.map((h) => midnight + h * 3_600)
const selection: Selection = {
  metric: 'temperature',
  cells: cells.slice(1),
  step: 3_600,
  from: midnight + 2 * 3_600,
  to: midnight + 10 * 3_600,
}

function rowsOf(rows: readonly AggregateRow[], keys: readonly { key: string }[]): AggregateRow[] {
  const byKey = new Map(rows.map((row) => [hashRow(row).key, row]))
  return keys.map(({ key }) => byKey.get(key)!)
}

function pagesOf(
  rows: readonly AggregateRow[],
  epochs: readonly ClosedRows[],
  asked: Selection,
  limit: number,
): RangeAnswer[] {
  const pages: RangeAnswer[] = []
  for (let after: RowKey | undefined; ; ) {
    const page = buildRange(asked, epochs, after, limit)!
    const items = rowsOf(rows, page.rows)
    pages.push({ selection: asked, after, isCut: page.isCut, items, proof: page.proof })
    if (!page.isCut) return pages
    after = parseRowKey(page.rows.at(-1)!.key) as RowKey
  }
}

const cutting = fc
  .uniqueArray(fc.integer({ min: 1, max: 14 * 60 }), { maxLength: 6 })
  .map((list) => [-1, ...list.toSorted((a, b) => a - b), 16 * 60].map((m) => midnight + m * 60))
const window = fc
  .tuple(fc.integer({ min: -60, max: 800 }), fc.integer({ min: 1, max: 800 }))
  .map(([from, length]) => ({
    from: midnight + from * 60,
    to: Math.min(midnight + (from + length) * 60, midnight + 14 * 3_600),
  }))

it('proves every page of every query, and pages make up the query', () => {
  const mask = fc.array(fc.boolean(), { minLength: 72, maxLength: 72 })
  fc.assert(
    fc.property(
      mask,
      cutting,
      window,
      fc.integer({ min: 1, max: 9 }),
      (has, cuts, times, limit) => {
        fc.pre(times.to > times.from)
        const rows = allRows((i) => has[i]!)
        const asked = { ...selection, ...times }
        const epochs = closedRows(rows, cuts)
        const pages = pagesOf(rows, epochs, asked, limit)
        const got = pages.flatMap((page) => {
          const checked = verifyRange(page, authority)
          // No window at all was asked for, or none that any epoch could hold.
          if (!checked.ok) expect([checked.detail, page.proof]).toEqual([checked.detail, []])
          return [...page.items]
        })
        const wanted = rows.filter(
          (row) =>
            row.metric === asked.metric &&
            asked.cells.includes(row.cell) &&
            row.t >= asked.from &&
            row.t < asked.to,
        )
        expect(got).toEqual(wanted)
      },
    ),
    { numRuns: 60 },
  )
})

const rows = allRows((i) => i % 7 !== 0)
const epochs = closedRows(rows, hours(0, 4, 8, 14))
const [whole] = pagesOf(rows, epochs, selection, 100) as [RangeAnswer]
const proof = whole.proof as readonly RangeElementJson[]

function refusal(change: Partial<RangeAnswer>): string {
  const checked = verifyRange({ ...whole, ...change }, authority)
  return checked.ok ? 'accepted' : checked.detail
}

function withElement(i: number, change: Partial<RangeElementJson>): string {
  return refusal({ proof: proof.with(i, { ...proof[i]!, ...change }) })
}

it('has one element for each cell and epoch, also where it covers nothing', () => {
  expect(whole.items.length).toBeGreaterThan(10)
  expect(proof.map(({ cell, epoch }) => [cell, epoch])).toEqual(
    selection.cells.flatMap((cell) => [1, 2, 3].map((n) => [cell, n])),
  )
  const none = pagesOf([], closedRows([], hours(0, 4, 8, 14)), selection, 10)[0]!
  expect(none.proof.map((one) => (one as RangeElementJson).count)).toEqual([0, 0, 0, 0, 0, 0])
  expect(verifyRange(none, authority)).toEqual({ ok: true, value: [] })
  expect(refusal({})).toBe('accepted')
})

it('refuses a row that was changed, dropped, added or moved', () => {
  const { items } = whole
  for (const [i, item] of items.entries()) {
    const changed = { ...(item as object), salt: 'AAAAAAAAAAAAAAAAAAAAAA' }
    expect(refusal({ items: items.with(i, changed) })).toContain('do not lead to aggRoot')
    expect(refusal({ items: items.toSpliced(i, 1) })).not.toBe('accepted')
    expect(refusal({ items: items.toSpliced(i, 0, item) })).not.toBe('accepted')
    if (i > 0)
      expect(refusal({ items: items.with(i, items[i - 1]).with(i - 1, item) })).not.toBe('accepted')
  }
  expect(refusal({ items: [...items, items[0]] })).toContain('rows, the proof covers')
  expect(refusal({ items: [withheld('rain', cells[1]!, selection.from)] })).toContain('row 1')
})

it('refuses a row that was dropped with its count', () => {
  for (const [i, { count, path }] of proof.entries()) {
    if (count === 0) continue
    const used = proof.slice(0, i).reduce((sum, one) => sum + one.count, 0)
    const last = rowHashJson(hashRow(whole.items[used + count - 1] as AggregateRow))
    const items = whole.items.toSpliced(used + count - 1, 1)
    const change = { ...proof[i]!, count: count - 1, after: last, path }
    expect(refusal({ items, proof: proof.with(i, change) })).toContain('after it is one of')
    expect(refusal({ proof: proof.with(i, { ...change, after: null }), items })).toContain(
      'after is null only',
    )
  }
})

it('refuses moved bounds, places, paths, epochs and roots', () => {
  const other = closedRows(rows.slice(1), hours(0, 4, 8, 14))
  const foreign = closedRows(rows, hours(0, 5, 8, 14))
  for (const [i, { first, size, path, count }] of proof.entries()) {
    expect(withElement(i, { first: first + 1 })).not.toBe('accepted')
    expect(withElement(i, { size: size + 1 })).toMatch(/size is|reach size/)
    expect(withElement(i, { count: count + 1 })).not.toBe('accepted')
    expect(withElement(i, { before: null })).toContain('before is null only')
    expect(withElement(i, { path: path.slice(1) })).toContain('aggRoot')
    expect(withElement(i, { path: [...path, 'A'.repeat(43)] })).toContain('aggRoot')
    expect(withElement(i, { path: path.with(0, 'A'.repeat(43)) })).toContain('aggRoot')
    expect(withElement(i, { epoch: 4 })).toContain('the record is of epoch')
    expect(withElement(i, { record: toB64u(foreign[i % 3]!.record) })).not.toBe('accepted')
    expect(withElement(i, { record: 'AAAA' })).toContain('record')
    expect(withElement(i, { cell: cells[0]! })).toContain('is of cell')
    expect(refusal({ proof: proof.toSpliced(i, 1) })).not.toBe('accepted')
    expect(refusal({ proof: proof.toSpliced(i, 0, proof[i]!) })).not.toBe('accepted')
  }
  expect(withElement(0, { record: toB64u(other[0]!.record) })).not.toBe('accepted')
  expect(refusal({ proof: proof.slice(0, -1) })).not.toBe('accepted')
  expect(refusal({ proof: [], items: [] })).toBe('the proof ends before the query does')
})

it('refuses a page that is cut elsewhere or begins elsewhere', () => {
  const pages = pagesOf(rows, epochs, selection, 3)
  expect(pages.length).toBeGreaterThan(3)
  for (const [i, page] of pages.entries()) {
    const says = (change: Partial<RangeAnswer>): string => {
      const checked = verifyRange({ ...page, ...change }, authority)
      return checked.ok ? 'accepted' : checked.detail
    }
    expect(says({})).toBe('accepted')
    if (page.isCut) expect(says({ isCut: false })).not.toBe('accepted')
    if (i > 0) expect(says({ after: undefined })).not.toBe('accepted')
    if (i > 1) expect(says({ after: pages[i - 1]!.after })).not.toBe('accepted')
  }
  expect(refusal({ after: { ...selection, cell: cells[0]!, t: selection.from } })).toContain(
    'page.after',
  )
})

it('tries the signature of the gateway, and waits for epochs that are open', () => {
  const real = verifyRange(whole, { network, gatewayKey: gateway.publicKey })
  expect(real.ok).toBe(true)
  const wrong = verifyRange(whole, { network, gatewayKey: holderOf(8).publicKey })
  expect(wrong).toMatchObject({ ok: false, detail: expect.stringContaining('element 1') })
  const unsigned = verifyRange(whole, { ...authority, verify: () => false })
  expect(unsigned).toMatchObject({ ok: false })
  expect(verifyRange(whole, { ...authority, network: 'other' })).toMatchObject({ ok: false })
  expect(buildRange(selection, epochs.slice(0, 2), undefined, 10)).toBeUndefined()
})

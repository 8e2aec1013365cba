import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rowBlocksPerRange, rowBlockWindows, rowsKeptMax } from '../../gateway/core/limits.js'
import type { AggregateRow } from '../../gateway/core/privacy/row.js'
import { RowBlocks } from '../../gateway/pipeline/release/rowBlocks.js'
import type { IndexedRow } from '../../gateway/ports/releaseStore.js'
import type { ReleasedRow, RowSeries } from '../../gateway/ports/releases.js'

const series: RowSeries = { metric: 'temperature', cell: '871963aa9ffffff', step: 900 }

/** An index with a row in every third window, which counts how many rows it handed over. */
function makeIndex() {
  const asked = { reads: 0, rows: 0 }
  return {
    asked,
    async range(of: RowSeries, from: number, to: number, limit: number): Promise<IndexedRow[]> {
      asked.reads++
      const found: IndexedRow[] = []
      const { step } = of
      for (let t = Math.ceil(from / step) * step; t < to && found.length < limit; t += step)
        if ((t / step) % 3 === 0) found.push({ ...of, t, text: `${t}` })
      asked.rows += found.length
      return found
    },
  }
}

function shown({ text }: { text: string }): ReleasedRow {
  const t = Number(text)
  return { key: `${t}`, row: { t } as AggregateRow, text, publishedSec: t }
}

describe('published rows in memory', () => {
  it('are those of the index, whatever was asked before and however publishing went on', async () => {
    const time = fc.nat({ max: 5 * rowBlockWindows })
    const ask = fc.record({ from: time, to: time, more: fc.nat({ max: 40 }), limit: fc.nat(100) })
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { maxLength: 30 }), async (asks) => {
        const index = makeIndex()
        const blocks = new RowBlocks(index, shown)
        let published = 0
        for (const { from, to, more, limit } of asks) {
          published += more * series.step
          const range = [from * series.step, Math.min(to * series.step, published)] as const
          const wanted = await makeIndex().range(series, ...range, limit)
          const found = await blocks.range(series, ...range, published, limit)
          expect(found).toEqual(wanted.map(shown))
        }
      }),
    )
  })

  it('are read from the index once', async () => {
    const index = makeIndex()
    const blocks = new RowBlocks(index, shown)
    const end = 2 * rowBlockWindows * series.step
    for (let i = 0; i < 10; i++) await blocks.range(series, 0, end, end, Number.MAX_SAFE_INTEGER)
    expect(index.asked.reads).toBe(2)
    // Three more windows are published: one of them has a row.
    const later = end + 3 * series.step
    for (let i = 0; i < 10; i++)
      await blocks.range(series, 0, later, later, Number.MAX_SAFE_INTEGER)
    expect(index.asked).toEqual({ reads: 3, rows: Math.ceil((2 * rowBlockWindows + 3) / 3) })
  })

  it('go where there are too many, and are not kept for a range that is too long', async () => {
    const index = makeIndex()
    const blocks = new RowBlocks(index, shown)
    const span = rowBlockWindows * series.step
    const count = Math.ceil(rowsKeptMax / (rowBlockWindows / 3)) + 10
    for (let i = 0; i < count; i++)
      await blocks.range(series, i * span, (i + 1) * span, count * span, rowBlockWindows)
    expect(index.asked.reads).toBe(count)
    const [first, last] = [0, (count - 1) * span]
    await blocks.range(series, last, last + span, count * span, rowBlockWindows)
    expect(index.asked.reads).toBe(count)
    await blocks.range(series, first, first + span, count * span, rowBlockWindows)
    expect(index.asked.reads).toBe(count + 1)
    const long = (rowBlocksPerRange + 1) * span
    for (let i = 0; i < 2; i++) await blocks.range(series, 0, long, long, 1)
    expect(index.asked.reads).toBe(count + 3)
  })
})

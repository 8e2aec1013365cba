/**
 * Published rows in memory, in blocks of one series and some windows: many buyers ask for the same few
 * days. A published row never changes, so a block only grows, and is read again only from where it ends.
 */
import { assert } from '../../core/failure.js'
import { rowBlocksPerRange, rowBlockWindows, rowsKeptMax } from '../../core/limits.js'
import type { RowIndex } from '../../ports/releaseStore.js'
import type { ReleasedRow, RowSeries } from '../../ports/releases.js'

/** Rows of the windows that begin before `until` (Unix s), from the beginning of the block. */
interface Block {
  readonly rows: readonly ReleasedRow[]
  readonly until: number
}

export class RowBlocks {
  readonly #index: Pick<RowIndex, 'range'>
  readonly #read: (row: { text: string }) => ReleasedRow
  /** The block that was used last stands last. */
  readonly #blocks = new Map<string, Block>()
  #kept = 0

  /** `read` makes what is shown of a row from its record. */
  constructor(index: Pick<RowIndex, 'range'>, read: (row: { text: string }) => ReleasedRow) {
    this.#index = index
    this.#read = read
  }

  /**
   * At most `limit` rows of the windows that begin in [from, to). Every window before `published` is
   * published, and none from there on; `to` is not above it.
   */
  async range(
    series: RowSeries,
    from: number,
    to: number,
    published: number,
    limit: number,
  ): Promise<ReleasedRow[]> {
    assert(to <= published, 'only what is published is shown')
    const span = rowBlockWindows * series.step
    if (to - from > span * rowBlocksPerRange)
      return (await this.#index.range(series, from, to, limit)).map(this.#read)
    const found: ReleasedRow[] = []
    for (let start = Math.floor(from / span) * span; start < to; start += span) {
      const block = await this.#block(series, start, Math.min(start + span, published))
      for (const one of block.rows) {
        if (found.length >= limit) return found
        if (one.row.t >= from && one.row.t < to) found.push(one)
      }
    }
    return found
  }

  async #block(series: RowSeries, start: number, until: number): Promise<Block> {
    const key = `${series.metric}|${series.cell}|${series.step}|${start}`
    const known = this.#blocks.get(key)
    if (known !== undefined && known.until >= until) {
      this.#keep(key, known)
      return known
    }
    const from = known?.until ?? start
    const added = await this.#index.range(series, from, until, rowBlockWindows)
    const block = { rows: [...(known?.rows ?? []), ...added.map(this.#read)], until }
    this.#keep(key, block)
    return block
  }

  #keep(key: string, block: Block): void {
    const before = this.#blocks.get(key)
    if (before !== undefined) this.#drop(key, before)
    this.#blocks.set(key, block)
    this.#kept += sizeOf(block)
    for (const [oldest, one] of this.#blocks) {
      if (this.#kept <= rowsKeptMax) break
      this.#drop(oldest, one)
    }
  }

  #drop(key: string, block: Block): void {
    this.#blocks.delete(key)
    this.#kept -= sizeOf(block)
  }
}

/** An empty block takes room too. */
function sizeOf({ rows }: Block): number {
  return Math.max(1, rows.length)
}

/** The published rows for those who sell and show them: nothing that is drawn and not published yet. */
import { Failure } from '../../core/failure.js'
import { type MetricName, metricByName, metrics } from '../../core/metric.js'
import type { ReleaseRecord } from '../../core/privacy/record.js'
import { formatAggregateRow } from '../../core/privacy/row.js'
import { formatRowKey } from '../../core/privacy/rowKey.js'
import { firstWindowDue, publicationOf } from '../../core/privacy/windows.js'
import type { IndexedRow, RowIndex } from '../../ports/releaseStore.js'
import type { Offer, ReleasedRow, ReleasedRows, RowSeries } from '../../ports/releases.js'
import { RowBlocks } from './rowBlocks.js'

export type RowListener = (rows: readonly ReleasedRow[]) => void | Promise<void>

export interface PublishedRows extends ReleasedRows {
  /** Slots before this Unix second are published. */
  readonly publishedSec: number
  /** Shows the rows of every slot before `sec`; the new ones are given to the listeners first. */
  publish(sec: number, rows: readonly ReleasedRow[]): Promise<void>
}

/** `todaySteps`: the steps in force. Nothing is shown until it is published. */
export async function createPublishedRows(
  index: RowIndex,
  todaySteps: () => ReadonlyMap<MetricName, number>,
): Promise<PublishedRows> {
  const listeners = new Set<RowListener>()
  const labels = new Labels(await index.series())
  const blocks = new RowBlocks(index, releasedRow)
  /** Slots before this second are published. */
  let publishedSec = 0

  /** Windows of a step that begin before are published. */
  const before = (step: number): number => firstWindowDue(step, publishedSec)

  async function range(series: RowSeries, from: number, to: number, limit: number) {
    const published = before(series.step)
    const end = Math.min(to, published)
    return end <= from ? [] : blocks.range(series, from, end, published, limit)
  }

  return {
    get publishedSec() {
      return publishedSec
    },
    range,
    async count(series, from, to) {
      const rows = await range(series, from, to, Number.POSITIVE_INFINITY)
      return {
        rows: rows.length,
        priced: rows.filter(({ row }) => row.class !== 'withheld').length,
      }
    },
    async latest(series) {
      const row = await index.latest(series, before(series.step))
      return row && releasedRow(row)
    },
    offer: (metric) => offerOf(metric, todaySteps(), labels),
    offers: () => metrics.flatMap(({ name }) => offerOf(name, todaySteps(), labels) ?? []),
    steps: (metric) =>
      [...new Set([...labels.steps(metric), todaySteps().get(metric)])]
        .filter((step) => step !== undefined)
        .sort((a, b) => a - b),
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async publish(sec, rows) {
      publishedSec = Math.max(publishedSec, sec)
      for (const { row } of rows) labels.add(row)
      if (rows.length === 0) return
      await Promise.all([...listeners].map((listener) => listener(rows)))
    },
  }
}

function offerOf(
  name: MetricName,
  steps: ReadonlyMap<MetricName, number>,
  labels: Labels,
): Offer | undefined {
  const metric = metricByName(name)
  const step = steps.get(name)
  if (metric === undefined || metric.class === 'none' || step === undefined) return undefined
  const { unit, class: kind } = metric
  return { metric: name, unit, class: kind, step, cells: labels.cells(name, step) }
}

/** Labels that have rows, by metric and step. */
class Labels {
  readonly #cells = new Map<string, Map<number, Set<string>>>()

  constructor(series: readonly RowSeries[]) {
    for (const one of series) this.add(one)
  }

  add({ metric, step, cell }: RowSeries): void {
    const steps = this.#cells.get(metric) ?? new Map<number, Set<string>>()
    this.#cells.set(metric, steps.set(step, (steps.get(step) ?? new Set()).add(cell)))
  }

  steps(metric: MetricName): number[] {
    return [...(this.#cells.get(metric)?.keys() ?? [])]
  }

  cells(metric: MetricName, step: number): string[] {
    return [...(this.#cells.get(metric)?.get(step) ?? [])].sort()
  }
}

/** A row as others see it: without whose devices are in it. */
export function releasedRow({ text }: Pick<IndexedRow, 'text'>): ReleasedRow {
  const { row } = recordOf(text)
  // The record holds the row's own bytes; they were checked when it was written.
  const rowText = text.slice(text.indexOf(':') + 1, text.lastIndexOf(',"who":'))
  const publishedSec = publicationOf(row.step, row.t)
  return { key: formatRowKey(row), row, text: rowText, publishedSec }
}

export function withText({ row }: Pick<ReleaseRecord, 'row'>): ReleasedRow {
  return {
    key: formatRowKey(row),
    row,
    text: formatAggregateRow(row),
    publishedSec: publicationOf(row.step, row.t),
  }
}

/** The record of a row that was indexed: its form was judged then, and is not tried again. */
export function recordOf(text: string): ReleaseRecord {
  try {
    return JSON.parse(text) as ReleaseRecord
  } catch {
    throw new Failure(
      'data',
      'the index of rows is damaged: remove the folder level, it is rebuilt',
    )
  }
}

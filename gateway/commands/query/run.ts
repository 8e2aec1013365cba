/** The query itself, as the options of `fieldproof query` say: pages, a day as a file, or live rows. */
import { openProgress, type Progress } from '../../../simulator/progress.js'
import { Failure } from '../../core/failure.js'
import { formatInstant } from '../../core/time.js'
import { note, paint, print } from '../output.js'
import { untilAsked } from '../signals.js'
import type { BuyerClient } from './buyer.js'
import { type DayRequest, fetchDay } from './day.js'
import { followLive } from './live.js'
import type { PlaceOptions } from './options.js'
import { fetchPages, type QueryResult } from './pages.js'
import { openPartFile } from './partFile.js'
import { placeOf } from './place.js'
import { formatCsv, printRows, valueText } from './rows.js'
import { timesOf } from './times.js'

export interface QueryRunOptions extends PlaceOptions {
  from?: number
  to?: number
  maxCost?: number
  page: number
  verify?: boolean
  csv?: boolean
  output?: string
  live?: boolean
  day?: string
  format?: 'csv' | 'ndjson'
}

export async function runQuery(
  client: BuyerClient,
  run: string,
  options: QueryRunOptions,
): Promise<void> {
  if (options.live) return runLive(client, run, options)
  return options.day === undefined ? runPages(client, run, options) : runDay(client, run, options)
}

function progressOf(): Progress {
  return openProgress({
    out: process.stderr,
    env: { NO_COLOR: process.env.NO_COLOR, TERM: process.env.TERM },
    now: () => performance.now(),
  })
}

async function runPages(client: BuyerClient, run: string, options: QueryRunOptions): Promise<void> {
  const { maxCost, page, gateway, output } = options
  const times = timesOf(options)
  const q = { ...(await placeOf(client, run, options)), ...times }
  const total = await quoteOf(client, `${run}-q`, q)
  if (maxCost !== undefined && total.cost > maxCost)
    throw new Failure(
      'check',
      `this costs ${total.cost} credits, above --max-cost ${maxCost}; nothing was bought`,
    )
  const part = await openPartFile(output, { q, page, maxCost: maxCost ?? null }, () => run)
  if (part.lines.length > 0) note(`going on behind page ${part.lines.length} of an earlier run`)
  const progress = progressOf()
  const terms = { q, maxCost, limit: page, gateway }
  const result = await fetchPages(client, terms, part, (rows) => {
    progress.update(total.rows === 0 ? 1 : rows / total.rows, `${rows} of ${total.rows} rows`)
  }).finally(() => progress.end())
  const text = options.csv
    ? formatCsv(result.rows)
    : `${result.pages.map((one) => JSON.stringify(one)).join('\n')}\n`
  await part.finish(text)
  if (output !== undefined) note(`written to ${output}`)
  else if (options.csv || options.json) print(text.trimEnd())
  else printRows(result.rows)
  tell(result, options)
}

/** Rows and credits of all pages. */
async function quoteOf(
  client: BuyerClient,
  id: string,
  q: object,
): Promise<{ rows: number; cost: number }> {
  const { quote } = await client.ask(id, { op: 'quote', q })
  const { rows, cost } = (quote ?? {}) as { rows?: unknown; cost?: unknown }
  if (typeof rows === 'number' && typeof cost === 'number') return { rows, cost }
  throw new Failure('check', 'the gateway sent no quote')
}

function tell({ rows, cost, balance, isProved }: QueryResult, options: QueryRunOptions): void {
  note(`${rows.length} rows, ${cost} credits${balance === undefined ? '' : `; ${balance} left`}`)
  if (isProved) {
    note('every page holds: exactly the rows that the gateway published')
    return
  }
  const file = options.output ?? 'FILE'
  const later = `ask for the proof once their epoch is closed: fieldproof query proof ${file}`
  if (options.verify) throw new Failure('check', `these rows are not proved yet; ${later}`)
  note(`these rows are not proved yet; ${later}`)
}

async function runDay(client: BuyerClient, run: string, options: QueryRunOptions): Promise<void> {
  const { day, format, output, maxCost } = options
  if (format === undefined || output === undefined)
    throw new Failure('usage', '--day: also name --format csv or ndjson, and a file with -o')
  const { metric, cells, step } = await placeOf(client, run, options)
  const request: DayRequest = {
    q: { metric, cells, day: day!, step },
    format,
    ...(maxCost !== undefined && { maxCost }),
  }
  const part = await openPartFile(output, request, () => run)
  const progress = progressOf()
  const file = await fetchDay(client, `${part.run}-x`, request, (chunks, of) =>
    progress.update(chunks / of, `${chunks} of ${of} chunks`),
  ).finally(() => progress.end())
  await part.finish(file.bytes)
  note(`${file.bytes.length} bytes in ${file.chunks} chunks, ${file.cost} credits`)
  note(`written to ${output}; each chunk has the hash that came with it`)
}

async function runLive(client: BuyerClient, run: string, options: QueryRunOptions): Promise<void> {
  const { metric, cells, step } = await placeOf(client, run, options)
  const { maxCost, json } = options
  const end = await followLive(
    {
      client,
      run,
      asked: untilAsked(),
      begun: (topics) => note(`waiting for rows of ${topics.length} topics; Ctrl-C ends it`),
      row(row) {
        if (json) return print(JSON.stringify(row))
        const time = paint('dim', formatInstant(row.t))
        print(`${time} ${row.cell} ${row.metric} ${valueText(row) || row.class}`)
      },
    },
    { q: { metric, cells, step }, ...(maxCost !== undefined && { maxCost }) },
  )
  note(
    end === 'asked'
      ? 'unsubscribed'
      : 'the subscription has ended: a day has passed, or credits or --max-cost are used up',
  )
}

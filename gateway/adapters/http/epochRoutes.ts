/** Closed epochs, for anyone (PROTOCOL 9): bytes as they were published, for ever the same. */
import { type Context, Hono } from 'hono'
import type { EpochFiles, Settlements } from '../../ports/settlements.js'
import { type HttpEnv, parseWhole } from './context.js'
import { problem } from './problem.js'

const anyOrigin = { 'Access-Control-Allow-Origin': '*' }
const immutable = 'public, max-age=31536000, immutable'

type Part = Exclude<keyof EpochFiles, 'record'>

const files: ReadonlyMap<string, { part: Part; type: string }> = new Map([
  ['contributions.ndjson', { part: 'contributions', type: 'application/x-ndjson' }],
  ['aggregates.ndjson', { part: 'aggregates', type: 'application/x-ndjson' }],
  ['rewards.json', { part: 'rewards', type: 'application/json' }],
])

export function epochRoutes(epochs: Settlements): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.get('/epochs', (context) => {
    const from = parseWhole(context.req.query('from') ?? '1')
    if (from === undefined || from === 0) throw problem(400, 'Expected from to be a number from 1.')
    return context.body(listFrom(epochs, from), 200, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-cache',
      ...anyOrigin,
    })
  })
  app.get('/epochs/:name', async (context) => {
    const n = numberOf(context.req.param('name'), /^([1-9][0-9]*)\.json$/)
    const record = n === undefined ? undefined : await epochs.record(n)
    if (record === undefined) throw unknownEpoch(epochs)
    return answer(context, `${JSON.stringify(record)}\n`, 'application/json')
  })
  app.get('/epochs/:n/:file', async (context) => {
    const n = numberOf(context.req.param('n'), /^([1-9][0-9]*)$/)
    const file = files.get(context.req.param('file'))
    if (file === undefined)
      throw problem(404, `An epoch has these files: ${[...files.keys()].join(', ')}.`)
    const epoch = n === undefined ? undefined : await epochs.read(n)
    if (epoch === undefined) throw unknownEpoch(epochs)
    return answer(context, epoch[file.part], file.type)
  })
  return app
}

function answer(context: Context<HttpEnv>, text: string, type: string): Response {
  return context.body(text, 200, { 'Content-Type': type, 'Cache-Control': immutable, ...anyOrigin })
}

function unknownEpoch({ count }: Settlements): Error {
  const closed = count === 0 ? 'none is closed yet' : `1 to ${count} are closed`
  return problem(404, `Expected the number of a closed epoch: ${closed}.`)
}

function numberOf(text: string, pattern: RegExp): number | undefined {
  const digits = pattern.exec(text)?.[1]
  return digits === undefined ? undefined : parseWhole(digits)
}

/** The records from `n` on as one JSON array, one at a time: a year of them is no text to hold. */
function listFrom(epochs: Settlements, n: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let next = n
  let isFirst = true
  return new ReadableStream({
    start(controller) {
      controller.enqueue(encoder.encode('['))
    },
    async pull(controller) {
      let record = await epochs.record(next)
      // A log that was begun anew lacks what was lost with the one before.
      while (record === undefined && next < epochs.count) record = await epochs.record(++next)
      if (record === undefined) {
        controller.enqueue(encoder.encode(']\n'))
        controller.close()
        return
      }
      controller.enqueue(encoder.encode(`${isFirst ? '' : ',\n'}${JSON.stringify(record)}`))
      isFirst = false
      next++
    },
  })
}

/** What the dashboard shows beside devices: cells with released rows, earnings, places. */
import { type Context, Hono } from 'hono'
import { parseAddress } from '../../core/device/address.js'
import { cellResolution, isRegistrableCell } from '../../core/device/cell.js'
import {
  cellResolutionMax,
  earningsEpochsMax,
  httpRowsMax,
  mapRingsMax,
  queryCellsMax,
  seqMax,
  seriesTimeMax,
} from '../../core/limits.js'
import { type MetricName, metricByName } from '../../core/metric.js'
import type { Dashboard } from '../../ports/dashboard.js'
import { type HttpEnv, wholeNumber } from './context.js'
import type { Gate } from './gate.js'
import { problem } from './problem.js'
import { ownerIn } from './viewer.js'

export function dashboardRoutes(dashboard: Dashboard, gate: Gate): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  const owner = (context: Context<HttpEnv>): string | undefined => ownerIn(gate.known(context))
  app.get('/map', async (context) => {
    const map = await dashboard.map(metricOf(context), owner(context))
    if (map === undefined) throw problem(404, 'Nothing is released of this metric.')
    return context.json({ ...map, metrics: dashboard.metrics() })
  })
  app.get('/cells/:cell/rows', async (context) => {
    const { cell } = context.req.param()
    if (cellResolution(cell) === undefined) throw problem(400, 'Expected an H3 cell.')
    const from = Math.min(wholeNumber(context, 'from', undefined, 0, seqMax), seriesTimeMax)
    const to = Math.min(wholeNumber(context, 'to', undefined, from, seqMax), seriesTimeMax)
    const limit = wholeNumber(context, 'limit', httpRowsMax, 1, httpRowsMax)
    const request = { metric: metricOf(context), cell, from, to, limit }
    const rows = await dashboard.rows(request, owner(context))
    if (rows === undefined) throw problem(404, 'Nothing is released of this cell.')
    return context.json(rows)
  })
  app.get('/earnings', async (context) => {
    const limit = wholeNumber(context, 'limit', 30, 1, earningsEpochsMax)
    return context.json(await dashboard.earnings(limit, owner(context) ?? askedOwner(context)))
  })
  app.get('/places', gate.operatorOnly, async (context) => {
    const rings = wholeNumber(context, 'rings', 2, 0, mapRingsMax)
    const cell = context.req.query('cell')
    if (cell !== undefined) {
      if (!isRegistrableCell(cell))
        throw problem(400, 'Expected an H3 cell of resolution 7 or coarser.')
      return context.json(await dashboard.cellsAround(cell, rings))
    }
    const place = [degrees(context, 'latitude', 90), degrees(context, 'longitude', 180)] as const
    const resolution = wholeNumber(context, 'resolution', cellResolutionMax, 0, cellResolutionMax)
    return context.json(await dashboard.cellsAt(place, resolution, rings))
  })
  return app
}

/**
 * Shapes of cells, for anybody: they follow from the names alone, and say nothing of this gateway. A
 * buyer's page draws its cells with them, and need not carry the library.
 */
export function outlineRoutes(dashboard: Pick<Dashboard, 'outlines'>): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.get('/outlines', async (context) => {
    const cells = (context.req.query('cells') ?? '').split(',')
    if (cells.length > queryCellsMax || !cells.every(isRegistrableCell))
      throw problem(
        400,
        `Expected cells: 1 to ${queryCellsMax} H3 cells of resolution 7 or coarser.`,
      )
    return context.json(await dashboard.outlines(cells), 200, { 'Cache-Control': immutable })
  })
  return app
}

const immutable = 'public, max-age=31536000, immutable'

/** The operator may ask for one owner; an owner gets its own, whatever it asks for. */
function askedOwner(context: Context<HttpEnv>): string | undefined {
  const text = context.req.query('owner')
  if (text === undefined) return undefined
  const owner = parseAddress(text)
  if (owner === undefined) throw problem(400, 'Expected owner to be 0x and 40 hex digits.')
  return owner
}

function metricOf(context: Context<HttpEnv>): MetricName {
  const metric = metricByName(context.req.query('metric') ?? '')
  if (metric === undefined)
    throw problem(400, 'Expected metric to be the name of a metric, such as temperature.')
  return metric.name
}

function degrees(context: Context<HttpEnv>, name: string, most: number): number {
  const text = context.req.query(name) ?? ''
  const value = /^-?\d{1,3}(\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN
  if (!(Math.abs(value) <= most))
    throw problem(400, `Expected ${name} to be degrees from -${most} to ${most}.`)
  return value
}

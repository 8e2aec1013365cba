/** A dashboard over many devices with a month of values, each in a cell of its own, while readings arrive. */
import { geography } from '../../gateway/adapters/h3/geography.js'
import { startHttp } from '../../gateway/adapters/http/server.js'
import { type LevelStores, openLevel } from '../../gateway/adapters/level/open.js'
import { systemClock } from '../../gateway/adapters/system/clock.js'
import { rawRetentionDays } from '../../gateway/core/limits.js'
import type { AggregateRow } from '../../gateway/core/privacy/row.js'
import type { CellView, Dashboard } from '../../gateway/ports/dashboard.js'
import type { Point, SeriesStore } from '../../gateway/ports/series.js'
import { builtPages } from '../support/browser.js'
import {
  deviceView,
  faceParts,
  noDashboard,
  noEpochs,
  testLog,
  testOperations,
} from '../support/operations.js'

export const days = rawRetentionDays
export const eventsPerSec = 200
export const token = 'bench'
const intervalSec = 900
const unit = 'Cel'

export interface Site {
  url: string
  /** Devices' ids, in the order of the list. */
  ids: readonly string[]
  /** Values in the store. */
  points: number
  close(): Promise<void>
}

export async function openSite(
  folder: string,
  devices: number,
  progress: (text: string) => void,
): Promise<Site> {
  const level = await openLevel(folder)
  const ids = namesOf(devices)
  const points = await fill(level.series, ids, progress)
  const { url, stop } = await serve(level, ids)
  return {
    url,
    ids: [...ids].sort(),
    points,
    async close() {
      await stop()
      await level.close()
    },
  }
}

/** Names in the alphabet of device ids. */
function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    i
      .toString(32)
      .padStart(13, 'a')
      .replaceAll(/[^a-z2-7]/g, 'z'),
  )
}

async function fill(
  store: SeriesStore,
  ids: readonly string[],
  progress: (text: string) => void,
): Promise<number> {
  const end = Math.floor(Date.now() / 1_000)
  let points = 0
  for (const [i, device] of ids.entries()) {
    const batch: Point[] = []
    for (let time = end - days * 86_400; time < end; time += intervalSec)
      batch.push({ device, metric: 'temperature', time, value: valueAt(time, i) })
    points += batch.length
    await store.write(batch, points)
    if (i % 50 === 0) progress(`dashboard: filling the store, ${i} of ${ids.length} devices`)
  }
  return points
}

function valueAt(time: number, i: number): number {
  return Math.round(10 * (15 + 8 * Math.sin(time / 13_751 + i / 40))) / 10
}

/** As many cells as devices, around one. */
function cellsOf(count: number): string[] {
  const rings = Math.ceil(Math.sqrt(count / 3))
  return geography.around('871963aa9ffffff', rings).slice(0, count)
}

function rowAt(cell: string, i: number, t: number): AggregateRow {
  const mean = valueAt(t, i)
  const common = {
    cell,
    metric: 'temperature',
    salt: 'A'.repeat(22),
    step: intervalSec,
    t,
  } as const
  return { ...common, class: 'k-anonymous', k: 5, mean, median: mean, n: 5, unit }
}

function dashboardOver(cells: readonly string[]): Dashboard {
  const newest = (): number => Math.floor(Date.now() / 1_000 / intervalSec - 1) * intervalSec
  return {
    ...noDashboard,
    metrics: () => ['temperature'],
    map: async () => ({
      ...{ metric: 'temperature', unit, class: 'environment', step: intervalSec },
      cells: cells.map(
        (cell, i): CellView => ({
          ...{ cell, outline: geography.outline(cell), devices: 1 },
          row: rowAt(cell, i, newest()),
        }),
      ),
    }),
    async rows({ cell, from, to, limit }) {
      const i = cells.indexOf(cell)
      const rows: AggregateRow[] = []
      const first = Math.ceil(Math.max(from, newest() - days * 86_400) / intervalSec) * intervalSec
      for (let t = first; t < Math.min(to, newest()) && rows.length < limit; t += intervalSec)
        rows.push(rowAt(cell, i, t))
      return rows
    },
  }
}

async function serve(
  { series }: LevelStores,
  ids: readonly string[],
): Promise<{ url: string; stop(): Promise<void> }> {
  const cells = cellsOf(ids.length)
  const operations = testOperations(
    ids.map((id, i) => deviceView(id, { owner: `0x${'1'.repeat(40)}`, cell: cells[i]! })),
  )
  operations.devices = () =>
    Promise.all(
      operations.list.map(async (view) => ({
        ...view,
        lastAtMs: Date.now(),
        latest: (await series.latest(view.device)).map((each) => ({ ...each, unit })),
      })),
    )
  operations.buckets = (device, metric, from, to, step) =>
    series.downsample({ device, metric, from, to }, step)
  const face = await startHttp({
    ...faceParts(systemClock),
    dashboard: dashboardOver(cells),
    operations,
    log: testLog(),
    epochs: noEpochs,
    health: { ready: () => true, degraded: () => [] },
    clock: systemClock,
    token,
    webFolder: builtPages(),
    report: (message) => console.error(message),
    host: '127.0.0.1',
    port: 0,
    search: false,
  })
  let next = 0
  const timer = setInterval(() => {
    for (let i = 0; i < eventsPerSec / 20; i++) {
      const atMs = Date.now()
      const values = [{ metric: 'temperature', time: Math.floor(atMs / 1_000), value: 20, unit }]
      const device = ids[next % ids.length]!
      operations.raise({ type: 'reading', atMs, device, seq: next++, transport: 'mqtt', values })
    }
  }, 50)
  return {
    url: face.url,
    async stop() {
      clearInterval(timer)
      await face.close()
    },
  }
}

/** What the dashboard shows beside the operator's view: released rows on the map, and earnings. */
import { cellParent, cellResolution } from '../core/device/cell.js'
import type { Registry } from '../core/device/registry.js'
import { metricByName } from '../core/metric.js'
import type { CellShape, CellView, Dashboard, Geography } from '../ports/dashboard.js'
import type { ReleasedRows } from '../ports/releases.js'
import type { Settlements } from '../ports/settlements.js'
import { createEarnings } from './dashboard/earnings.js'

export interface DashboardParts {
  registry: Registry
  settlements: Settlements
  rows: ReleasedRows
  /** Loaded when the first map is asked for. */
  geography(): Promise<Geography>
}

export function createDashboard(parts: DashboardParts): Dashboard {
  const { registry, rows } = parts

  return {
    async map(metric, owner) {
      const offer = rows.offer(metric)
      if (offer === undefined) return undefined
      const geography = await parts.geography()
      const homes = homesOf(registry, owner)
      const labels = offer.cells.filter((cell) => owner === undefined || holdsAny(cell, homes))
      const bare = [...homes.keys()].filter((home) => !labels.some((cell) => holds(cell, home)))
      const cells = [...labels, ...bare].map(async (cell): Promise<CellView> => {
        const { step } = offer
        const latest = labels.includes(cell) ? await rows.latest({ metric, cell, step }) : undefined
        return {
          cell,
          outline: geography.outline(cell),
          devices: devicesIn(cell, homes),
          ...(latest === undefined ? {} : { row: latest.row }),
        }
      })
      const unit = metricByName(metric)?.unit ?? ''
      return { metric, unit, class: offer.class, step: offer.step, cells: await Promise.all(cells) }
    },
    async rows({ metric, cell, from, to, limit }, owner) {
      const offer = rows.offer(metric)
      if (offer === undefined || !offer.cells.includes(cell)) return undefined
      if (owner !== undefined && !holdsAny(cell, homesOf(registry, owner))) return undefined
      const found = await rows.range({ metric, cell, step: offer.step }, from, to, limit)
      return found.map(({ row }) => row)
    },
    metrics: () => rows.offers().map(({ metric }) => metric),
    ...createEarnings(parts.settlements),
    async cellsAt([latitude, longitude], resolution, rings) {
      const geography = await parts.geography()
      return shapes(geography, geography.cellAt(latitude, longitude, resolution), rings)
    },
    async outlines(cells) {
      const geography = await parts.geography()
      return cells.map((cell) => ({ cell, outline: geography.outline(cell) }))
    },
    cellsAround: async (cell, rings) => shapes(await parts.geography(), cell, rings),
  }
}

/** The cell itself comes first. */
function shapes(geography: Geography, cell: string, rings: number): CellShape[] {
  return geography
    .around(cell, rings)
    .map((each) => ({ cell: each, outline: geography.outline(each) }))
}

/** Registered cells with how many devices they have: all, or those of one owner. */
function homesOf(registry: Registry, owner: string | undefined): Map<string, number> {
  const homes = new Map<string, number>()
  for (const device of registry.devices()) {
    if (device.state === 'revoked') continue
    if (owner !== undefined && device.owner !== owner) continue
    homes.set(device.cell, (homes.get(device.cell) ?? 0) + 1)
  }
  return homes
}

/** Whether a cell is `home` or contains it. */
function holds(cell: string, home: string): boolean {
  return cellParent(home, cellResolution(cell) ?? 0) === cell
}

function holdsAny(cell: string, homes: ReadonlyMap<string, number>): boolean {
  return [...homes.keys()].some((home) => holds(cell, home))
}

function devicesIn(cell: string, homes: ReadonlyMap<string, number>): number {
  let count = 0
  for (const [home, devices] of homes) if (holds(cell, home)) count += devices
  return count
}

import type { MetricName } from '../core/metric.js'
import type { AggregateRow } from '../core/privacy/row.js'

/** Degrees north and east (WGS 84). */
export type Corner = readonly [latitude: number, longitude: number]

/** The grid of cells as shapes on the globe. */
export interface Geography {
  /** The corners of a cell in order, 5 to 10 of them. */
  outline(cell: string): Corner[]
  /** The cell of that resolution which holds a place. */
  cellAt(latitude: number, longitude: number, resolution: number): string
  /** The cell and all within `rings` steps of it. */
  around(cell: string, rings: number): string[]
}

export interface CellShape {
  cell: string
  outline: Corner[]
}

/** A cell with the newest row that was released of it; without one where it has none yet. */
export interface CellView extends CellShape {
  row?: AggregateRow
  /** Devices registered in it or in a cell within it. */
  devices: number
}

/** What is released of one metric, and where. */
export interface MapView {
  metric: MetricName
  unit: string
  class: 'environment' | 'personal'
  /** Length of the windows today, seconds. */
  step: number
  cells: CellView[]
}

/** What an epoch came to: in all, or for one owner. Amounts are decimal text of base units. */
export interface EpochEarnings {
  n: number
  /** Unix seconds. */
  from: number
  to: number
  paid: string
  devices: number
  accepted: number
  expected: number
  late: number
  /** Refused messages by reason code, flagged values by flag. */
  reasons: Record<string, number>
}

export interface Earnings {
  /** Oldest first. */
  epochs: EpochEarnings[]
  /** Over those epochs, the highest first. */
  owners: { owner: string; paid: string; devices: number }[]
}

/** One device in one epoch, with what each reason cost it (schemas/contribution.md). */
export interface DeviceEarnings {
  n: number
  from: number
  to: number
  paid: string
  weight: number
  accepted: number
  expected: number
  late: number
  uptimeBp: number
  qualityBp: number
  owners: number
  reasons: Record<string, number>
  /** Base units by reason; none that is 0. */
  costs: Record<string, string>
}

/** What the dashboard shows beside the operator's API; nothing but outlines leaves without a session. */
export interface Dashboard {
  /** Cells with devices or rows of a metric. `owner`: only those that hold one of its devices. */
  map(metric: MetricName, owner?: string): Promise<MapView | undefined>
  /** Released rows of a cell, [from, to) Unix seconds; `undefined` where `owner` has no device in it. */
  rows(
    request: { metric: MetricName; cell: string; from: number; to: number; limit: number },
    owner?: string,
  ): Promise<AggregateRow[] | undefined>
  /** Metrics that are released today, in the order of the metric table. */
  metrics(): MetricName[]
  /** The newest epochs, at most `limit`. */
  earnings(limit: number, owner?: string): Promise<Earnings>
  /** The newest epochs in which a device has a row, of at most `limit`; oldest first. */
  deviceEarnings(device: string, limit: number): Promise<DeviceEarnings[]>
  /** The cell at a place and those around it, for who puts a device on the map. */
  cellsAt(place: Corner, resolution: number, rings: number): Promise<CellShape[]>
  /** Shapes of cells, whoever has something in them or not. */
  outlines(cells: readonly string[]): Promise<CellShape[]>
  /** A cell and those around it. */
  cellsAround(cell: string, rings: number): Promise<CellShape[]>
}

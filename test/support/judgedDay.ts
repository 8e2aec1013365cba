/** A recorded day as an epoch of its own: what the quality checks find in each of its sensors. */
import { cellToParent } from 'h3-js'
import { utf8 } from '../../gateway/core/bytes.js'
import { sha256 } from '../../gateway/core/crypto.js'
import { formatAddress } from '../../gateway/core/device/address.js'
import { deviceIdOfKid } from '../../gateway/core/device/key.js'
import { judgeAll } from '../../gateway/core/rewards/judged.js'
import type { ColumnQuality } from '../../gateway/core/rewards/quality.js'
import { type Score, scoreDevices } from '../../gateway/core/rewards/score.js'
import {
  type DeviceEpoch,
  DeviceTally,
  type DeviceTerms,
} from '../../gateway/core/rewards/tally.js'
import { rowsOf } from '../../simulator/replayFile.js'
import { noCounts, type ReplayRow } from '../../simulator/replayRows.js'

/** Between 145 and 150 s pass from row to row; the interval that a replay is approved with. */
export const dayIntervalSec = 150

export interface JudgedSensor {
  sensor: string
  station: string
  cell: string
  epoch: DeviceEpoch
  score: Score
  /** By name of the metric. */
  quality: ReadonlyMap<string, ColumnQuality>
}

/**
 * Every sensor of the file as an outdoor device of its station's owner, in the cell of that
 * resolution, over the UTC day `from`. Nothing is late, and there is no history.
 */
export async function judgeDay(
  path: string,
  from: number,
  resolution: number,
): Promise<JudgedSensor[]> {
  const sensors = new Map<
    string,
    { row: ReplayRow; cell: string; seq: number; tally: DeviceTally }
  >()
  for await (const row of rowsOf(path, noCounts())) {
    let held = sensors.get(row.sensor)
    if (held === undefined) {
      const cell = cellToParent(row.cell, resolution)
      const tally = new DeviceTally(dayIntervalSec, { from, to: from + 86_400 })
      held = { row, cell, seq: 0, tally }
      sensors.set(row.sensor, held)
    }
    const leaf = sha256(utf8(`${row.sensor} ${held.seq}`))
    held.tally.add({ seq: held.seq++, leaf, atMs: row.time * 1_000, values: row.values })
  }
  const all = [...sensors.values()]
  const epochs = all.map(({ row, cell, tally }) => tally.finish(termsOf(row, cell)))
  const judged = judgeAll(epochs)
  const scores = scoreDevices(epochs, true)
  return all.map(({ row, cell }, i) => ({
    sensor: row.sensor,
    station: row.station,
    cell,
    epoch: epochs[i]!,
    score: scores[i]!,
    quality: new Map([...judged[i]!.byMetric].map(([metric, found]) => [metric.name, found])),
  }))
}

function termsOf({ sensor, station }: ReplayRow, cell: string): DeviceTerms {
  return {
    device: deviceIdOfKid(sha256(utf8(sensor)).subarray(0, 8)),
    owner: formatAddress(sha256(utf8(station)).subarray(0, 20)),
    cell,
    placement: 'outdoor',
    intervalSec: dayIntervalSec,
    simulated: false,
  }
}

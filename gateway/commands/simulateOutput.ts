/** What a person reads of a simulation. */
import type { PlannedDevice, RunReport } from '../../simulator/crew.js'
import type { ReplayRun } from '../../simulator/replay.js'
import { formatInstant } from '../core/time.js'

/** `50 devices from seed 1: first abc.., last xyz..` */
export function describeRun(seed: string, devices: readonly PlannedDevice[]): string {
  const ids = [devices[0]?.id, devices.length > 1 ? devices.at(-1)?.id : undefined].filter(Boolean)
  return `seed ${seed}: ${devices.length} devices, ${ids.join(' .. ')}`
}

export function describeReplay({ recording, shiftSec }: ReplayRun): string {
  const { first, last, counts } = recording
  const skipped = Object.entries(counts.skipped).map(([why, count]) => `${count} ${why}`)
  return [
    `${formatInstant(first)} to ${formatInstant(last)}, ${counts.rows} rows, ${counts.values} values`,
    shiftSec === 0 ? 'times as recorded' : `times moved by ${shiftSec} s`,
    skipped.length > 0 ? `left out: ${skipped.join(', ')}` : 'nothing left out',
  ].join('; ')
}

/** What was replayed, as JSON: who speaks for which sensor, how times were moved, what was left out. */
export function replayed({ recording, shiftSec, counts, devices }: ReplayRun) {
  const { first, last, sensors } = recording
  return {
    first,
    last,
    shiftSec,
    ...counts,
    devices: sensors.map(({ sensor }, index) => ({ device: devices[index]!.id, sensor })),
  }
}

/** One line: how many may speak (while it runs), what they sent, what became of it. */
export function statusLine(report: RunReport, isRunning: boolean): string {
  const { ready, devices, pending, acknowledged, waiting, resent, blows, skipped } = report
  const refused = Object.values(report.refused).reduce((sum, count) => sum + (count ?? 0), 0)
  const parts = [`${acknowledged} acknowledged`, `${refused} refused`, `${waiting} waiting`]
  if (isRunning && ready < devices) parts.unshift(`${ready}/${devices} online`)
  if (pending > 0) parts.push(`${pending} to approve`)
  if (resent > 0) parts.push(`${resent} sent again`)
  if (blows > 0) parts.push(`${blows} links hit`)
  if (skipped > 0) parts.push(`${skipped} not sent (too fast)`)
  return parts.join(', ')
}

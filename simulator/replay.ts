/**
 * Recorded days through the real wire: one virtual device per sensor, every value exactly as it
 * stands in the file, at any speed. Times are moved, for a gateway refuses what is older than a week.
 */
import { ageSecMax } from '../gateway/core/limits.js'
import type { MetricName } from '../gateway/core/metric.js'
import type { Value } from '../gateway/core/senml/pack.js'
import { Crew, type Member, type RunOptions } from './crew.js'
import type { SequenceKind } from './device.js'
import { faults } from './faults.js'
import { inflict, ownerOf } from './fleet.js'
import { deviceKey, type SignerKind } from './key.js'
import { outboxMessagesMax, replayMarginSec, turnMsMax } from './limits.js'
import { pause } from './link.js'
import type { Approval } from './operator.js'
import { randomFrom } from './random.js'
import { type RecordedSensor, type Recording, rowsOf, survey } from './replayFile.js'
import { countSkip, noCounts, type ReplayCounts, type ReplayRow } from './replayRows.js'
import { type Run, type Source, startRun } from './run.js'

export interface ReplayOptions extends RunOptions {
  file: string
  /** Times as fast as it was recorded; infinity: as fast as the gateway answers. */
  speed: number
  /** `now`: the last row becomes this second. `none`: times stay as they are. */
  shift: 'now' | 'none'
  sequence?: SequenceKind
  signer?: SignerKind
  /** Faults that send a message of their own, or hit the link; rows themselves are not touched. */
  faults?: readonly string[]
  faultRate?: number
}

export interface ReplayRun extends Run {
  readonly recording: Recording
  /** Seconds by which times were moved. */
  readonly shiftSec: number
  /** What was read so far, and what of it was left out. */
  readonly counts: ReplayCounts
}

/** Reads the file once to see who is in it, then starts. Rejects with a `Failure` on a bad file. */
export async function startReplay(options: ReplayOptions): Promise<ReplayRun> {
  const recording = await survey(options.file)
  const startMs = (options.now ?? Date.now)()
  const shiftSec = options.shift === 'now' ? Math.floor(startMs / 1_000) - recording.last : 0
  const profiles = recording.sensors.map((sensor) => profileOf(options, sensor, startMs))
  const crew = new Crew(options, profiles)
  const bySensor = new Map(
    recording.sensors.map(({ sensor }, index) => [sensor, crew.members[index]!]),
  )
  const counts = noCounts()
  const source = sourceOf(options, bySensor, shiftSec, recording.first, counts)
  const progress = (): number => counts.rows / Math.max(1, recording.counts.rows)
  return { ...startRun(crew, source, progress), recording, shiftSec, counts }
}

/** The id that a sensor of a recording has under a seed. */
export function replayDeviceId(seed: string, sensor: string): string {
  return deviceKey(seed, labelOf(sensor), 'noble').id
}

function labelOf(sensor: string): string {
  return `sensor ${sensor}`
}

function profileOf(
  { seed, network, sequence = 'plain', signer = 'noble' }: ReplayOptions,
  { sensor, kind, station, cell, metrics }: RecordedSensor,
  startMs: number,
): { profile: Crew['members'][number]['device']['profile']; approval: Approval } {
  return {
    profile: {
      seed,
      label: labelOf(sensor),
      network,
      signer,
      sequence,
      startMs,
      model: kind,
      metrics: metrics as MetricName[],
      cell,
    },
    // A station belongs to one owner, with all its sensors.
    approval: {
      owner: ownerOf(`${seed}\nstation\n${station}`),
      cell,
      placement: 'outdoor',
      intervalSec: 150,
      simulated: true,
    },
  }
}

function sourceOf(
  options: ReplayOptions,
  bySensor: ReadonlyMap<string, Member>,
  shiftSec: number,
  first: number,
  counts: ReplayCounts,
): Source {
  return async (crew, signal) => {
    const afflict = afflicterOf(options, crew)
    await allReady(crew, signal)
    const startedAt = crew.now()
    let turnEnd = startedAt + turnMsMax
    for await (const row of rowsOf(options.file, counts)) {
      const member = bySensor.get(row.sensor)
      if (member === undefined) continue
      const dueAt = startedAt + ((row.time - first) * 1_000) / options.speed
      while (crew.now() < dueAt && !signal.aborted)
        await pause(Math.min(1_000, dueAt - crew.now()), signal)
      while (member.device.outbox.unsettled >= outboxMessagesMax && !signal.aborted)
        await pause(5, signal)
      if (signal.aborted) return
      const values = shifted(row, shiftSec)
      if (row.time + shiftSec < crew.now() / 1_000 - ageSecMax + replayMarginSec) {
        countSkip(counts, 'too-old')
        continue
      }
      crew.submit(member, member.device.reading(values))
      afflict(member, values)
      if (crew.now() < turnEnd) continue
      await pause(0, signal)
      turnEnd = crew.now() + turnMsMax
    }
  }
}

function shifted(row: ReplayRow, seconds: number): Value[] {
  return row.values.map((value) => ({ ...value, time: value.time + seconds }))
}

function afflicterOf(
  options: ReplayOptions,
  crew: Crew,
): (member: Member, values: Value[]) => void {
  const { faultRate = 0.02, faults: wanted = [] } = options
  const random = randomFrom(options.seed, 'faults', crew.now())
  return (member, values) => {
    if (wanted.length === 0 || random.unit() >= faultRate) return
    const nowSec = Math.floor(crew.now() / 1_000)
    const sample = (): Value[] => values.map((value) => ({ ...value, time: nowSec }))
    const context = { device: member.device, random, nowSec, sample }
    inflict(crew, member, faults[random.pick(wanted)]!, context)
  }
}

/** Every device is enrolled before the first row goes out: a row must not be late for that. */
async function allReady(crew: Crew, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && crew.members.some(({ wasReady }) => !wasReady)) await pause(10, signal)
}

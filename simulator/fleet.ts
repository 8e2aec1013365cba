/**
 * A fleet of virtual devices that measure on their own. `rate` is messages per second and device:
 * 1,000 devices at 0.2 send 200 messages a second, evenly spread over each period.
 */
import { cellToLatLng, gridDisk, latLngToCell } from 'h3-js'
import { toHex, utf8 } from '../gateway/core/bytes.js'
import { sha256 } from '../gateway/core/crypto.js'
import { cellResolutionMax, intervalSecMax, recordsMax } from '../gateway/core/limits.js'
import type { MetricName } from '../gateway/core/metric.js'
import type { Value } from '../gateway/core/senml/pack.js'
import { Crew, type Member, type RunOptions } from './crew.js'
import type { DeviceProfile, SequenceKind } from './device.js'
import { type Fault, type FaultContext, faults, flatlineMessages } from './faults.js'
import type { SignerKind } from './key.js'
import { outboxMessagesMax, serialRecordsMax, turnMsMax } from './limits.js'
import { pause } from './link.js'
import type { Approval } from './operator.js'
import { type Random, randomFrom } from './random.js'
import { type Run, type Source, startRun } from './run.js'
import { measure } from './signal.js'

export interface FleetOptions extends RunOptions {
  devices: number
  /** Messages per second of each device. */
  rate: number
  /** Values per message, 1..64. */
  values?: number
  /** Without it the fleet runs until it is stopped. */
  durationSec?: number | undefined
  sequence?: SequenceKind
  signer?: SignerKind
  /** Says where on Earth; the seed where absent: fleets of one place are neighbours. */
  place?: string
  /** Devices in one cell before the next cell is taken. */
  devicesPerCell?: number
  /** Names of faults.ts; each message is followed by one, or distorted, with this probability. */
  faults?: readonly string[]
  faultRate?: number
}

/** What there is to buy: boards by what they measure. */
const kinds: readonly { model: string; indoor: boolean; metrics: readonly MetricName[] }[] = [
  { model: 'sim-climate', indoor: false, metrics: ['temperature', 'humidity', 'pressure'] },
  { model: 'sim-air', indoor: false, metrics: ['pm1', 'pm25', 'pm10'] },
  {
    model: 'sim-weather',
    indoor: false,
    metrics: ['temperature', 'wind_speed', 'rain', 'illuminance'],
  },
  { model: 'sim-climate', indoor: false, metrics: ['temperature', 'humidity', 'pressure'] },
  { model: 'sim-street', indoor: false, metrics: ['noise', 'battery'] },
  { model: 'sim-room', indoor: true, metrics: ['co2', 'temperature', 'humidity'] },
]
/** Enough neighbours in a cell for the comparison among at least five other owners (PROTOCOL 6.5). */
const devicesPerCellDefault = 12

/** Starts a fleet. Its devices are known at once; they speak from the next turn of the event loop. */
export function startFleet(options: FleetOptions): Run {
  const startMs = (options.now ?? Date.now)()
  const { place = options.seed, devicesPerCell = devicesPerCellDefault } = options
  const cells = cellsFor(place, Math.ceil(options.devices / devicesPerCell))
  const profiles = Array.from({ length: options.devices }, (_, index) =>
    profileOf(options, index, cells[Math.floor(index / devicesPerCell)]!, startMs),
  )
  const crew = new Crew(options, profiles)
  const state = { startedAt: undefined as number | undefined }
  const progress = (): number | undefined =>
    options.durationSec === undefined || state.startedAt === undefined
      ? undefined
      : Math.min(1, (crew.now() - state.startedAt) / (options.durationSec * 1_000))
  return startRun(crew, sourceOf(options, state), progress)
}

function profileOf(
  options: FleetOptions,
  index: number,
  cell: string,
  startMs: number,
): { profile: DeviceProfile; approval: Approval } {
  const { seed, network, sequence = 'plain', signer = 'noble' } = options
  const kind = kinds[index % kinds.length]!
  const owner = ownerOf(`${seed}\nfleet\n${index}`)
  const intervalSec = Math.min(intervalSecMax, Math.max(1, Math.round(1 / options.rate)))
  const placement = kind.indoor ? 'indoor' : 'outdoor'
  return {
    profile: {
      seed,
      label: `fleet ${index}`,
      network,
      signer,
      sequence,
      startMs,
      model: kind.model,
      metrics: kind.metrics,
      cell,
    },
    approval: { owner, cell, placement, intervalSec, simulated: true },
  }
}

/** An address that nobody holds the key of. */
export function ownerOf(label: string): string {
  return `0x${toHex(sha256(utf8(label)).subarray(0, 20))}`
}

/** Neighbouring cells somewhere on Earth, the seed says where. */
function cellsFor(seed: string, count: number): string[] {
  const random = randomFrom(seed, 'cells')
  const centre = latLngToCell(
    -50 + 110 * random.unit(),
    -180 + 360 * random.unit(),
    cellResolutionMax,
  )
  let ring = 0
  while (1 + 3 * ring * (ring + 1) < count) ring++
  // Nearest first, so that a small fleet has neighbours.
  const [lat, lng] = cellToLatLng(centre)
  const distance = (cell: string): number => {
    const [otherLat, otherLng] = cellToLatLng(cell)
    return (otherLat - lat) ** 2 + (otherLng - lng) ** 2
  }
  return gridDisk(centre, ring + 1).sort((a, b) => distance(a) - distance(b))
}

/** Messages evenly over time: number g of the run belongs to device g mod N. */
function sourceOf(options: FleetOptions, state: { startedAt: number | undefined }): Source {
  return async (crew, signal) => {
    const perMs = (options.rate * options.devices) / 1_000
    const produce = producerOf(options, crew)
    await firstReady(crew, signal)
    const startedAt = crew.now()
    state.startedAt = startedAt
    const endAt = startedAt + (options.durationSec ?? Number.POSITIVE_INFINITY) * 1_000
    for (let done = 0; !signal.aborted && crew.now() < endAt; ) {
      const due = Math.floor((crew.now() - startedAt) * perMs) + 1
      // More than two seconds behind: the machine cannot keep this rate, and says so.
      const lost = Math.max(0, due - done - Math.ceil(2_000 * perMs) - 1)
      crew.skipped += lost
      done += lost
      const turnEnd = crew.now() + turnMsMax
      while (done < due && crew.now() < turnEnd) produce(crew.members[done++ % options.devices]!)
      await pause(done < due ? 0 : Math.min(50, Math.max(1, 1 / perMs)), signal)
    }
  }
}

/** The clock of a run with a duration starts when the first device can send. */
async function firstReady(crew: Crew, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !crew.members.some(({ wasReady }) => wasReady)) await pause(10, signal)
}

/** Makes one device's next message, and its fault. */
function producerOf(options: FleetOptions, crew: Crew): (member: Member) => void {
  const { values = 3, faultRate = 0.02 } = options
  const random = randomFrom(options.seed, 'faults', crew.now())
  const wanted = options.faults ?? []
  const flat = new Map<Member, { values: Value[]; left: number }>()
  const spacing = Math.max(1, Math.floor(1 / options.rate / values))
  return (member) => {
    const { device } = member
    if (!member.wasReady) return
    if (device.outbox.unsettled >= outboxMessagesMax) {
      crew.skipped++
      return
    }
    const nowSec = Math.floor((crew.now() + device.clockOffsetMs) / 1_000)
    const context = contextOf(member, random, nowSec, () => sample(member, nowSec, values, spacing))
    const name = wanted.length > 0 && random.unit() < faultRate ? random.pick(wanted) : undefined
    const fault = name === undefined ? undefined : faults[name]!
    let measured = context.sample()
    if (fault?.kind === 'distort') measured = fault.distort(measured, context)
    if (name === 'flatline') flat.set(member, { values: measured, left: flatlineMessages })
    measured = held(flat, member, measured)
    crew.submit(member, device.reading(measured, fault?.kind === 'distort' ? name : undefined))
    if (fault !== undefined) inflict(crew, member, fault, context)
  }
}

function contextOf(
  member: Member,
  random: Random,
  nowSec: number,
  sample: () => Value[],
): FaultContext {
  return { device: member.device, random, nowSec, sample }
}

/** A message or a blow of its own; distortions have been sent already. */
export function inflict(crew: Crew, member: Member, fault: Fault, context: FaultContext): void {
  if (fault.kind === 'link') crew.strike(member, fault.act)
  if (fault.kind !== 'forge') return
  if (!fault.serial && member.link.kind === 'serial') return
  const item = fault.make(context)
  if (item !== undefined) crew.submit(member, item)
}

/** The values of a flat line while it lasts, at their new seconds. */
function held(
  flat: Map<Member, { values: Value[]; left: number }>,
  member: Member,
  measured: Value[],
): Value[] {
  const line = flat.get(member)
  if (line === undefined) return measured
  if (--line.left === 0) flat.delete(member)
  return measured.map((value, at) => ({ ...value, value: line.values[at]?.value ?? value.value }))
}

/** `count` values: the device's metrics in turn, then the same ones a little earlier. */
function sample({ device, link }: Member, nowSec: number, count: number, spacing: number): Value[] {
  const { metrics } = device.profile
  const most = link.kind === 'serial' ? serialRecordsMax : recordsMax
  return Array.from({ length: Math.min(count, most) }, (_, at) => {
    const metric = metrics[at % metrics.length]!
    return measure(metric, device.place, nowSec - Math.floor(at / metrics.length) * spacing)
  })
}

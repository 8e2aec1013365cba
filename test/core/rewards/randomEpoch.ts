/** Random epochs, small and full of edges: times at slot borders, ties, jumps, packs, rich and poor. */
import { cellToParent } from 'h3-js'
import { deviceIdOfKid } from '../../../gateway/core/device/key.js'
import type { Random } from '../../support/random.js'
import type { AuditDevice, AuditEpoch, AuditReading, AuditSale, AuditValue } from './auditor.js'

const metrics = [
  ['temperature', -400, 850],
  ['humidity', 0, 1000],
  ['pressure', 300_000, 1_100_000],
  ['wind_speed', 0, 1000],
  ['pm25', 0, 10_000],
  ['pm10', 0, 20_000],
  ['co2', 0, 400_000],
  ['rain', 0, 5_000],
  ['battery', 0, 600],
] as const
const cells = ['87195da4affffff', '871fb4662ffffff', '8419437ffffffff', '86194ad17ffffff']
const parents = new Map(
  cells.map((cell) => [cell, cell.startsWith('84') ? cell : cellToParent(cell, 5)]),
)
const lengths = [1, 59, 60, 119, 120, 3_600, 3_601, 86_400]
const codes = ['replayed', 'equivocation', 'bad-time', 'out-of-profile']
const start = 1_762_000_000

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!
}

export function randomEpoch(random: Random, n: number, carryIn: bigint): AuditEpoch {
  const from = start + random.below(100_000)
  const to = from + pick(random, lengths)
  // Now and then many owners of one cell measure the same, so that they can be compared.
  const isCrowd = random.below(12) === 0
  const place: Place = {
    from,
    to,
    owners: isCrowd ? 14 : 1 + random.below(14),
    cells: isCrowd || random.below(2) === 0 ? 1 : 3,
    isCrowd,
  }
  const few = random.below(4) === 0 ? random.below(16) : random.below(4)
  const devices = Array.from({ length: isCrowd ? 7 + random.below(8) : few }, () =>
    randomDevice(random, place),
  )
  return {
    n,
    from,
    to,
    devices,
    sales: Array.from({ length: random.below(4) }, () => randomSale(random, devices)).filter(
      (sale) => sale.owners.length > 0,
    ),
    perHour: BigInt(pick(random, [0, 1, 7, 1e9, 1e15])) * BigInt(1 + random.below(1_000)),
    perCredit: BigInt(pick(random, [0, 1, 3, 1e15])),
    carryIn,
    testToken: random.below(2) === 0,
  }
}

interface Place {
  from: number
  to: number
  /** How many there are of each. */
  owners: number
  cells: number
  isCrowd: boolean
}

function randomDevice(random: Random, place: Place): AuditDevice {
  const { from, to, isCrowd } = place
  const cell = cells[random.below(place.cells)]!
  const interval = pick(random, [1, 10, 60, 60, 60, 300, 3_600, 86_400])
  const owner = `0x${(1 + random.below(place.owners)).toString(10).padStart(40, '0')}`
  // A few readings, or as many as are expected: uptime lives from both.
  const wanted = Math.min(16, Math.max(1, Math.ceil((to - from) / interval)))
  const count = random.below(3) === 0 ? random.below(6) : wanted
  const step = random.below(3) === 0 ? 0 : (to - from) / Math.max(1, count)
  const chosen = metrics.filter(() => !isCrowd && random.below(6) === 0)
  const listed = chosen.length > 0 ? chosen : [metrics[0]]
  const base = random.below(1_000)
  const isStuck = random.below(8) === 0
  const readingOf = (seq: number, time: number): AuditReading => ({
    seq,
    leaf: new Uint8Array(Uint32Array.from({ length: 8 }, () => random.below(2 ** 31)).buffer),
    atMs: time * 1_000 + pick(random, [0, 1, 600_000, 600_001, 0, 0, 0, 0]),
    values: randomValues(random, listed, time, base, isStuck),
  })
  return {
    device: deviceIdOfKid(random.bytes(8)),
    owner,
    cell,
    parent: parents.get(cell)!,
    indoor: random.below(8) === 0,
    interval,
    simulated: random.below(8) === 0,
    readings: Array.from({ length: count }, (_, i) =>
      readingOf(
        100 + 2 * i,
        step === 0 ? from - 60 + random.below(to - from + 120) : Math.floor(from + i * step),
      ),
    ),
    history: Array.from({ length: random.below(3) * random.below(8) }, (_, i) =>
      readingOf(i, from - 1 - random.below(2 * interval + 600)),
    ),
    refusals: Object.fromEntries(
      codes.filter(() => random.below(5) === 0).map((code) => [code, 1 + random.below(9)]),
    ),
  }
}

/** One time or several, mostly near a common level, now and then anywhere in range. */
function randomValues(
  random: Random,
  listed: readonly (readonly [string, number, number])[],
  time: number,
  base: number,
  isStuck: boolean,
): AuditValue[] {
  const times = random.below(4) === 0 ? [time, time - 60, time - 3_600] : [time]
  return times.flatMap((at) =>
    listed.map(([metric, min, max]) => {
      const level = min + Math.floor(((max - min) * (500 + (base % 7))) / 1_000)
      const tenths = isStuck
        ? level
        : random.below(6) === 0
          ? min + random.below(max - min + 1)
          : level + random.below(2)
      return tenths % 10 === 0
        ? { metric, time: at, m: tenths / 10, e: 0 }
        : { metric, time: at, m: tenths, e: -1 }
    }),
  )
}

/** Some owners with some of their devices each. */
function randomSale(random: Random, devices: readonly AuditDevice[]): AuditSale {
  const byOwner = new Map<string, string[]>()
  for (const { owner, device } of devices)
    if (random.below(2) === 0) byOwner.set(owner, [...(byOwner.get(owner) ?? []), device])
  return { credits: random.below(50), owners: [...byOwner.values()] }
}

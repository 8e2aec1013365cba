/**
 * Attacks on rosters and rows by those who know everything that is public: labels, registrations,
 * rows. What an attacker can add up and subtract are nodes, so what holds of nodes holds of that.
 */
import fc from 'fast-check'
import { cellToChildren, cellToParent } from 'h3-js'
import { describe, expect, it } from 'vitest'
import {
  type Metric,
  type MetricName,
  metricByName,
  metrics,
} from '../../../gateway/core/metric.js'
import { releaseEnvironment } from '../../../gateway/core/privacy/environment.js'
import {
  type RosterDevice,
  rosterDeviceOf,
  rosterOwners,
} from '../../../gateway/core/privacy/members.js'
import { partition, type RosterNode } from '../../../gateway/core/privacy/partition.js'
import { formatAggregateRow } from '../../../gateway/core/privacy/row.js'
import { type Decimal, decimal } from '../../../gateway/core/senml/decimal.js'
import { deviceOf } from '../../pipeline/epochBench.js'
import { holderOf } from '../../support/holder.js'

const town = '831974fffffffff'
const quarters = cellToChildren(cellToChildren(town, 4)[0]!, 6).slice(0, 4)
const homes = [...quarters.flatMap((cell) => cellToChildren(cell, 7).slice(0, 3)), ...quarters]
const template = deviceOf(holderOf(1))
const temperature = metricByName('temperature')!
const sellable = metrics.filter((metric) => metric.class !== 'none')

/** A device whose owner may have others, and has said what is sold and how finely. */
const device = fc.record({
  owner: fc.nat({ max: 40 }).map((n) => `owner-${String(n).padStart(2, '0')}`),
  cell: fc.constantFrom(...homes),
  placement: fc.constantFrom('outdoor' as const, 'outdoor' as const, 'indoor' as const),
  soldMetrics: fc.subarray(['battery', 'noise', 'pm25', 'temperature'] as MetricName[]),
  soldResolution: fc.constantFrom(7, 7, 7, 6, 5, 3),
  age: fc.nat({ max: 12 }),
})
const world = fc.array(device, { maxLength: 90, size: 'max' })
const kOf = fc.constantFrom(3, 5, 10)
const day = 100

type World = readonly (typeof device extends fc.Arbitrary<infer T> ? T : never)[]

function devicesOf(list: World): RosterDevice[] {
  const listed: MetricName[] = ['temperature', 'noise', 'pm25', 'battery']
  return list.map((one, n) =>
    rosterDeviceOf({
      ...template,
      id: `device-${String(n).padStart(3, '0')}`,
      metrics: listed,
      ...one,
    }),
  )
}

function nodesOf(list: World, metric: Metric, k: number, on = day): readonly RosterNode[] {
  const ownerSince = new Map<string, number>()
  for (const { owner, age } of list)
    ownerSince.set(owner, Math.min(ownerSince.get(owner) ?? day, day - age))
  const days = { day: on, gatewaySince: 0, ownerSince }
  return partition(rosterOwners(metric, devicesOf(list), days), k).nodes
}

const counting = (nodes: readonly RosterNode[]): number =>
  nodes.flatMap((node) => node.owners).filter(({ counts }) => counts).length

describe('differencing', () => {
  it('of any rows of a metric and day shows nobody, or k owners who count', () => {
    let compared = 0
    fc.assert(
      fc.property(world, kOf, fc.infiniteStream(fc.boolean()), (list, k, coin) => {
        for (const metric of sellable) {
          const nodes = nodesOf(list, metric, k)
          const names = nodes.flatMap((node) => node.owners.map(({ owner }) => owner))
          expect(new Set(names).size).toBe(names.length)
          // Whatever is added and whatever is taken away: what is left over is whole nodes.
          const [plus, minus] = [nodes.filter(() => flip()), nodes.filter(() => flip())]
          const left = nodes.filter((node) => plus.includes(node) !== minus.includes(node))
          if (left.length > 0) {
            compared++
            expect(counting(left)).toBeGreaterThanOrEqual(k)
          }
        }
        function flip(): boolean {
          return coin.next().value === true
        }
      }),
      { numRuns: 80 },
    )
    expect(compared).toBeGreaterThan(50)
  })

  it('between two days, one owner more or fewer, finds k in every row of either', () => {
    fc.assert(
      fc.property(world, kOf, fc.nat(), (list, k, pick) => {
        fc.pre(list.length > 0)
        const gone = list[pick % list.length]!.owner
        const without = list.filter(({ owner }) => owner !== gone)
        for (const one of [list, without])
          for (const on of [day, day + 1])
            for (const node of nodesOf(one, temperature, k, on))
              expect(counting([node])).toBeGreaterThanOrEqual(k)
      }),
      { numRuns: 100 },
    )
  })

  it('between metrics and placements finds nobody who does not sell', () => {
    fc.assert(
      fc.property(world, kOf, (list, k) => {
        const devices = devicesOf(list)
        for (const metric of metrics) {
          const released = new Set(
            nodesOf(list, metric, k).flatMap((node) => node.owners.flatMap((one) => one.devices)),
          )
          for (const [n, { soldMetrics, placement, soldResolution, cell }] of list.entries()) {
            const { device: id, cell: told } = devices[n]!
            const isIn = released.has(id)
            if (metric.class === 'none' || !soldMetrics.includes(metric.name))
              expect(isIn).toBe(false)
            if (metric.class === 'environment' && placement === 'indoor') expect(isIn).toBe(false)
            if (soldResolution < 7)
              expect(told).toBe(cellToParent(cell, Math.min(soldResolution, resolution(cell))))
          }
        }
      }),
      { numRuns: 30 },
    )
  })

  it('finds no label finer than an owner lets be told', () => {
    fc.assert(
      fc.property(world, kOf, (list, k) => {
        const devices = new Map(devicesOf(list).map((one, n) => [one.device, list[n]!]))
        for (const node of nodesOf(list, temperature, k))
          for (const id of node.owners.flatMap((one) => one.devices))
            expect(resolution(node.cell)).toBeLessThanOrEqual(devices.get(id)!.soldResolution)
      }),
      { numRuns: 100 },
    )
  })
})

describe('sybils', () => {
  const victim = { ...template, owner: 'victim', cell: homes[0]! }
  const crowd = (count: number, age: number): [RosterDevice[], Map<string, number>] => {
    const names = Array.from({ length: count }, (_, n) => `sybil-${n}`)
    const devices = names.map((owner) => rosterDeviceOf({ ...victim, id: owner, owner }))
    const since = new Map(names.map((owner) => [owner, day - age] as const))
    return [[...devices, rosterDeviceOf({ ...victim, id: 'victim' })], since.set('victim', 0)]
  }

  it.each([3, 5, 10])('around a victim make no row in their first week: k %i', (k) => {
    for (const age of [0, 1, 6]) {
      const [devices, ownerSince] = crowd(200, age)
      const owners = rosterOwners(temperature, devices, { day, gatewaySince: 0, ownerSince })
      expect(partition(owners, k).nodes).toEqual([])
    }
    // What it takes instead: k - 1 owners, a week before.
    const [devices, ownerSince] = crowd(k - 1, 7)
    const owners = rosterOwners(temperature, devices, { day, gatewaySince: 0, ownerSince })
    expect(partition(owners, k).nodes).toHaveLength(1)
  })

  it('that say nothing leave a victim withheld, however many are in the roster', () => {
    const [devices, ownerSince] = crowd(50, 20)
    const owners = rosterOwners(temperature, devices, { day, gatewaySince: 0, ownerSince })
    const [node] = partition(owners, 5).nodes
    const heard = ['victim', 'sybil-1', 'sybil-2', 'sybil-3']
    expect(
      rowOf(
        node!,
        5,
        heard.map((name) => [name, [20]]),
      ),
    ).toMatchObject({ class: 'withheld' })
    expect(
      rowOf(
        node!,
        5,
        [...heard, 'sybil-4'].map((name) => [name, [20]]),
      ).class,
    ).toBe('k-anonymous')
  })
})

describe('one owner', () => {
  const five = people(5)

  it('who floods counts as one who said it once', () => {
    const others: Readings = [1, 2, 3, 4].map((n) => [`p${n}`, [20 + n]])
    const once = rowOf(five, 5, [['p0', [30]], ...others])
    const flood = Array.from({ length: 20_000 }, (_, n) => (n % 2 === 0 ? 25 : 35))
    expect(formatAggregateRow(rowOf(five, 5, [['p0', flood], ...others]))).toBe(
      formatAggregateRow(once),
    )
    // The same with fifty devices.
    const many = people(5, 50)
    const fifty: Readings = Array.from({ length: 50 }, (_, n) => [
      `p0-${n}`,
      [n % 2 === 0 ? 25 : 35],
    ])
    expect(
      rowOf(many, 5, [...fifty, ...others.map(([p, v]): Readings[number] => [`${p}-0`, v])]),
    ).toEqual(once)
  })

  it('far outside moves a mean by no more than its share, and a median by one place', () => {
    const value = fc.integer({ min: -40, max: 85 })
    fc.assert(
      fc.property(fc.array(value, { minLength: 7, maxLength: 7 }), value, (values, other) => {
        const seven = people(7)
        const readings = values.map((v, n): Readings[number] => [`p${n}`, [v]])
        const before = rowOf(seven, 5, readings)
        const after = rowOf(seven, 5, [['p0', [other]], ...readings.slice(1)])
        if (before.class !== 'k-anonymous' || after.class !== 'k-anonymous')
          throw new Error('withheld')
        expect(Math.abs(after.mean - before.mean)).toBeLessThanOrEqual(125 / 7 + 0.1)
        const sorted = values.toSorted((a, b) => a - b)
        expect(after.median).toBeGreaterThanOrEqual(sorted[2]!)
        expect(after.median).toBeLessThanOrEqual(sorted[4]!)
      }),
      { numRuns: 200 },
    )
  })

  it('alone, nobody, and all but one leave the same bytes', () => {
    const withheld = [0, 1, 4].map((heard) =>
      formatAggregateRow(
        rowOf(
          five,
          5,
          Array.from({ length: heard }, (_, n) => [`p${n}`, [20 + n]]),
        ),
      ),
    )
    expect(new Set(withheld).size).toBe(1)
    expect(withheld[0]).toContain('"withheld"')
  })
})

type Readings = readonly (readonly [device: string, values: readonly number[]])[]

/** A node of owners p0, p1, ..., each with that many devices (of one: named like its owner). */
function people(count: number, devices = 1): RosterNode {
  const owners = Array.from({ length: count }, (_, n) => ({
    owner: `p${n}`,
    cell: homes[0]!,
    devices: devices === 1 ? [`p${n}`] : Array.from({ length: devices }, (_, d) => `p${n}-${d}`),
    counts: true,
  }))
  return { cell: homes[0]!, owners }
}

function rowOf(node: RosterNode, k: number, readings: Readings) {
  const values = new Map<string, Decimal[]>(
    readings.map(([name, list]) => [name, list.map((value) => decimal(value, 0))]),
  )
  const salt = new Uint8Array(16)
  return releaseEnvironment({
    metric: temperature,
    node,
    k,
    step: 900,
    t: 1_762_128_000,
    salt,
    values,
  }).row
}

function resolution(cell: string): number {
  return Number.parseInt(cell[1]!, 16)
}

import fc from 'fast-check'
import { cellToChildren, cellToParent, getResolution } from 'h3-js'
import { expect, it } from 'vitest'
import { metricByName } from '../../../gateway/core/metric.js'
import {
  type RosterDevice,
  type RosterOwner,
  rosterOwners,
} from '../../../gateway/core/privacy/members.js'
import { type Partition, partition } from '../../../gateway/core/privacy/partition.js'

const top = '831974fffffffff'
/** A small world around one cell of resolution 3, and one far off: pools of every size happen. */
const towns = [top, '83194efffffffff'].flatMap((cell) => cellToChildren(cell, 4).slice(0, 2))
const quarters = towns.flatMap((cell) => cellToChildren(cell, 6).slice(0, 3))
const homes = [
  ...quarters.flatMap((cell) => cellToChildren(cell, 7).slice(0, 3)),
  ...quarters,
  ...towns,
  top,
  cellToParent(top, 2),
]

const owner = fc.record({
  cell: fc.constantFrom(...homes),
  counts: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
})
const roster = fc
  .array(owner, { maxLength: 80, size: 'max' })
  .map((list) => list.map((one, i): RosterOwner => ({ ...one, owner: nameOf(i), devices: [] })))
const kOf = fc.constantFrom(3, 5, 10)

function nameOf(i: number): string {
  return `owner-${String(i).padStart(3, '0')}`
}

function isInside(cell: string, label: string): boolean {
  const resolution = getResolution(label)
  return getResolution(cell) >= resolution && cellToParent(cell, resolution) === label
}

const counting = (owners: readonly RosterOwner[]): number =>
  owners.filter((one) => one.counts).length

it('puts each owner in one node or none, below a label that holds its cell', () => {
  fc.assert(
    fc.property(roster, kOf, (owners, k) => {
      const { nodes, withheld } = partition(owners, k)
      const all = [...nodes.flatMap((node) => node.owners), ...withheld]
      expect(all.map((one) => one.owner).sort()).toEqual(owners.map((one) => one.owner))
      expect(new Set(nodes.map((node) => node.cell)).size).toBe(nodes.length)
      for (const { cell, owners: inside } of nodes) {
        expect(getResolution(cell) >= 3 && getResolution(cell) <= 7).toBe(true)
        for (const one of inside) expect(isInside(one.cell, cell)).toBe(true)
      }
    }),
    { numRuns: 300 },
  )
})

it('has no node below k, and no difference of labels below k', () => {
  let coarse = 0
  fc.assert(
    fc.property(roster, kOf, (owners, k) => {
      const { nodes } = partition(owners, k)
      for (const node of nodes) {
        expect(counting(node.owners)).toBeGreaterThanOrEqual(k)
        const below = nodes.filter((other) => other !== node && isInside(other.cell, node.cell))
        if (below.length > 0) coarse++
        // All owners of the place, less all who are in nodes inside it.
        const named = new Set(below.flatMap((other) => other.owners.map((one) => one.owner)))
        const rest = owners.filter((one) => isInside(one.cell, node.cell) && !named.has(one.owner))
        expect(rest).toEqual(expect.arrayContaining([...node.owners]))
        expect(counting(rest)).toBeGreaterThanOrEqual(k)
        // More than the node only where a coarser one absorbed a whole node of the place: at least k.
        for (const other of nodes) {
          if (below.includes(other)) continue
          const shared = other.owners.filter((one) => isInside(one.cell, node.cell))
          if (shared.length > 0) expect(counting(shared)).toBeGreaterThanOrEqual(k)
        }
      }
    }),
    { numRuns: 300 },
  )
  expect(coarse).toBeGreaterThan(20)
})

it('leaves nobody out of a place where a node could have held them', () => {
  fc.assert(
    fc.property(roster, kOf, (owners, k) => {
      const { nodes, withheld } = partition(owners, k)
      for (const one of withheld) {
        if (getResolution(one.cell) < 3) continue
        const place = cellToParent(one.cell, 3)
        expect(nodes.filter((node) => isInside(node.cell, place))).toEqual([])
        const left = withheld.filter((other) => isInside(other.cell, place))
        expect(counting(left)).toBeLessThan(k)
      }
    }),
    { numRuns: 200 },
  )
})

it('does not depend on the order of the input', () => {
  const shuffled = roster.chain((owners) =>
    fc.tuple(fc.constant(owners), fc.shuffledSubarray(owners, { minLength: owners.length })),
  )
  fc.assert(
    fc.property(shuffled, kOf, ([owners, other], k) => {
      expect(partition(other, k)).toEqual(partition(owners, k))
    }),
    { numRuns: 100 },
  )
})

/** Owners `a0`, `a1`, ... in a cell; `new` ones do not count. */
function people(name: string, count: number, cell: string, counts = true): RosterOwner[] {
  return Array.from({ length: count }, (_, i) => ({ owner: name + i, cell, devices: [], counts }))
}

const sizes = ({ nodes, withheld }: Partition): unknown => [
  Object.fromEntries(nodes.map((node) => [node.cell, node.owners.length])),
  withheld.length,
]

const quarter = quarters[0]!
const [a, b, c] = cellToChildren(quarter, 7) as [string, string, string]

it('absorbs the smallest node rather than release a remainder', () => {
  const owners = [...people('a', 6, a), ...people('b', 5, b), ...people('c', 2, c)]
  expect(sizes(partition(owners, 5))).toEqual([{ [a]: 6, [quarter]: 7 }, 0])
  // Of equals the lower label.
  const equals = [...people('a', 5, a), ...people('b', 5, b), ...people('c', 4, c)]
  const [low, high] = [a, b].sort() as [string, string]
  expect(sizes(partition(equals, 5))).toEqual([{ [high]: 5, [quarter]: 9 }, 0])
  expect(low < high).toBe(true)
  // Enough for a node of their own: nobody is absorbed, and the label excludes what is inside it.
  const enough = [...people('a', 5, a), ...people('b', 3, b), ...people('c', 2, c)]
  expect(sizes(partition(enough, 5))).toEqual([{ [a]: 5, [quarter]: 5 }, 0])
})

it('passes too few upwards, and withholds them at the end', () => {
  expect(sizes(partition(people('a', 4, a), 5))).toEqual([{}, 4])
  const both = [...people('a', 3, a), ...people('z', 3, quarters[1]!)]
  expect(sizes(partition(both, 5))).toEqual([{ [cellToParent(quarter, 5)]: 6 }, 0])
  expect(sizes(partition(people('x', 9, cellToParent(top, 2)), 5))).toEqual([{}, 9])
})

it('does not let new owners count', () => {
  const owners = [...people('a', 4, a), ...people('n', 9, a, false)]
  expect(sizes(partition(owners, 5))).toEqual([{}, 13])
  const five = [...people('a', 5, a), ...people('n', 9, b, false)]
  expect(sizes(partition(five, 5))).toEqual([{ [quarter]: 14 }, 0])
  expect(() => partition([], 2)).toThrow('k is an integer from 3')
  expect(() => partition([...owners, ...owners], 5)).toThrow('once')
})

const temperature = metricByName('temperature')!

function device(name: string, more: Partial<RosterDevice> = {}): RosterDevice {
  const metrics = ['temperature', 'noise', 'battery']
  return { device: name, owner: 'o', cell: a, placement: 'outdoor', metrics, ...more }
}

it('gives an owner the cell of most of its devices', () => {
  const days = { day: 100, gatewaySince: 0, ownerSince: new Map([['o', 93]]) }
  const devices = [device('1'), device('2', { cell: b }), device('3', { cell: b })]
  expect(rosterOwners(temperature, devices, days)).toEqual([
    { owner: 'o', cell: b, devices: ['2', '3'], counts: true },
  ])
  const tie = [device('1', { cell: b }), device('2')]
  const [low, names] = a < b ? [a, ['2']] : [b, ['1']]
  for (const list of [tie, tie.toReversed()])
    expect(rosterOwners(temperature, list, days)).toMatchObject([{ cell: low, devices: names }])
})

it('takes indoor devices for personal metrics only, and nobody for battery', () => {
  const days = { day: 100, gatewaySince: 0, ownerSince: new Map([['o', 1]]) }
  const indoor = [device('1', { placement: 'indoor' })]
  expect(rosterOwners(temperature, indoor, days)).toEqual([])
  expect(rosterOwners(metricByName('noise')!, indoor, days)).toHaveLength(1)
  expect(rosterOwners(metricByName('battery')!, indoor, days)).toEqual([])
  expect(rosterOwners(metricByName('rain')!, [device('1')], days)).toEqual([])
})

it('counts an owner from its 8th day, and at once in the first 7 days of a gateway', () => {
  const counts = (day: number, gatewaySince: number, since?: number): boolean => {
    const ownerSince = new Map(since === undefined ? [] : [['o', since]])
    return rosterOwners(temperature, [device('1')], { day, gatewaySince, ownerSince })[0]!.counts
  }
  expect(counts(106, 0, 100)).toBe(false)
  expect(counts(107, 0, 100)).toBe(true)
  expect(counts(106, 100, 106)).toBe(true)
  expect(counts(107, 100, 107)).toBe(false)
  expect(counts(107, 100, 100)).toBe(true)
  expect(counts(200, 0)).toBe(false)
})

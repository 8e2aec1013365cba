/**
 * What a gateway must hold after a run, computed from what was sent and answered; pure. The oracle
 * compares it with what the gateway says it holds.
 */
import { toNumber } from '../gateway/core/senml/decimal.js'
import type { StoredMessage, StoredPoint } from './operator.js'
import { type Item, isAcknowledged } from './outbox.js'

/** One thing that is not as it must be. */
export interface Difference {
  device: string
  kind:
    | 'message missing'
    | 'message twice'
    | 'message extra'
    | 'leaf differs'
    | 'point missing'
    | 'point differs'
    | 'point extra'
    | 'verdict differs'
    | 'verdict missing'
    | 'stray answer'
  detail: string
}

/** What is expected of one device. */
export interface Expected {
  device: string
  /** Sequences of this run, inclusive. */
  from: number
  to: number
  /** Leaf by sequence of acknowledged messages. */
  must: Map<number, string>
  /** Leaves that may be there: sent, and not answered for. */
  may: Map<number, Set<string>>
  /** By metric, then second. */
  points: Map<string, Map<number, ExpectedPoint>>
  /** False: the gateway may hold points of these seconds from before this run, or from forgotten messages. */
  isWhole: boolean
}

interface ExpectedPoint {
  /** What must be stored, of the highest acknowledged sequence; absent where nothing must. */
  value: number | undefined
  seq: number
  /** What may be there instead: later sequences that nobody answered for. */
  others: { value: number; seq: number }[]
}

/** From sequence `from` on. `isWhole`: nothing else of this device is in the gateway. */
export function expectationOf(
  device: string,
  from: number,
  items: readonly Item[],
  isWhole: boolean,
): Expected {
  const expected: Expected = {
    device,
    from,
    to: items.reduce((highest, { seq }) => Math.max(highest, seq), from),
    must: new Map(),
    may: new Map(),
    points: new Map(),
    isWhole,
  }
  for (const item of items) {
    if (item.expect !== 'accepted') continue
    if (isAcknowledged(item)) expected.must.set(item.seq, item.leaf)
    else if (item.verdict === undefined) addPossible(expected.may, item)
    else continue
    for (const { metric, time, value } of item.values)
      addPoint(expected.points, metric, time, toNumber(value), item)
  }
  return expected
}

function addPossible(may: Map<number, Set<string>>, { seq, leaf }: Item): void {
  const leaves = may.get(seq) ?? new Set<string>()
  may.set(seq, leaves.add(leaf))
}

function addPoint(
  points: Expected['points'],
  metric: string,
  time: number,
  value: number,
  item: Item,
): void {
  const series = points.get(metric) ?? new Map<number, ExpectedPoint>()
  points.set(metric, series)
  const point = series.get(time) ?? { value: undefined, seq: -1, others: [] }
  series.set(time, point)
  if (!isAcknowledged(item)) point.others.push({ value, seq: item.seq })
  else if (item.seq > point.seq) {
    point.value = value
    point.seq = item.seq
  }
}

/** Each acknowledged message is there once with its leaf, and nothing that was never sent. */
export function compareMessages(
  expected: Expected,
  stored: readonly StoredMessage[],
): Difference[] {
  const { device } = expected
  const found = new Set<number>()
  const differences: Difference[] = []
  for (const { seq, leaf } of stored) {
    const must = expected.must.get(seq)
    const isPossible = expected.may.get(seq)?.has(leaf) === true
    if (found.has(seq)) differences.push({ device, kind: 'message twice', detail: `seq ${seq}` })
    else if (must === undefined && !isPossible)
      differences.push({ device, kind: 'message extra', detail: `seq ${seq}, leaf ${leaf}` })
    else if (must !== undefined && must !== leaf && !isPossible)
      differences.push({
        device,
        kind: 'leaf differs',
        detail: `seq ${seq}: ${must} sent, ${leaf}`,
      })
    found.add(seq)
  }
  for (const seq of expected.must.keys())
    if (seq >= expected.from && !found.has(seq))
      differences.push({ device, kind: 'message missing', detail: `seq ${seq} was acknowledged` })
  return differences
}

/** Values are equal to the last bit, a later sequence having replaced the same second. */
export function comparePoints(
  expected: Expected,
  metric: string,
  stored: readonly StoredPoint[],
): Difference[] {
  const { device } = expected
  const series = expected.points.get(metric) ?? new Map<number, ExpectedPoint>()
  const found = new Map(stored.map(({ time, value }) => [time, value]))
  const differences: Difference[] = []
  for (const [time, { value, seq, others }] of series) {
    const at = `${metric} at ${time}`
    const actual = found.get(time)
    if (actual === undefined) {
      if (value !== undefined) differences.push({ device, kind: 'point missing', detail: at })
      continue
    }
    const isAllowed =
      actual === value || others.some((other) => other.seq > seq && other.value === actual)
    if (!isAllowed)
      differences.push({ device, kind: 'point differs', detail: `${at}: ${value} sent, ${actual}` })
  }
  if (!expected.isWhole) return differences
  for (const time of found.keys())
    if (!series.has(time))
      differences.push({ device, kind: 'point extra', detail: `${metric} at ${time}` })
  return differences
}

/** Each message got the verdict that the protocol gives it. */
export function compareVerdicts(device: string, items: readonly Item[]): Difference[] {
  const differences: Difference[] = []
  for (const item of items) {
    const { seq, expect, verdict, judged, fault } = item
    const what = `seq ${seq}${fault ? ` (${fault})` : ''}`
    if (verdict !== undefined && verdict !== expect)
      differences.push({
        device,
        kind: 'verdict differs',
        detail: `${what}: ${expect}, got ${verdict}`,
      })
    else if (verdict === undefined && judged && expect !== 'accepted')
      differences.push({
        device,
        kind: 'verdict missing',
        detail: `${what}: ${expect}, told nothing`,
      })
  }
  return differences
}

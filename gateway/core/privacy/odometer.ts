/**
 * What owners have spent: a fold of the release records, and nothing besides them. There is no other
 * store that could be older than what was published.
 */
import { accept, type Result, refuse } from '../verdict.js'
import type { Caps } from './budget.js'
import { type Cost, readCost } from './cost.js'
import { compare, plus, type Rational, rational } from './rational.js'

const nothing = rational(0n)

interface Day {
  readonly keys: Set<string>
  /** Spent by metric, then cell. */
  readonly spent: Map<string, Map<string, Rational>>
}

/**
 * An owner is in one node per metric and day, so nodes of a metric do not add up for anyone; metrics
 * do, and an owner may be in the dearest node of each.
 */
export class Odometer {
  readonly #fromDay: number
  readonly #days = new Map<number, Day>()

  /** `fromDay`: 00:00 UTC, Unix seconds, from which on days are kept; nothing is afforded before. */
  constructor(fromDay: number) {
    this.#fromDay = fromDay
  }

  /** Counts a record that is durable. `malformed` where it is unreadable, or was counted before. */
  count(record: unknown): Result<undefined> {
    const cost = readCost(record)
    if (!cost.ok) return cost
    if (cost.value === undefined || cost.value.dayStart < this.#fromDay) return accept(undefined)
    const { key, metric, cell, dayStart, epsilon } = cost.value
    const day = this.#days.get(dayStart) ?? { keys: new Set(), spent: new Map() }
    if (day.keys.has(key)) return refuse('malformed', `${key} was released twice`)
    day.keys.add(key)
    const cells = day.spent.get(metric) ?? new Map<string, Rational>()
    cells.set(cell, plus(cells.get(cell) ?? nothing, epsilon))
    day.spent.set(metric, cells)
    this.#days.set(dayStart, day)
    return accept(undefined)
  }

  /** Spent on a metric by the owners of one node. */
  spentInNode(dayStart: number, metric: string, cell: string): Rational {
    return this.#days.get(dayStart)?.spent.get(metric)?.get(cell) ?? nothing
  }

  /** The most that any owner can have spent in a day, over all metrics. */
  spentInDay(dayStart: number): Rational {
    const metrics = [...(this.#days.get(dayStart)?.spent.values() ?? [])]
    return metrics.map(dearest).reduce(plus, nothing)
  }

  /** Why this row must not be drawn; `undefined` where the caps allow it. To be asked before. */
  refusal(cost: Cost, caps: Caps): string | undefined {
    const { key, metric, cell, dayStart, epsilon } = cost
    if (dayStart < this.#fromDay) return 'the spending of that day is not known'
    const day = this.#days.get(dayStart)
    if (day?.keys.has(key)) return 'the row was released before'
    const here = plus(this.spentInNode(dayStart, metric, cell), epsilon)
    if (compare(here, caps.perMetric) > 0n) return 'the cap of the metric and day is exceeded'
    const most = dearest(day?.spent.get(metric) ?? new Map())
    const more = compare(here, most) > 0n ? plus(here, minus(most)) : nothing
    const all = plus(this.spentInDay(dayStart), more)
    return compare(all, caps.perDay) > 0n ? 'the cap of the day is exceeded' : undefined
  }
}

/**
 * The odometer after these records, in any order. The first unreadable one refuses the whole: what
 * is not known to be unspent is spent.
 */
export function foldReleases(records: Iterable<unknown>, fromDay: number): Result<Odometer> {
  const odometer = new Odometer(fromDay)
  let index = 0
  for (const record of records) {
    const counted = odometer.count(record)
    if (!counted.ok) return refuse(counted.reason, `release record ${index}: ${counted.detail}`)
    index++
  }
  return accept(odometer)
}

function dearest(cells: ReadonlyMap<string, Rational>): Rational {
  return [...cells.values()].reduce((most, one) => (compare(one, most) > 0n ? one : most), nothing)
}

function minus({ n, d }: Rational): Rational {
  return { n: -n, d }
}

/**
 * Freezes each day's rosters (PROTOCOL 7.3): as the devices stand at 00:00 UTC, and on the gateway's
 * first day as at a metric's first publication that is not withheld. What is frozen is durable.
 */
import type { Registry } from '../../core/device/registry.js'
import { assert, Failure } from '../../core/failure.js'
import type { MetricName } from '../../core/metric.js'
import { rosterDeviceOf } from '../../core/privacy/members.js'
import {
  makeRoster,
  type Roster,
  readRoster,
  rosterJson,
  stepsOf,
} from '../../core/privacy/roster.js'
import { daySec } from '../../core/privacy/steps.js'
import type { ReleaseTerms } from '../../core/privacy/terms.js'
import { dayOf } from '../../core/privacy/windows.js'
import type { RosterStore } from '../../ports/releaseStore.js'

/** Days that stay in memory: today, those whose windows are still due, and some that were sold. */
const daysInMemory = 40

type DayRosters = Map<MetricName, Roster>

export interface RosterParts {
  store: RosterStore
  registry: Registry
  terms: ReleaseTerms
  /** When the gateway first started, Unix seconds. */
  beganSec: number
}

export interface Rosters {
  /** Freezes the rosters of a day that has begun. To be called in the order of days. */
  prepare(day: number): Promise<void>
  /** The steps of a day, by metric: frozen, or those that it would get now. */
  steps(day: number): ReadonlyMap<MetricName, number>
  /** Those of metrics that somebody may be released in. */
  stepsInUse(day: number): readonly number[]
  /** Of a day that was prepared. On the first day, until it is frozen, as the devices stand now. */
  of(day: number, metric: MetricName): Promise<Roster>
  /** Durable on resolve; what is frozen already stays. */
  freeze(roster: Roster): Promise<void>
}

export function createRosters({ store, registry, terms, beganSec }: RosterParts): Rosters {
  const firstDay = dayOf(beganSec)
  const frozen = new Map<number, DayRosters>()

  function asNow(day: number, metric: MetricName): Roster {
    const ownerSince = new Map<string, number>()
    for (const { owner, ownedSec } of registry.devices()) {
      const since = dayOf(ownedSec)
      if (since < (ownerSince.get(owner) ?? Number.POSITIVE_INFINITY)) ownerSince.set(owner, since)
    }
    const devices = [...registry.devices()]
      .filter(({ state }) => state === 'active')
      .filter(({ ownedSec }) => day === firstDay || ownedSec < day * daySec)
      .map(rosterDeviceOf)
    const own = terms.byMetric.get(metric)
    assert(own !== undefined, 'a metric that is released has terms')
    return makeRoster(own, devices, { day, gatewaySince: firstDay, ownerSince })
  }

  async function load(day: number): Promise<DayRosters | undefined> {
    const known = frozen.get(day)
    if (known !== undefined) return known
    const saved = await store.load(day)
    if (saved === undefined) return undefined
    const rosters: DayRosters = new Map()
    for (const [name, value] of Object.entries(saved)) {
      const roster = readRoster(day, name, value)
      if (!roster.ok)
        throw new Failure(
          'data',
          `the rosters of day ${day} are damaged (${roster.detail}): restore the newest backup`,
        )
      rosters.set(roster.value.metric.name, roster.value)
    }
    remember(day, rosters)
    return rosters
  }

  function remember(day: number, rosters: DayRosters): void {
    frozen.delete(day)
    frozen.set(day, rosters)
    if (frozen.size > daysInMemory) frozen.delete(frozen.keys().next().value!)
  }

  async function save(day: number, rosters: DayRosters): Promise<void> {
    const json = [...rosters.values()].map((one) => [one.metric.name, rosterJson(one)] as const)
    await store.save(day, Object.fromEntries(json))
    remember(day, rosters)
  }

  return {
    async prepare(day) {
      if (day < firstDay || (await load(day)) !== undefined || day === firstDay) return
      const rosters = [...terms.byMetric.keys()].map((metric) => asNow(day, metric))
      await save(day, new Map(rosters.map((roster) => [roster.metric.name, roster])))
    },
    steps(day) {
      if (day < firstDay) return new Map()
      return new Map([
        ...stepsOf(terms.byMetric.values()),
        ...stepsOf(frozen.get(day)?.values() ?? []),
      ])
    },
    stepsInUse: (day) =>
      [...terms.byMetric.values()].flatMap(({ metric, step }) => {
        const roster = frozen.get(day)?.get(metric.name)
        if (roster === undefined) return [step]
        return roster.nodes.length > 0 ? [roster.step] : []
      }),
    async of(day, metric) {
      const rosters = await load(day)
      const roster = rosters?.get(metric)
      if (roster !== undefined) return roster
      assert(day === firstDay, `the rosters of day ${day} were prepared`)
      return asNow(day, metric)
    },
    async freeze(roster) {
      const rosters = (await load(roster.day)) ?? new Map()
      if (rosters.has(roster.metric.name)) return
      await save(roster.day, new Map(rosters).set(roster.metric.name, roster))
    },
  }
}

/**
 * One slot: the rows of its windows. For each row in this order: may it be drawn > draw > durable >
 * counted; it is published at its slot, by others. A crash in between leaves rows that are durable
 * and never drawn again.
 */

import { assert } from '../../core/failure.js'
import { saltBytes } from '../../core/limits.js'
import type { Cost } from '../../core/privacy/cost.js'
import { type EnvironmentRelease, releaseEnvironment } from '../../core/privacy/environment.js'
import type { HalfWidthOf } from '../../core/privacy/halfWidth.js'
import type { Odometer } from '../../core/privacy/odometer.js'
import type { RosterNode } from '../../core/privacy/partition.js'
import { isLargeEnough, releasePersonal, withheldRow } from '../../core/privacy/personal.js'
import type { ReleaseRecord } from '../../core/privacy/record.js'
import { deviceBits, type Roster } from '../../core/privacy/roster.js'
import { formatRowKey } from '../../core/privacy/rowKey.js'
import type { MetricWindow } from '../../core/privacy/slots.js'
import { daySec } from '../../core/privacy/steps.js'
import type { ReleaseTerms } from '../../core/privacy/terms.js'
import type { RandomBytes } from '../../core/privacy/uniform.js'
import { dayOf } from '../../core/privacy/windows.js'
import type { WindowValues } from '../../core/privacy/windowValues.js'
import { nextTurn } from '../nextTurn.js'
import type { ReleaseLedger } from './ledger.js'
import type { SlotReader } from './reader.js'
import type { Rosters } from './rosters.js'

export interface DrawParts {
  ledger: ReleaseLedger
  rosters: Rosters
  odometer: Odometer
  terms: ReleaseTerms
  /** Windows that began before are never drawn, Unix seconds. */
  fromSec: number
  random: RandomBytes
  halfWidthOf: HalfWidthOf
}

/** Draws what is missing of a slot; the new rows are durable on resolve. */
export async function drawSlot(parts: DrawParts, reader: SlotReader): Promise<ReleaseRecord[]> {
  const { slot } = reader
  const made: ReleaseRecord[] = []
  for (const window of slot.windows) {
    if (window.t < parts.fromSec) continue
    made.push(...(await drawWindow(parts, window, reader.valuesOf(window))))
  }
  return made
}

async function drawWindow(
  parts: DrawParts,
  { metric, step, t }: MetricWindow,
  values: WindowValues,
): Promise<ReleaseRecord[]> {
  const { ledger, rosters, odometer } = parts
  const roster = await rosters.of(dayOf(t), metric)
  const releases: ReleaseRecord[] = []
  for (const node of roster.nodes) {
    if (await ledger.has({ metric, cell: node.cell, step, t })) continue
    releases.push(drawRow(parts, roster, node, t, values))
    await nextTurn()
  }
  // The bits of a row mean something by its roster alone, so that is frozen first.
  if (releases.some(({ row }) => row.class !== 'withheld')) await rosters.freeze(roster)
  await ledger.append(releases)
  for (const { row } of releases) {
    const counted = odometer.count(row)
    assert(counted.ok, `a row that was drawn is counted: ${counted.ok ? '' : counted.detail}`)
  }
  return releases
}

function drawRow(
  parts: DrawParts,
  { metric, step, k, personal }: Roster,
  node: RosterNode,
  t: number,
  values: WindowValues,
): ReleaseRecord {
  const window = { metric, node, step, t, salt: parts.random(saltBytes), values }
  if (personal === undefined) {
    const { row, contributors }: EnvironmentRelease = releaseEnvironment({ ...window, k })
    return { row, who: row.class === 'withheld' ? '' : deviceBits(node, contributors) }
  }
  if (!isLargeEnough(node, step)) return { row: withheldRow(window), who: '' }
  const { cell } = node
  const cost: Cost = {
    key: formatRowKey({ metric: metric.name, cell, step, t }),
    metric: metric.name,
    cell,
    dayStart: dayOf(t) * daySec,
    epsilon: personal.epsilon,
  }
  // Terms that were made stricter within a day find some of it spent.
  if (parts.odometer.refusal(cost, parts.terms.caps) !== undefined)
    return { row: withheldRow(window), who: '' }
  const { halfWidthOf, random } = parts
  return { row: releasePersonal({ ...window, terms: personal, halfWidthOf }, random), who: '' }
}

/** What is made once, before anything is measured: the fleet, and every message. */
import { join } from 'node:path'
import { inFlightMax, intakeQueueMax } from '../../gateway/core/limits.js'
import { makeFleet } from './fleet.js'
import { makeSet, type SetPlan } from './messageSet.js'
import type { Options } from './options.js'
import { makeEmpty } from './startTime.js'

/** A message set and how it is sent. */
export interface Load {
  /** Folder of the set. */
  set: string
  plan: SetPlan
  /** Messages of one connection in flight. */
  window: number
  /** Messages that only warm up. */
  warmUp: number
}

export interface Prepared {
  /** Data directories: of the fleet, and one without devices. */
  fleet: string
  empty: string
  /** For the gateway, by values in a message. */
  loads: Map<number, Load[]>
  /** For the plain script. */
  json: Load
}

const warmUpPart = 0.2
/** The first values are this old: in range (PROTOCOL 2.2) whatever the run takes. */
const ageSec = 6 * 86_400

export async function prepare(folder: string, options: Options): Promise<Prepared> {
  const { only, connections } = options
  const fleet = join(folder, 'fleet')
  const empty = join(folder, 'empty')
  if (only.includes('gateway')) await makeFleet(fleet, Math.max(...connections))
  if (only.includes('start')) await makeEmpty(empty)
  const loads = new Map<number, Load[]>()
  for (const records of options.records) {
    const list: Load[] = []
    for (const count of connections)
      list.push(await makeLoad(folder, options, 'signed', records, count))
    loads.set(records, list)
  }
  const json = await makeLoad(folder, options, 'json', 1, middleOf(connections))
  return { fleet, empty, loads, json }
}

async function makeLoad(
  folder: string,
  { messages }: Options,
  kind: SetPlan['kind'],
  records: number,
  connections: number,
): Promise<Load> {
  const each = Math.max(1, Math.floor(messages / connections))
  const startSec = Math.floor(Date.now() / 1000) - ageSec
  const plan: SetPlan = { kind, records, connections, each, startSec }
  const set = join(folder, `${kind}-${records}-${connections}`)
  await makeSet(set, plan)
  const warmUp = Math.max(1, Math.floor(warmUpPart * each * connections))
  return { set, plan, window: windowOf(connections), warmUp }
}

/** Fewer would make every message a packet of its own, which no device that has a backlog does. */
const windowMin = 8

/**
 * As many as a device may have in flight, and in all half as many as the gateway lets wait; with very
 * many connections up to all of them.
 */
function windowOf(connections: number): number {
  const half = Math.floor(intakeQueueMax / 2 / connections)
  const all = Math.floor(intakeQueueMax / connections)
  return Math.max(1, Math.min(inFlightMax, Math.max(half, windowMin), all))
}

/** What stands for the others: 100 of 1, 100 and 1,000 connections. */
export function middleOf<T>(list: readonly T[]): T {
  return list[list.length >> 1]!
}

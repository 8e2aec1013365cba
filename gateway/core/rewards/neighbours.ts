/**
 * What the other owners of a cell measured in the same slot, for the check `near` (PROTOCOL 6.5):
 * the median of their means, with exact rationals in place of floating point.
 */
import type { Metric } from '../metric.js'
import { nanosPerUnit } from '../senml/decimal.js'
import { type Slotting, slotOf } from './slots.js'

/** Other owners that must have a mean before a value is judged by them. */
const othersMin = 5

/** Values from `min` to `max` are near, in billionths. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

/** An owner's values of one metric in one slot; their mean is sum / count, in billionths. */
interface Mean {
  readonly owner: string
  sum: bigint
  count: bigint
}

/** One cell and one way to cut the epoch, for devices of another interval may have other slots. */
export class Neighbours {
  readonly #slotting: Slotting
  readonly #means = new Map<string, Map<string, Mean>>()
  readonly #bounds = new Map<string, ReadonlyMap<string, Bounds>>()

  constructor(slotting: Slotting) {
    this.#slotting = slotting
  }

  /** Adds a value of an owner. All are added before the first look-up. */
  add(owner: string, metric: Metric, time: number, nanos: number): void {
    const key = this.#key(metric, time)
    let owners = this.#means.get(key)
    if (owners === undefined) {
      owners = new Map()
      this.#means.set(key, owners)
    }
    const mean = owners.get(owner)
    if (mean === undefined) owners.set(owner, { owner, sum: BigInt(nanos), count: 1n })
    else {
      mean.sum += BigInt(nanos)
      mean.count++
    }
  }

  /** Where an owner's values must lie in the slot of that time; `undefined`: too few others. */
  boundsFor(owner: string, metric: Metric, time: number): Bounds | undefined {
    if (metric.near === null) return undefined
    const key = this.#key(metric, time)
    let bounds = this.#bounds.get(key)
    if (bounds === undefined) {
      const means = [...(this.#means.get(key)?.values() ?? [])]
      bounds = boundsOfOwners(means, BigInt(metric.near * nanosPerUnit))
      this.#bounds.set(key, bounds)
    }
    return bounds.get(owner)
  }

  #key(metric: Metric, time: number): string {
    return `${metric.name} ${slotOf(this.#slotting, time)}`
  }
}

/** For each owner: the median of all means but its own, plus and minus `near`. */
function boundsOfOwners(means: Mean[], near: bigint): ReadonlyMap<string, Bounds> {
  const others = means.length - 1
  if (others < othersMin) return new Map()
  means.sort(compareMeans)
  const middle = Math.floor(others / 2)
  return new Map(
    means.map(({ owner }, own) => {
      // Without the owner's own mean, every later one moves down by one place.
      const at = (place: number): Mean => means[place < own ? place : place + 1]!
      return [owner, around(at(others % 2 === 0 ? middle - 1 : middle), at(middle), near)]
    }),
  )
}

/** By sum / count; counts are above 0. Equal means are interchangeable, so the sort needs no more. */
function compareMeans(a: Mean, b: Mean): number {
  const difference = a.sum * b.count - b.sum * a.count
  return difference < 0n ? -1 : Number(difference > 0n)
}

/** Integers v with |v - (a + b) / 2| <= near: from the ceiling of one end to the floor of the other. */
function around(a: Mean, b: Mean, near: bigint): Bounds {
  const numerator = a.sum * b.count + b.sum * a.count
  const denominator = 2n * a.count * b.count
  const floor = floorDivide(numerator, denominator)
  const ceiling = -floorDivide(-numerator, denominator)
  return { min: Number(ceiling - near), max: Number(floor + near) }
}

/** Quotient rounded down; BigInt's own rounds towards 0. `denominator` above 0. */
function floorDivide(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator
  return numerator % denominator < 0n ? quotient - 1n : quotient
}

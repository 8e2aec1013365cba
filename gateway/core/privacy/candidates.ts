/** What a private median may answer: evenly spaced grid values, known before any reading. */
import { candidatesMax } from '../limits.js'
import { type Bounds, clamp } from './grid.js'
import { floorDiv, roundDiv } from './integer.js'

/** first, first + step, ...; grid units. */
export interface Candidates {
  readonly first: bigint
  readonly step: bigint
  readonly count: number
}

/**
 * At most 256 candidates between the bounds, with the smallest whole step that allows it; what the
 * step leaves over is shared between both ends. A function of the bounds alone.
 */
export function candidatesOf({ from, to }: Bounds): Candidates {
  const width = to - from
  const gaps = BigInt(candidatesMax - 1)
  const step = floorDiv(width + gaps - 1n, gaps)
  const used = floorDiv(width, step)
  const first = from + floorDiv(width - used * step, 2n)
  return { first, step, count: Number(used) + 1 }
}

/** The candidate of this index, in grid units. */
export function candidateAt({ first, step }: Candidates, index: number): bigint {
  return first + step * BigInt(index)
}

/** Index of the candidate nearest to a value in grid units; halves to the higher, beyond the ends the end. */
export function nearestCandidate({ first, step, count }: Candidates, value: bigint): number {
  const range = { from: 0n, to: BigInt(count - 1) }
  return Number(clamp(roundDiv(value - first, step), range))
}

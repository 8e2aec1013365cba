/** Runs a target on changed seeds. An input with a fate not seen before becomes a seed itself. */
import { mutated, type Random } from '../support/random.js'
import type { Target } from './targets.js'

/** Seeds kept beside those given: fates are few, so this is never short. */
const foundMax = 1_000
/** Inputs between two looks at the clock. */
const batch = 50

export interface Crash {
  target: string
  input: Uint8Array
  error: unknown
}

export interface Tally {
  target: string
  runs: number
  accepted: number
  refused: number
  /** Different fates met. */
  fates: number
}

export interface FuzzOptions {
  random: Random
  /** Asked between batches; true ends the run. */
  isOver(runs: number): boolean
}

/** Fuzzes one target; ends early at the first crash. */
export function fuzz(target: Target, options: FuzzOptions): { tally: Tally; crash?: Crash } {
  const { random, isOver } = options
  const found: Uint8Array[] = []
  const fates = new Set<string>()
  const tally: Tally = { target: target.name, runs: 0, accepted: 0, refused: 0, fates: 0 }
  while (!isOver(tally.runs)) {
    for (let i = 0; i < batch; i++) {
      const input = nextInput(target, found, tally.runs, random)
      tally.runs++
      let fate: string
      try {
        fate = target.run(input)
      } catch (error) {
        return { tally, crash: { target: target.name, input, error } }
      }
      if (fate.startsWith('accepted')) tally.accepted++
      else tally.refused++
      if (fates.has(fate)) continue
      fates.add(fate)
      if (found.length < foundMax) found.push(input)
    }
    tally.fates = fates.size
  }
  return { tally }
}

/** Each seed once as it is, then changed copies of seeds and of what was found. */
function nextInput(
  target: Target,
  found: readonly Uint8Array[],
  run: number,
  random: Random,
): Uint8Array {
  if (run < target.seeds.length) return target.seeds[run]!
  const pool = found.length > 0 && random.below(2) === 0 ? found : target.seeds
  const input = pool[random.below(pool.length)]!
  return target.mutate?.(input, random) ?? mutated(input, random)
}

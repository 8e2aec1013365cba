import { expect, it } from 'vitest'
import { toHex } from '../../gateway/core/bytes.js'
import { seededRandom } from '../support/random.js'
import { fuzz } from './fuzz.js'
import { type Target, targets } from './targets.js'

it('runs every target for a while without a crash', () => {
  const seed = Date.now() % 2 ** 31
  for (const target of targets) {
    const random = seededRandom(seed)
    const { tally, crash } = fuzz(target, { random, isOver: (runs) => runs >= 1_000 })
    const input = crash && toHex(crash.input)
    expect({ seed, target: target.name, input, error: crash?.error }).toEqual({
      seed,
      target: target.name,
      input: undefined,
      error: undefined,
    })
    // A target whose seeds are all refused tests nothing but its first check.
    expect([target.name, tally.accepted > 0 && tally.refused > 0]).toEqual([target.name, true])
  }
})

it('stops at a crash, with the input that made it', () => {
  const brittle: Target = {
    name: 'brittle',
    seeds: [Uint8Array.of(1, 2, 3)],
    run(input) {
      if (input.length === 0) throw new Error('empty')
      return input[0] === 1 ? 'accepted' : `refused ${input[0]}`
    },
  }
  const { crash } = fuzz(brittle, { random: seededRandom(7), isOver: (runs) => runs > 100_000 })
  expect(crash?.input).toEqual(new Uint8Array(0))
  expect(crash?.error).toBeInstanceOf(Error)
})

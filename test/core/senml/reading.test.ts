import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../gateway/core/bytes.js'
import { metrics } from '../../../gateway/core/metric.js'
import { decimal, isWithin } from '../../../gateway/core/senml/decimal.js'
import { encodePack, parsePack, type Value } from '../../../gateway/core/senml/pack.js'
import {
  decodeReading,
  encodeReadingHeader,
  parseReadingHeader,
} from '../../../gateway/core/senml/reading.js'
import { mutated, seededRandom } from '../../support/random.js'
import { oracleReading } from '../../support/readingOracle.js'
import { hexBytes, invalidVectors, validVectors } from '../../support/vectors.js'

const value: fc.Arbitrary<Value> = fc
  .record({
    metric: fc.constantFrom(...metrics),
    offset: fc.integer({ min: -300_000, max: 300_000 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    e: fc.integer({ min: -9, max: 0 }),
  })
  .map(({ metric, offset, part, e }) => {
    const m = Math.round((metric.min + part * (metric.max - metric.min)) * 10 ** -e)
    return { metric: metric.name, time: 1_762_000_000 + offset, value: decimal(m, e) }
  })
const pack = fc.uniqueArray(value, {
  minLength: 1,
  maxLength: 64,
  selector: ({ metric, time }) => `${metric} ${time}`,
})

describe('a pack', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(pack, (values) => {
        for (const { metric, value } of values) {
          const { min, max } = metrics.find((row) => row.name === metric)!
          expect(isWithin(value, min, max)).toBe(true)
        }
        expect(parsePack(encodePack(values))).toEqual({ ok: true, value: values })
      }),
    )
  })

  it('is no pack when it is empty, too long or of unknown metrics', () => {
    const one: Value = { metric: 'humidity', time: 1_762_000_000, value: { m: 5, e: 0 } }
    expect(() => encodePack([])).toThrow()
    expect(() => encodePack(new Array(65).fill(one))).toThrow()
    expect(() => encodePack([{ ...one, metric: 'radon' }])).toThrow()
  })

  it('may report a value out of range, which is then refused', () => {
    const hot: Value = { metric: 'temperature', time: 1_762_000_000, value: { m: 851, e: -1 } }
    const parsed = parsePack(encodePack([hot]))
    expect(parsed.ok || parsed.reason).toBe('out-of-profile')
  })
})

it('reads the header that it writes', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(-8 as const, -19 as const),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      fc.maxSafeNat(),
      (alg, kid, seq) => {
        const parsed = parseReadingHeader(encodeReadingHeader({ alg, kid, seq }))
        expect(parsed).toEqual({ ok: true, value: { alg, kid, seq } })
      },
    ),
  )
})

/** What our decoder says, in the oracle's words. */
function reading(message: Uint8Array): { reason: string | undefined } {
  const read = decodeReading(message)
  if (!read.ok) return { reason: read.reason }
  const { header, values } = read.value
  const said = {
    reason: undefined,
    alg: BigInt(header.alg),
    kid: toHex(header.kid),
    seq: BigInt(header.seq),
    values: values.map(({ metric, time, value: { m, e } }) => `${metric} ${time} ${m} ${e}`),
  }
  return said
}

describe('beside an independent reader', () => {
  const messages = [...validVectors().vectors, ...invalidVectors().vectors].map(({ hex }) =>
    hexBytes(hex),
  )
  const counts = new Map<string, number>()

  /** Throws where the two readers differ; counts what they said. */
  function compareReaders(message: Uint8Array, seed = 0): void {
    const got = reading(message)
    const [ours, theirs] = [textOf(got), textOf(oracleReading(message))]
    if (ours !== theirs) throw new Error(`seed ${seed}: ${toHex(message)}: ${ours} not ${theirs}`)
    const outcome = got.reason ?? 'read'
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }

  /** Each outcome must have been met, or the comparison says nothing. */
  function expectEach(least: number): void {
    for (const outcome of ['read', 'malformed', 'out-of-profile'])
      expect([outcome, (counts.get(outcome) ?? 0) >= least]).toEqual([outcome, true])
    counts.clear()
  }

  it('says the same of every vector', () => {
    for (const message of messages) compareReaders(message)
    expectEach(20)
  })

  it('says the same of every message one bit away from a good one', () => {
    for (const { hex } of validVectors().vectors.slice(0, -1)) {
      const message = hexBytes(hex)
      for (let bit = 0; bit < 8 * (message.length - 64); bit++) {
        message[bit >> 3]! ^= 1 << (bit & 7)
        compareReaders(message)
        message[bit >> 3]! ^= 1 << (bit & 7)
      }
    }
    expectEach(1_000)
  })

  it('says the same of mutated messages', () => {
    const seed = Date.now() & 0x7fffffff
    const random = seededRandom(seed)
    for (let i = 0; i < 30_000; i++) {
      const message = messages[random.below(messages.length)]!
      compareReaders(mutated(message.subarray(0, 400), random), seed)
    }
    expectEach(100)
  })
})

function textOf(outcome: object): string {
  return JSON.stringify(outcome, (_key, item) => (typeof item === 'bigint' ? String(item) : item))
}

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../gateway/core/bytes.js'
import { closedNow, dueEpochs, nextEnd } from '../../../gateway/core/rewards/epochSpan.js'
import { rulesetHash } from '../../../gateway/core/rewards/ruleset.js'
import {
  expectedMessages,
  slotOf,
  slotting,
  uptimeBp,
} from '../../../gateway/core/rewards/slots.js'

const day = 86_400

describe('slots', () => {
  it.each([
    // A day of a board that reports each minute: 12 slots of 2 h, 120 messages each.
    [0, day, 60, { slotSec: 7_200, slots: 12, perSlot: 120 }],
    // The demo: two minutes.
    [0, 120, 60, { slotSec: 60, slots: 2, perSlot: 1 }],
    [0, 120, 5, { slotSec: 60, slots: 2, perSlot: 12 }],
    // Shorter than a slot, and shorter than the interval.
    [0, 1, 60, { slotSec: 60, slots: 1, perSlot: 1 }],
    [0, 3_600, day, { slotSec: day, slots: 1, perSlot: 1 }],
    // The length is rounded up, so what is left goes to the last slot.
    [100, 3_701, 60, { slotSec: 301, slots: 11, perSlot: 5 }],
  ])('cuts [%i, %i) for an interval of %i s', (from, to, interval, expected) => {
    expect(slotting({ from, to }, interval)).toEqual({ from, to, ...expected })
  })

  it('never has more than 12 slots, and every time is in one', () => {
    const any = fc.record({
      from: fc.nat(2_000_000_000),
      length: fc.integer({ min: 1, max: 40 * day }),
      interval: fc.integer({ min: 1, max: day }),
      offset: fc.integer({ min: -day, max: 41 * day }),
    })
    fc.assert(
      fc.property(any, ({ from, length, interval, offset }) => {
        const cut = slotting({ from, to: from + length }, interval)
        expect(cut.slots).toBeGreaterThanOrEqual(1)
        expect(cut.slots).toBeLessThanOrEqual(12)
        expect(expectedMessages(cut)).toBe(cut.slots * cut.perSlot)
        const at = slotOf(cut, from + offset)
        const start = from + at * cut.slotSec
        if (offset >= 0) expect(from + offset).toBeGreaterThanOrEqual(start)
        else expect(at).toBe(0)
        if (at < cut.slots - 1) expect(from + offset).toBeLessThan(start + cut.slotSec)
      }),
    )
  })

  it('counts a slot from 75% of what is expected, and no uptime below half of them', () => {
    const cut = slotting({ from: 0, to: 4 * 60 }, 15)
    expect(cut).toMatchObject({ slots: 4, perSlot: 4 })
    expect(uptimeBp(cut, [3, 3, 3, 3])).toBe(10_000)
    expect(uptimeBp(cut, [2, 3, 9, 3])).toBe(7_500)
    expect(uptimeBp(cut, [2, 3, 3, 2])).toBe(5_000)
    expect(uptimeBp(cut, [2, 99, 2, 2])).toBe(0)
    expect(uptimeBp(slotting({ from: 0, to: 180 }, 60), [1, 1, 0])).toBe(6_666)
    expect(() => uptimeBp(cut, [1])).toThrow('one count per slot')
  })
})

describe('ends of epochs', () => {
  it('come at each multiple of the length since 1970', () => {
    expect(nextEnd(0, day)).toBe(day)
    expect(nextEnd(day - 1, day)).toBe(day)
    expect(nextEnd(day, day)).toBe(2 * day)
    expect(nextEnd(1_762_000_000, 120)).toBe(1_762_000_080)
  })

  it('are all due after an outage, in the order of time, and tile it', () => {
    expect([...dueEpochs(50, 360, 120)]).toEqual([
      { from: 50, to: 120 },
      { from: 120, to: 240 },
      { from: 240, to: 360 },
    ])
    expect([...dueEpochs(120, 239, 120)]).toEqual([])
    expect([...dueEpochs(500, 100, 120)]).toEqual([])
  })

  it('are found one by one, however long the outage was', () => {
    const first = dueEpochs(0, Number.MAX_SAFE_INTEGER, 60).next()
    expect(first.value).toEqual({ from: 0, to: 60 })
  })

  it('come early where the operator closes, but never without a second or past what is due', () => {
    expect(closedNow(100, 110, 120)).toEqual({ from: 100, to: 110 })
    expect(closedNow(100, 120, 120)).toEqual({ from: 100, to: 120 })
    expect(closedNow(100, 121, 120)).toBeUndefined()
    expect(closedNow(100, 100, 120)).toBeUndefined()
    expect(closedNow(100, 99, 120)).toBeUndefined()
  })
})

it('names ruleset 1 by the hash of its canonical text', () => {
  // printf '{"capBp":2500,"capOwners":10,"lateS":600,"ruleset":1,"slots":12,"validBp":7500}' | sha256sum
  expect(toHex(rulesetHash())).toBe(
    '8a59b67f9a7c5e6845bde17f360345612ce1cba3330455a47cfea7cf0ab2bb9d',
  )
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../gateway/core/verdict.js'
import { itemOf } from '../../simulator/device.js'
import { faultSendsMax } from '../../simulator/limits.js'
import { type Item, isAcknowledged, Outbox } from '../../simulator/outbox.js'

const values = [{ metric: 'temperature', time: 1, value: { m: 1, e: 0 } }]

function honest(seq: number): Item {
  return itemOf(seq, Uint8Array.of(seq), values, 'accepted')
}

function fault(seq: number, expect: Verdict): Item {
  return itemOf(seq, Uint8Array.of(seq, 1), [], expect, 'x')
}

function flying(outbox: Outbox, ...items: readonly Item[]): void {
  for (const item of items) {
    outbox.push(item)
    expect(outbox.next()).toBe(item)
  }
}

describe('an outbox', () => {
  it('keeps order and bytes over a broken link', () => {
    const outbox = new Outbox()
    const items = [1, 2, 3].map(honest)
    flying(outbox, ...items)
    outbox.push(honest(4))
    outbox.settle(items[1]!, 'accepted')
    outbox.rewind()
    expect([outbox.next(), outbox.next(), outbox.next()].map((item) => item?.seq)).toEqual([
      1, 3, 4,
    ])
    expect(items[0]!.bytes).toEqual(Uint8Array.of(1))
    expect(items[0]!.sends).toBe(2)
  })

  it('takes verdict and PUBACK in either order', () => {
    for (const order of ['verdict first', 'PUBACK first', 'PUBACK alone']) {
      const outbox = new Outbox()
      const item = honest(1)
      flying(outbox, item)
      if (order === 'verdict first') outbox.answer(1, 'accepted')
      outbox.puback(item)
      if (order === 'PUBACK first') outbox.answer(1, 'accepted')
      expect(isAcknowledged(item)).toBe(true)
      expect(outbox.unsettled).toBe(0)
      expect(outbox.highest).toBe(1)
      expect(outbox.recent).toEqual([item])
    }
  })

  it('believes a refusal that follows a PUBACK', () => {
    const outbox = new Outbox()
    const item = honest(1)
    flying(outbox, item)
    outbox.puback(item)
    outbox.answer(1, 'bad-time')
    expect(item.verdict).toBe('bad-time')
    expect(isAcknowledged(item)).toBe(false)
  })

  it('sends again what was only overloaded or damaged', () => {
    for (const verdict of ['overloaded', 'crc', 'frame'] as const) {
      const outbox = new Outbox()
      const item = honest(1)
      flying(outbox, item)
      outbox.answer(1, verdict)
      expect(item.verdict).toBeUndefined()
      expect(outbox.next()).toBe(item)
    }
  })

  it('gives an unreadable message’s answer to the oldest malformed one', () => {
    const outbox = new Outbox()
    const [first, second, other] = [fault(1, 'malformed'), fault(2, 'malformed'), honest(3)]
    flying(outbox, first, other, second)
    expect(outbox.answer(null, 'malformed')).toBe(first)
    expect(outbox.answer(null, 'malformed')).toBe(second)
    expect(outbox.answer(null, 'malformed')).toBeUndefined()
    expect(other.verdict).toBeUndefined()
  })

  it('tells messages under one sequence apart by what they must get', () => {
    const outbox = new Outbox()
    const original = honest(1)
    flying(outbox, original)
    outbox.answer(1, 'accepted')
    const [again, forged] = [fault(1, 'accepted'), fault(1, 'equivocation')]
    flying(outbox, again, forged)
    expect(outbox.answer(1, 'equivocation')).toBe(forged)
    expect(outbox.answer(1, 'accepted')).toBe(again)
    expect(outbox.answer(1, 'accepted')).toBeUndefined()
  })

  it('gives up on a fault that nobody answers, never on a reading', () => {
    const outbox = new Outbox()
    flying(outbox, fault(1, 'replayed'), honest(2))
    for (let i = 1; i < faultSendsMax; i++) {
      outbox.rewind()
      while (outbox.next()) {}
    }
    outbox.rewind()
    expect(outbox.next()?.seq).toBe(2)
    expect(outbox.next()).toBeUndefined()
  })

  it('does not send again what was answered after the link broke', () => {
    const outbox = new Outbox()
    flying(outbox, honest(1), honest(2))
    outbox.rewind()
    outbox.answer(1, 'accepted')
    expect(outbox.unsettled).toBe(1)
    expect(outbox.next()?.seq).toBe(2)
  })

  it('loses nothing and invents nothing, whatever happens', () => {
    const step = fc.oneof(
      fc.constant('push' as const),
      fc.constant('next' as const),
      fc.constant('rewind' as const),
      fc.record({ puback: fc.nat({ max: 9 }) }),
      fc.record({ accept: fc.nat({ max: 9 }) }),
      fc.record({ overload: fc.nat({ max: 9 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const outbox = new Outbox()
        const items: Item[] = []
        for (const one of steps) {
          if (one === 'push') {
            items.push(honest(items.length))
            outbox.push(items.at(-1)!)
          } else if (one === 'next') outbox.next()
          else if (one === 'rewind') outbox.rewind()
          else if ('puback' in one && items[one.puback]) outbox.puback(items[one.puback]!)
          else if ('accept' in one) outbox.answer(one.accept, 'accepted')
          else if ('overload' in one) outbox.answer(one.overload, 'overloaded')
        }
        const open = items.filter((item) => !isAcknowledged(item))
        expect(outbox.unsettled).toBe(open.length)
        outbox.rewind()
        const left: Item[] = []
        for (let item = outbox.next(); item; item = outbox.next()) left.push(item)
        expect(left.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(open.map(({ seq }) => seq))
        for (const item of left) expect(item.bytes).toEqual(Uint8Array.of(item.seq))
      }),
    )
  })
})

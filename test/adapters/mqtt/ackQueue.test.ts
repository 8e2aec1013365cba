import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AckQueue } from '../../../gateway/adapters/mqtt/ackQueue.js'

/** Packet identifiers of a run of PUBACK packets; throws where there is anything else. */
function idsOf(bytes: Buffer): number[] {
  const ids: number[] = []
  for (let at = 0; at < bytes.length; at += 4) {
    expect([bytes[at], bytes[at + 1]]).toEqual([0x40, 2])
    ids.push(bytes.readUInt16BE(at + 2))
  }
  return ids
}

describe('the queue of acknowledgements', () => {
  it('acknowledges in the order of arrival, whatever the order of the verdicts', () => {
    const step = fc.record({ take: fc.nat(6), finish: fc.array(fc.nat(100), { maxLength: 6 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new AckQueue(8)
        const open: number[] = []
        const taken: number[] = []
        const acknowledged: number[] = []
        for (const { take, finish } of steps) {
          for (let i = 0; i < take && !queue.full; i++) {
            taken.push(taken.length + 1)
            open.push(queue.take(taken.length))
          }
          for (const which of finish)
            if (open.length > 0) queue.finish(open.splice(which % open.length, 1)[0]!)
          acknowledged.push(...idsOf(queue.due()))
        }
        while (open.length > 0) queue.finish(open.pop()!)
        acknowledged.push(...idsOf(queue.due()))
        expect(acknowledged).toEqual(taken)
        expect(queue.count).toBe(0)
      }),
    )
  })

  it('holds nothing back behind a finished message and everything behind an open one', () => {
    const queue = new AckQueue(3)
    const [first, second, third] = [queue.take(10), queue.take(0), queue.take(30)]
    expect(queue.full).toBe(true)
    expect(queue.finish(third!)).toBe(false)
    expect(idsOf(queue.due())).toEqual([])
    expect(queue.finish(first!)).toBe(true)
    expect(idsOf(queue.due())).toEqual([10])
    // Identifier 0 stands for QoS 0: it has a place and no PUBACK.
    expect(queue.finish(second!)).toBe(true)
    expect(idsOf(queue.due())).toEqual([30])
  })
})

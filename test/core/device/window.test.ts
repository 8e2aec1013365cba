import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Place, Window } from '../../../gateway/core/device/window.js'
import { windowSize } from '../../../gateway/core/limits.js'

function leaf(n: number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(28, n)
  return bytes
}

/** The window as PROTOCOL 2.2 says it, with a memory of everything. */
class Model {
  readonly accepted = new Map<number, number>()
  highest = -1
  judge(seq: number, content: number): Place {
    if (seq <= this.highest - windowSize) return 'below'
    const known = this.accepted.get(seq)
    if (known === undefined) return 'new'
    return known === content ? 'same' : 'equivocation'
  }
  accept(seq: number, content: number): void {
    this.accepted.set(seq, content)
    this.highest = Math.max(this.highest, seq)
  }
}

describe('Window', () => {
  it('takes 64 below the highest for a replay, and 63 below not', () => {
    const window = new Window()
    expect(window.highest).toBe(-1)
    expect(window.judge(0, leaf(1))).toBe('new')
    window.accept(1_000, leaf(1))
    expect(window.judge(1_000, leaf(1))).toBe('same')
    expect(window.judge(1_000, leaf(2))).toBe('equivocation')
    expect(window.judge(937, leaf(1))).toBe('new')
    expect(window.judge(936, leaf(1))).toBe('below')
    expect(window.judge(0, leaf(1))).toBe('below')
    expect(window.judge(1_001, leaf(1))).toBe('new')
  })

  it('works at both ends of the sequence space', () => {
    const window = new Window()
    window.accept(0, leaf(1))
    expect(window.judge(0, leaf(1))).toBe('same')
    window.accept(Number.MAX_SAFE_INTEGER, leaf(2))
    expect(window.judge(Number.MAX_SAFE_INTEGER, leaf(2))).toBe('same')
    expect(window.judge(Number.MAX_SAFE_INTEGER - 63, leaf(2))).toBe('new')
    expect(window.judge(Number.MAX_SAFE_INTEGER - 64, leaf(2))).toBe('below')
    expect(window.judge(0, leaf(1))).toBe('below')
  })

  it('keeps what it was given, not the buffer it came in', () => {
    const window = new Window()
    const buffer = leaf(1)
    window.accept(5, buffer)
    buffer.fill(9)
    expect(window.judge(5, leaf(1))).toBe('same')
    expect(window.leafOf(5)).toEqual(leaf(1))
    expect(window.leafOf(6)).toBeUndefined()
  })

  it('agrees with a model that remembers everything, across snapshots', () => {
    const step = fc.record({
      jump: fc.oneof(fc.integer({ min: -70, max: 3 }), fc.integer({ min: -200, max: 200 })),
      content: fc.nat(2),
      reload: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    })
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(300), fc.constant(2 ** 40), fc.constant(2 ** 53 - 2_000_000)),
        fc.array(step, { maxLength: 200 }),
        (start, steps) => {
          let window = new Window()
          const model = new Model()
          for (const { jump, content, reload } of steps) {
            const seq = Math.max(0, (model.highest < 0 ? start : model.highest) + jump)
            const place = window.judge(seq, leaf(content))
            expect(place).toBe(model.judge(seq, content))
            if (place === 'new') {
              window.accept(seq, leaf(content))
              model.accept(seq, content)
            }
            if (reload) window = Window.restore(window.snapshot())!
            expect(window.highest).toBe(model.highest)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('has one snapshot for one state, small', () => {
    const window = new Window()
    expect(window.snapshot()).toEqual(new Uint8Array(0))
    for (let seq = 0; seq < 500; seq++) window.accept(seq, leaf(seq))
    expect(window.snapshot().length).toBe(64 * 40)
    expect(Window.restore(window.snapshot())?.snapshot()).toEqual(window.snapshot())
  })

  it('refuses bytes that are no snapshot', () => {
    const window = new Window()
    for (const seq of [100, 110, 120]) window.accept(seq, leaf(seq))
    const good = window.snapshot()
    expect(Window.restore(good.subarray(1))).toBeUndefined()
    expect(Window.restore(good.subarray(0, 79))).toBeUndefined()
    const swapped = new Uint8Array([...good.subarray(40, 80), ...good.subarray(0, 40)])
    expect(Window.restore(swapped)).toBeUndefined()
    const wide = good.slice()
    new DataView(wide.buffer).setBigUint64(0, 1n)
    expect(Window.restore(wide)).toBeUndefined()
    const huge = good.slice()
    new DataView(huge.buffer).setBigUint64(80, 2n ** 60n)
    expect(Window.restore(huge)).toBeUndefined()
    expect(Window.restore(new Uint8Array(65 * 40))).toBeUndefined()
  })
})

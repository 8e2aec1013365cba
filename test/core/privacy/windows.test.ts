import fc from 'fast-check'
import { expect, it } from 'vitest'
import { windowSteps } from '../../../gateway/core/privacy/steps.js'
import {
  dayOf,
  firstWindowDue,
  isWindowOf,
  isWindowStart,
  publicationOf,
  windowOf,
  windowsDue,
} from '../../../gateway/core/privacy/windows.js'

const midnight = 1_761_955_200

it('publishes each window in its slot', () => {
  const lags = windowSteps.map((step) => publicationOf(step, midnight) - midnight)
  expect(lags).toEqual([75, 1_125, 4_500, 22_500, 87_300])
  expect(() => publicationOf(1_800, midnight)).toThrow('a step is the length of a window')
})

it('aligns windows to 00:00 UTC', () => {
  for (const step of windowSteps) {
    expect(isWindowStart(step, midnight)).toBe(true)
    expect(isWindowStart(step, midnight + step / 2)).toBe(false)
    expect(windowOf(step, midnight + 86_399) + step).toBe(midnight + 86_400)
    expect(dayOf(windowOf(step, midnight))).toBe(20_393)
  }
  expect(isWindowStart(60, 999_999_960)).toBe(false)
  expect(isWindowStart(60, 10_000_000_020)).toBe(false)
  expect(isWindowStart(60, midnight + 0.5)).toBe(false)
})

it('is due in one of the epochs that tile time, whatever their lengths', () => {
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: 200_000 }), { minLength: 1, maxLength: 9 })
  fc.assert(
    fc.property(fc.constantFrom(...windowSteps.slice(1)), cuts, (step, ends) => {
      const at = [0, ...ends.toSorted((a, b) => a - b)].map((offset) => midnight + offset)
      const due = at.slice(1).flatMap((to, i) => {
        const found = [...windowsDue(step, at[i]!, to)]
        for (const t of found) {
          expect(isWindowStart(step, t)).toBe(true)
          expect(isWindowOf({ from: at[i]!, to }, step, t)).toBe(true)
        }
        return found
      })
      // Together they are every window of the whole time, in order: counted one by one.
      const all: number[] = []
      for (let t = midnight - 2 * 86_400; publicationOf(step, t) < at.at(-1)!; t += step)
        if (publicationOf(step, t) >= midnight) all.push(t)
      expect(due).toEqual(all)
      if (all.length > 0) expect(firstWindowDue(step, midnight)).toBe(all[0])
    }),
  )
})

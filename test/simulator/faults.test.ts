import { describe, expect, it } from 'vitest'
import type { Value } from '../../gateway/core/senml/pack.js'
import { decodeReading } from '../../gateway/core/senml/reading.js'
import type { VirtualDevice } from '../../simulator/device.js'
import { type FaultContext, faultNames, faults, unknownFaults } from '../../simulator/faults.js'
import { malformations } from '../../simulator/malformed.js'
import { randomFrom } from '../../simulator/random.js'
import { measure } from '../../simulator/signal.js'
import { Judge, nowSec, testDevice } from './support.js'

function sampleOf(device: VirtualDevice): Value[] {
  return device.profile.metrics.map((metric) => measure(metric, device.place, nowSec))
}

/** A device that has sent `count` messages, all accepted by the judge. */
function seasoned(count: number, changes = {}) {
  const device = testDevice(changes)
  const judge = new Judge(device)
  const send = (): void => {
    device.outbox.push(device.reading(sampleOf(device)))
    const item = device.outbox.next()!
    const verdict = judge.judge(item.bytes)
    expect(verdict).toBe('accepted')
    device.outbox.settle(item, verdict)
  }
  for (let i = 0; i < count; i++) send()
  return { device, judge, send }
}

function contextOf(device: VirtualDevice, seed: string): FaultContext {
  return { device, random: randomFrom(seed), nowSec, sample: () => sampleOf(device) }
}

const forged = faultNames.filter((name) => faults[name]!.kind === 'forge')
const distorted = faultNames.filter((name) => faults[name]!.kind === 'distort')

describe('forged faults', () => {
  it.each(forged)('%s gets the verdict that it names', (name) => {
    const { device, judge, send } = seasoned(3)
    const fault = faults[name]!
    if (fault.kind !== 'forge') throw new Error('not forged')
    for (let round = 0; round < 15; round++) {
      const item = fault.make(contextOf(device, `${name} ${round}`))!
      expect(item.fault).toBe(name)
      expect(item.expect).toBe(fault.expect)
      expect(item.values).toEqual([])
      expect(judge.judge(item.bytes), `round ${round}`).toBe(fault.expect)
      // An honest message is accepted after any of them.
      send()
    }
  })

  it('works with boot counts in the sequence', () => {
    const { device, judge } = seasoned(3, { sequence: 'boot' })
    for (const name of forged) {
      const fault = faults[name]!
      if (fault.kind !== 'forge') continue
      const item = fault.make(contextOf(device, name))!
      expect(judge.judge(item.bytes), name).toBe(fault.expect)
    }
  })

  it('waits with those that need an accepted message', () => {
    const device = testDevice()
    for (const name of ['replay', 'duplicate', 'equivocation']) {
      const fault = faults[name]!
      if (fault.kind !== 'forge') throw new Error('not forged')
      expect(fault.make(contextOf(device, name)), name).toBeUndefined()
    }
  })
})

describe('distorted messages', () => {
  it.each(distorted)('%s is still accepted', (name) => {
    const { device, judge } = seasoned(1)
    const fault = faults[name]!
    if (fault.kind !== 'distort') throw new Error('not distorted')
    for (let round = 0; round < 10; round++) {
      const context = contextOf(device, `${name} ${round}`)
      const values = fault.distort(context.sample(), context)
      expect(judge.judge(device.reading(values).bytes)).toBe('accepted')
      if (name === 'flatline') expect(values).toEqual(context.sample())
      else expect(values).not.toEqual(context.sample())
    }
  })
})

describe('malformed messages', () => {
  it.each(Object.keys(malformations))('%s is refused, and as malformed', (name) => {
    const device = testDevice()
    for (const sequence of [0, 23, 24, 65_536, 2 ** 32, 2 ** 53 - 1]) {
      const bytes = malformations[name]!(device, sequence, sampleOf(device))
      expect(decodeReading(bytes)).toMatchObject({ ok: false, reason: 'malformed' })
      expect(new Judge(device).judge(bytes)).toBe('malformed')
    }
  })

  it('differ from honest ones in form alone', () => {
    const device = testDevice()
    const bytes = device.seal(7, sampleOf(device))
    expect(decodeReading(bytes).ok).toBe(true)
    expect(new Judge(device).judge(bytes)).toBe('accepted')
  })
})

describe('names', () => {
  it('are told from typing errors', () => {
    expect(unknownFaults(['replay', 'toString', 'replays'])).toEqual(['toString', 'replays'])
  })
})

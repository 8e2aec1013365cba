import { describe, expect, it } from 'vitest'
import { type Score, scoreDevices } from '../../../gateway/core/rewards/score.js'
import type { AuditDevice, AuditEpoch, AuditReading } from './auditor.js'
import { filled, tallyOf } from './writer.js'

const from = 1_762_000_000
const cell = '871fb4662ffffff'

const epoch: AuditEpoch = {
  n: 1,
  from,
  to: from + 600,
  devices: [],
  sales: [],
  perHour: 0n,
  perCredit: 0n,
  carryIn: 0n,
  testToken: false,
}

/** One reading a minute with these values, `seq` from 1. */
function readings(values: Record<string, number>, count = 10): AuditReading[] {
  return Array.from({ length: count }, (_, i) => ({
    seq: i + 1,
    leaf: new Uint8Array(32).fill(i),
    atMs: (from + 60 * i) * 1_000,
    values: Object.entries(values).map(([metric, tenths]) => ({
      metric,
      time: from + 60 * i,
      m: tenths * 10 + (i % 2) * 10 + 1,
      e: -2,
    })),
  }))
}

function device(name: string, owner: number, part: Partial<AuditDevice> = {}): AuditDevice {
  return {
    device: name.padEnd(13, 'a'),
    owner: `0x${String(owner).padStart(40, '0')}`,
    cell,
    parent: '',
    indoor: false,
    interval: 60,
    simulated: false,
    readings: readings({ temperature: 200 }),
    history: [],
    refusals: {},
    ...part,
  }
}

function scores(devices: AuditDevice[], paysSimulated = false): Score[] {
  return scoreDevices(
    devices.map((one) => tallyOf(one, epoch)),
    paysSimulated,
  )
}

describe('m', () => {
  const both = { temperature: 200, humidity: 500 }
  const m = (...devices: AuditDevice[]): number[] => scores(devices).map((score) => score.m)

  it('counts a metric once per owner and cell, for the device with most good values', () => {
    const rich = device('b', 1, { readings: readings(both) })
    const poor = device('a', 1, { readings: readings(both, 9) })
    expect(m(poor, rich)).toEqual([0, 2])
    expect(m(device('a', 2, { readings: readings(both, 9) }), rich)).toEqual([2, 2])
    expect(m({ ...poor, cell: '87195da4affffff' }, rich)).toEqual([2, 2])
  })

  it('gives a tie to the smaller device id, and nothing to nobody', () => {
    expect(m(device('b', 1), device('a', 1), device('c', 1))).toEqual([0, 1, 0])
    expect(m(device('a', 1, { readings: [] }))).toEqual([0])
  })

  it('takes pm* together and leaves battery out', () => {
    const dust = readings({ pm1: 10, pm25: 20, pm10: 30 })
    expect(m(device('a', 1, { readings: dust }))).toEqual([1])
    expect(m(device('a', 1, { readings: readings({ battery: 37 }) }))).toEqual([0])
    // Twenty values of two kinds are more than ten of one.
    const two = device('b', 1, { readings: readings({ pm25: 20, pm10: 30 }) })
    expect(m(device('a', 1, { readings: readings({ pm1: 10 }) }), two)).toEqual([0, 1])
  })

  it('does not count a value with a flag', () => {
    const jumps = readings({ temperature: 200 }).map((reading, i) => ({
      ...reading,
      values: reading.values.map((value) => ({ ...value, m: 1_000 + 1_000 * (i % 2) })),
    }))
    const [spiky, calm] = scores([device('a', 1, { readings: jumps }), device('b', 1)])
    expect(spiky).toMatchObject({ spike: 9, qualityBp: 1_000, m: 0 })
    expect(calm).toMatchObject({ spike: 0, qualityBp: 10_000, m: 1 })
  })
})

describe('weight', () => {
  it('counts owners with uptime, not devices', () => {
    const devices = [device('a', 1), device('b', 1), device('c', 2), device('d', 3)]
    devices[3]!.readings = []
    expect(scores(devices).map(({ n }) => n)).toEqual([2, 2, 2, 2])
    expect(scores(devices).map(({ weight }) => weight)).toEqual([1_000_000, 0, 1_000_000, 0])
  })

  it('is 0 for a simulated device, unless the token is a test token', () => {
    const devices = [device('a', 1, { simulated: true })]
    expect(scores(devices)[0]?.weight).toBe(0)
    expect(scores(devices, true)[0]?.weight).toBe(1_000_000)
  })

  it('asks nothing of the values of an indoor device', () => {
    const stuck = Array.from({ length: 10 }, (_, i) => ({
      ...readings({ temperature: 0 })[i]!,
      values: [{ metric: 'temperature', time: from + 60 * i, m: i % 2 === 0 ? -40 : 85, e: 0 }],
    }))
    const [outdoor, indoor] = scores([
      device('a', 1, { readings: stuck }),
      device('b', 2, { readings: stuck, indoor: true }),
    ])
    expect(outdoor).toMatchObject({ spike: 9, qualityBp: 1_000 })
    expect(indoor).toMatchObject({ spike: 0, flat: 0, near: 0, qualityBp: 10_000, m: 1 })
  })
})

it('compares with neighbours in the slots of each interval', () => {
  const near = (interval: number): number => {
    const others = [2, 3, 4, 5, 6].map((owner) => device(`n${owner + 1}`, owner))
    const odd = device('a', 1, { interval, readings: readings({ temperature: 300 }) })
    return scores([odd, ...others])[0]!.near
  }
  expect(near(60)).toBe(10)
  expect(near(600)).toBe(10)
})

it('counts late readings in `late` only', () => {
  const all = readings({ temperature: 200 })
  const one = device('a', 1, {
    readings: all.map((reading, i) =>
      i < 5 ? reading : { ...reading, atMs: reading.atMs + 600_001 - (i === 5 ? 1 : 0) },
    ),
  })
  const tally = tallyOf(one, epoch)
  expect(filled(one, epoch).leaves()).toEqual(all.slice(0, 6).map(({ leaf }) => leaf))
  expect(tally).toMatchObject({ accepted: 6, late: 4, firstSeq: 1, lastSeq: 10 })
  expect(tally.columns.get('temperature')?.times.length).toBe(6)
  const seqs = { ...one, readings: [all[0]!, all[0]!] }
  expect(() => tallyOf(seqs, epoch)).toThrow('accepted once')
})

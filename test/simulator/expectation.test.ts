import { describe, expect, it } from 'vitest'
import type { Verdict } from '../../gateway/core/verdict.js'
import {
  compareMessages,
  comparePoints,
  compareVerdicts,
  expectationOf,
} from '../../simulator/expectation.js'
import type { Item } from '../../simulator/outbox.js'

interface Sent {
  seq: number
  time?: number
  m?: number
  expect?: Verdict
  verdict?: Verdict | undefined
  judged?: boolean
  leaf?: string
  fault?: string
}

/** Accepted, unless said otherwise. */
function item(sent: Sent): Item {
  const { seq, time = seq, m = seq, expect = 'accepted', judged = false, fault } = sent
  return {
    seq,
    bytes: new Uint8Array(0),
    leaf: sent.leaf ?? `leaf ${seq}`,
    values: fault ? [] : [{ metric: 'temperature', time, value: { m, e: -1 } }],
    expect,
    fault,
    sends: 1,
    judged,
    verdict: 'verdict' in sent ? sent.verdict : 'accepted',
  }
}

const unanswered = { verdict: undefined }

function messages(items: Item[], stored: [number, string?][], isWhole = true): string[] {
  const expected = expectationOf('d', 1, items, isWhole)
  const rows = stored.map(([seq, leaf = `leaf ${seq}`]) => ({ seq, leaf }))
  return compareMessages(expected, rows).map(({ kind }) => kind)
}

function points(items: Item[], stored: [number, number][], isWhole = true): string[] {
  const expected = expectationOf('d', 1, items, isWhole)
  const rows = stored.map(([time, value]) => ({ time, value }))
  return comparePoints(expected, 'temperature', rows).map(({ kind }) => kind)
}

describe('messages', () => {
  const sent = [item({ seq: 1 }), item({ seq: 2 }), item({ seq: 3 })]

  it('are in order when all that was acknowledged is there once', () => {
    expect(messages(sent, [[1], [2], [3]])).toEqual([])
  })

  it('missing, twice, extra or changed ones are found', () => {
    expect(messages(sent, [[1], [3]])).toEqual(['message missing'])
    expect(messages(sent, [[1], [2], [2], [3]])).toEqual(['message twice'])
    expect(messages(sent, [[1], [2], [3], [4]])).toEqual(['message extra'])
    expect(messages(sent, [[1], [2, 'other'], [3]])).toEqual(['leaf differs'])
  })

  it('that nobody answered for may be there or not', () => {
    const some = [item({ seq: 1 }), item({ seq: 2, ...unanswered })]
    expect(messages(some, [[1]])).toEqual([])
    expect(messages(some, [[1], [2]])).toEqual([])
    expect(messages(some, [[1], [2, 'other']])).toEqual(['message extra'])
  })

  it('with a PUBACK alone must be there', () => {
    const some = [item({ seq: 1, ...unanswered, judged: true })]
    expect(messages(some, [])).toEqual(['message missing'])
  })

  it('that were refused must not be there, nor what was forged', () => {
    const refused = item({ seq: 2, verdict: 'bad-time' })
    const forged = item({
      seq: 3,
      fault: 'bad-signature',
      expect: 'bad-signature',
      verdict: 'bad-signature',
    })
    expect(messages([item({ seq: 1 }), refused, forged], [[1]])).toEqual([])
    expect(messages([item({ seq: 1 }), refused, forged], [[1], [2], [3]])).toEqual([
      'message extra',
      'message extra',
    ])
  })

  it('under one sequence: the accepted one, not its forgery', () => {
    const forged = item({
      seq: 1,
      leaf: 'forged',
      fault: 'equivocation',
      expect: 'equivocation',
      verdict: 'equivocation',
    })
    expect(messages([item({ seq: 1 }), forged], [[1]])).toEqual([])
    expect(messages([item({ seq: 1 }), forged], [[1, 'forged']])).toEqual(['leaf differs'])
  })
})

describe('points', () => {
  it('are equal to the last bit', () => {
    const sent = [item({ seq: 1, m: 3 })]
    expect(points(sent, [[1, 0.3]])).toEqual([])
    expect(points(sent, [[1, 0.1 + 0.2]])).toEqual(['point differs'])
    expect(points(sent, [])).toEqual(['point missing'])
    expect(
      points(sent, [
        [1, 0.3],
        [2, 0.3],
      ]),
    ).toEqual(['point extra'])
  })

  it('of one second are those of the later sequence, whatever came first', () => {
    const sent = [item({ seq: 2, time: 9, m: 20 }), item({ seq: 1, time: 9, m: 10 })]
    expect(points(sent, [[9, 2]])).toEqual([])
    expect(points(sent, [[9, 1]])).toEqual(['point differs'])
  })

  it('may be those of a later message that nobody answered for', () => {
    const sent = [item({ seq: 1, time: 9, m: 10 }), item({ seq: 2, time: 9, m: 20, ...unanswered })]
    expect(points(sent, [[9, 1]])).toEqual([])
    expect(points(sent, [[9, 2]])).toEqual([])
    expect(points(sent, [[9, 3]])).toEqual(['point differs'])
    expect(points(sent, [])).toEqual(['point missing'])
  })

  it('from before the run are not held against the gateway', () => {
    expect(
      points(
        [item({ seq: 5, m: 3 })],
        [
          [4, 7],
          [5, 0.3],
        ],
        false,
      ),
    ).toEqual([])
  })
})

describe('verdicts', () => {
  const kinds = (...items: Item[]): string[] => compareVerdicts('d', items).map(({ kind }) => kind)

  it('are those of the protocol', () => {
    const forged = { fault: 'replay', expect: 'replayed' } as const
    expect(kinds(item({ seq: 1 }), item({ seq: 2, ...forged, verdict: 'replayed' }))).toEqual([])
    expect(kinds(item({ seq: 1, verdict: 'bad-time' }))).toEqual(['verdict differs'])
    expect(kinds(item({ seq: 1, ...forged, verdict: 'accepted' }))).toEqual(['verdict differs'])
    expect(kinds(item({ seq: 1, ...forged, ...unanswered, judged: true }))).toEqual([
      'verdict missing',
    ])
    expect(kinds(item({ seq: 1, ...unanswered }))).toEqual([])
  })
})

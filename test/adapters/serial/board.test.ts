import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { Board } from '../../../gateway/adapters/serial/board.js'
import { protocolTiming } from '../../../gateway/adapters/serial/timing.js'
import { formatSentence, parseLine } from '../../../gateway/core/frame/sentence.js'
import { serialEnrolTriesMax, serialInFlightMax } from '../../../gateway/core/limits.js'
import type { Presence } from '../../../gateway/ports/link.js'
import { RecordingIntake } from './recordingIntake.js'
import { helloFields } from './scriptedBoard.js'
import { deviceIds, gatewayKey, network } from './setup.js'

const [device, otherDevice] = deviceIds

/** A board's session on a clock that the test moves. */
class Session {
  readonly intake = new RecordingIntake()
  readonly written: { type: string; fields: string[] }[] = []
  readonly notes: string[] = []
  readonly presences: Presence[] = []
  readonly board: Board
  nowMs = 1_000

  constructor() {
    let nonces = 0
    this.board = new Board({
      clock: { now: () => this.nowMs, monotonic: () => this.nowMs },
      intake: this.intake,
      timing: protocolTiming,
      network,
      gatewayKey,
      randomBytes: (length) => new Uint8Array(length).fill(++nonces),
      write: (line) => {
        const parsed = parseLine(line.trimEnd())
        if (parsed.kind !== 'sentence') throw new Error(`not a sentence: ${line}`)
        this.written.push({ type: parsed.type, fields: parsed.fields })
        return true
      },
      note: (_, text) => this.notes.push(text),
      presence: (presence) => this.presences.push(presence),
    })
  }

  /** Lets time pass with a tick every 100 ms; the types of what was written meanwhile. */
  pass(ms: number): string[] {
    const before = this.written.length
    for (let i = 0; i < ms / 100; i++) {
      this.nowMs += 100
      this.board.tick()
    }
    return this.written.slice(before).map((line) => line.type)
  }

  send(type: string, ...fields: string[]): void {
    this.board.line(formatSentence(type, fields).trimEnd())
  }

  hello(caps = 'rd', bootCount = 7, id: string = device): void {
    this.send('HI', ...helloFields(id, caps, bootCount))
  }

  wrote(type: string): string[][] {
    return this.written.filter((line) => line.type === type).map((line) => line.fields)
  }
}

let session: Session

beforeEach(() => {
  session = new Session()
})

describe('probing at the protocol\u2019s pace', () => {
  test('at once and every 2 s until a valid line comes, again after 60 s without one', () => {
    session.board.tick()
    expect(session.wrote('ID?').length).toBe(1)
    expect(session.pass(6_000)).toEqual(['ID?', 'ID?', 'ID?'])
    session.hello()
    expect(session.pass(59_900)).toEqual([])
    expect(session.board.state).toBe('online')
    expect(session.pass(100)).toEqual(['ID?'])
    expect(session.board.state).toBe('silent')
    expect(session.pass(4_000)).toEqual(['ID?', 'ID?'])
    session.send('RD', '1', 'AAAA')
    expect(session.board.state).toBe('online')
    expect(session.pass(59_900)).toEqual([])
  })

  test('a port on which nothing ever answers is called silent, and is asked on', () => {
    session.pass(59_900)
    expect(session.board.state).toBe('probing')
    session.pass(100)
    expect(session.board.state).toBe('silent')
    expect(session.board.heard).toBe(false)
    expect(session.pass(4_000)).toEqual(['ID?', 'ID?'])
    expect(session.notes).toEqual(['no valid line for 60 s; asking who is there'])
    session.hello()
    expect(session.board.state).toBe('online')
  })

  test('a damaged line, a log line, an echo are no valid lines', () => {
    session.board.tick()
    for (const line of ['$FPHI,1*0000', 'hello', '$FPAK,1*16E3']) session.board.line(line)
    session.send('ID?')
    session.send('ZZ', '1')
    expect(session.board.state).toBe('probing')
    expect(session.pass(2_000)).toEqual(['ID?'])
  })

  test('a board that talks without a hello is asked for one, not more often than every 2 s', () => {
    session.board.tick()
    session.nowMs += 1_000
    session.send('RD', '1', 'AAAA')
    session.nowMs += 1_000
    session.send('RD', '2', 'AAAA')
    session.send('RD', '3', 'AAAA')
    expect(session.wrote('ID?').length).toBe(2)
    session.hello()
    session.nowMs += 5_000
    session.send('RD', '4', 'AAAA')
    expect(session.wrote('ID?').length).toBe(2)
  })
})

describe('line numbers', () => {
  beforeEach(() => {
    session.intake.verdict = undefined
    session.hello()
  })

  test('a repetition is judged once and answered once', () => {
    for (let i = 0; i < 5; i++) session.send('RD', '4', 'AAAA')
    expect(session.intake.submitted.length).toBe(1)
    session.intake.answer(session.intake.submitted[0]!, 'accepted')
    expect(session.wrote('AK')).toEqual([['4']])
    session.send('RD', '4', 'AAAA')
    expect(session.intake.submitted.length).toBe(2)
  })

  test('given to a newer message, are not answered for the older one', () => {
    session.send('RD', '4', 'AAAA')
    session.send('RD', '4', 'BBBB')
    const [older, newer] = session.intake.submitted
    session.intake.answer(older!, 'accepted')
    expect(session.written).toEqual([])
    session.intake.answer(newer!, 'bad-time')
    expect(session.wrote('NK')).toEqual([['4', 'bad-time']])
  })

  test('given to a newer message that finds no room, are not answered for the older one', () => {
    for (let ls = 0; ls < serialInFlightMax; ls++) session.send('RD', `${ls}`, 'AAAA')
    session.send('RD', '4', 'BBBB')
    expect(session.wrote('NK')).toEqual([['4', 'overloaded']])
    session.intake.answer(session.intake.submitted[4]!, 'accepted')
    expect(session.wrote('AK')).toEqual([])
  })

  test('of before a restart are not answered after it', () => {
    session.send('RD', '4', 'AAAA')
    session.hello('rd', 8)
    session.intake.answer(session.intake.submitted[0]!, 'accepted')
    expect(session.wrote('AK')).toEqual([])
    expect(session.board.waiting).toBe(0)
  })

  test('are answered where a hello only repeats itself', () => {
    session.send('RD', '4', 'AAAA')
    session.hello()
    session.intake.answer(session.intake.submitted[0]!, 'accepted')
    expect(session.wrote('AK')).toEqual([['4']])
  })

  test('of one text but another kind are two messages', () => {
    session.send('RO', '4', 'AAAA')
    session.send('RV', '4', 'AAAA')
    expect(session.intake.submitted.map((message) => message.kind)).toEqual(['ro', 'rv'])
  })

  test('nothing is answered after the port has closed', () => {
    session.send('RD', '4', 'AAAA')
    session.board.close()
    session.intake.answer(session.intake.submitted[0]!, 'accepted')
    session.send('RD', '5', 'AAAA')
    expect(session.intake.submitted.length).toBe(1)
    expect(session.wrote('AK')).toEqual([])
    expect(session.board.send('cm', Uint8Array.of(1))).toBe(false)
  })
})

test('no acknowledgement ever names a message that was not accepted', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('send'), ls: fc.nat(3), text: fc.constantFrom('AAAA', 'BBBB') }),
    fc.record({ do: fc.constant('answer'), which: fc.nat(31), good: fc.boolean() }),
    fc.record({ do: fc.constant('reboot') }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const run = new Session()
      run.intake.verdict = undefined
      run.hello()
      // What the board waits for under each number, as it sees it.
      const wanted = new Map<number, string>()
      const open = new Map<(typeof run.intake.submitted)[number], string>()
      let boots = 7
      for (const what of steps) {
        if ('ls' in what) {
          const before = run.intake.submitted.length
          wanted.set(what.ls, what.text)
          run.send('RD', `${what.ls}`, what.text)
          const message = run.intake.submitted[before]
          if (message !== undefined) open.set(message, what.text)
        } else if ('which' in what) {
          const [message, text] = [...open][what.which % Math.max(1, open.size)] ?? []
          if (message === undefined) continue
          open.delete(message)
          const before = run.written.length
          run.intake.answer(message, what.good ? 'accepted' : 'bad-time')
          const answer = run.written[before]
          if (answer === undefined) continue
          expect(answer.type).toBe(what.good ? 'AK' : 'NK')
          expect(wanted.get(Number(answer.fields[0]))).toBe(text)
        } else {
          wanted.clear()
          run.hello('rd', ++boots)
          run.nowMs += 1_000
        }
      }
    }),
  )
})

describe('enrolment', () => {
  test('is asked again every 5 s, then given up until the next hello', () => {
    session.hello('rd+en')
    const asked = session.pass(60_000).filter((type) => type === 'EQ')
    expect(asked.length).toBe(serialEnrolTriesMax - 1)
    expect(new Set(session.wrote('EQ').map((fields) => fields[0])).size).toBe(1)
    session.hello('rd+en', 8)
    expect(session.wrote('EQ').length).toBe(serialEnrolTriesMax + 1)
    expect(session.wrote('EQ').at(-1)?.[0]).not.toBe(session.wrote('EQ')[0]?.[0])
  })

  test('is asked with a fresh nonce after a restart', () => {
    session.hello('rd+en', 7)
    session.nowMs += 1_000
    session.hello('rd+en', 8)
    const [first, second] = session.wrote('EQ')
    expect(second?.[0]).not.toBe(first?.[0])
  })

  test('of a board that became active meanwhile is not asked again', () => {
    session.hello('rd+en')
    session.intake.states.set(device, 'active')
    session.board.tell({ v: 1, state: 'active', gateway: { id: 'g', key: 'k' } })
    expect(session.pass(30_000).filter((type) => type === 'EQ')).toEqual([])
  })

  test('that the pipeline cannot take now is told, and a later hello asks again', async () => {
    session.intake.enrol = () => Promise.reject(new Error('disk full'))
    session.hello('rd+en')
    session.send('EN', 'AAAA')
    await new Promise((resolve) => setImmediate(resolve))
    expect(session.notes).toContainEqual(expect.stringContaining('disk full'))
    session.nowMs += 1_000
    session.hello('rd+en')
    expect(session.wrote('EQ').length).toBe(2)
  })

  test('of a flood of hellos, queries and proofs few are looked at', () => {
    for (let i = 0; i < 1000; i++) {
      session.hello('rd+en')
      session.send('TQ', 'AAAAAA')
      session.send('EN', 'AAAA')
    }
    expect(session.written.length).toBeLessThan(10)
    expect(session.intake.count('overloaded')).toBeGreaterThan(2_900)
  })
})

describe('presence', () => {
  test('tells a restart, another board, silence and loss', () => {
    const seen = () => session.presences.map((it) => [it.device, it.online, it.bootCount])
    session.hello('rd', 7)
    session.hello('rd', 7)
    session.hello('rd', 8)
    expect(seen()).toEqual([
      [device, true, 7],
      [device, true, 8],
    ])
    session.presences.length = 0
    session.hello('rd', 1, otherDevice)
    expect(seen()).toEqual([
      [device, false, 8],
      [otherDevice, true, 1],
    ])
    session.presences.length = 0
    session.pass(65_900)
    expect(seen()).toEqual([])
    session.pass(200)
    expect(seen()).toEqual([[otherDevice, false, 1]])
    session.hello('rd', 1, otherDevice)
    session.board.close()
    expect(seen().slice(1)).toEqual([
      [otherDevice, true, 1],
      [otherDevice, false, 1],
    ])
  })

  test('without a hello follows who signed', () => {
    session.intake.signer = device
    session.send('RD', '1', 'AAAA')
    expect(session.presences).toEqual([{ device, online: true, bootCount: 0, firmware: undefined }])
    expect(session.board.device).toBe(device)
  })
})

import { describe, expect, it } from 'vitest'
import { fromB64u, toB64u } from '../../gateway/core/bytes.js'
import { encodeReceipt, encodeTime } from '../../gateway/core/device/downlink.js'
import { parseEnrolment } from '../../gateway/core/device/enrolment.js'
import { formatSentence, parseLine } from '../../gateway/core/frame/sentence.js'
import { leafHash } from '../../gateway/core/log/tree.js'
import type { VirtualDevice } from '../../simulator/device.js'
import { type After, SerialSession } from '../../simulator/serialSession.js'
import { holderOf } from '../support/holder.js'
import { nowSec, testDevice, testHost } from './support.js'

const gateway = holderOf(3)

/** Timers that run when the test says so. */
function manualTimers() {
  let clock = 0
  const due = new Map<number, { at: number; then: () => void }>()
  let next = 0
  const after: After = (ms, then) => {
    const id = next++
    due.set(id, { at: clock + ms, then })
    return () => due.delete(id)
  }
  /** Lets time pass, timer by timer in order. */
  function pass(ms: number): void {
    const end = clock + ms
    for (;;) {
      const first = [...due].sort((a, b) => a[1].at - b[1].at)[0]
      if (first === undefined || first[1].at > end) break
      due.delete(first[0])
      clock = first[1].at
      first[1].then()
    }
    clock = end
  }
  return { after, pass, now: () => clock }
}

interface Written {
  at: number
  type: string
  fields: string[]
}

function opened() {
  const timers = manualTimers()
  const host = testHost()
  const device = testDevice()
  const lines: Written[] = []
  const raw: string[] = []
  const session = new SerialSession(
    device,
    host,
    (data) => {
      const text = typeof data === 'string' ? data : Buffer.from(data).toString('latin1')
      raw.push(text)
      const line = parseLine(text.trimEnd())
      if (line.kind === 'sentence')
        lines.push({ at: timers.now(), type: line.type, fields: line.fields })
    },
    { after: timers.after },
  )
  const receive = (type: string, ...fields: string[]): void =>
    session.receive(formatSentence(type, fields).trimEnd())
  const written = (type: string): Written[] => lines.filter((line) => line.type === type)
  const tellTime = (): void => {
    const nonce = fromB64u(written('TQ').at(-1)!.fields[0]!)!
    const time = { device: device.id, nonce, sec: nowSec + 5, ms: 0 }
    receive('TM', toB64u(encodeTime(time, gateway, 'testnet')))
  }
  return { timers, host, device, session, receive, written, raw, tellTime }
}

function push(device: VirtualDevice, session: SerialSession, count = 1): void {
  for (let i = 0; i < count; i++) {
    const value = { metric: 'temperature', time: nowSec + i, value: { m: 21, e: 0 } }
    device.outbox.push(device.reading([value]))
  }
  session.pump()
}

/** A session that has the time and may send. */
function ready() {
  const made = opened()
  made.session.opened()
  made.tellTime()
  return made
}

describe('the beginning', () => {
  it('is a hello, then the time, asked for again with a doubling pause', () => {
    const { session, written, timers, device, host, tellTime } = opened()
    session.opened()
    expect(written('HI')[0]?.fields).toEqual([
      '1',
      device.id,
      'sim-climate',
      '1.0.0',
      `${device.bootCount}`,
      `${device.nextSeq}`,
      'rd+en+tq+cf',
    ])
    push(device, session)
    timers.pass(60_000)
    const asked = written('TQ').map(({ at }) => at)
    expect(asked.slice(0, 7)).toEqual([0, 500, 1_500, 3_500, 7_500, 15_500, 23_500])
    expect(written('RD')).toEqual([])
    tellTime()
    expect(device.clockOffsetMs).toBe(5_000)
    expect(host.told).toEqual(['ready'])
    expect(written('RD')).toHaveLength(1)
    const count = written('TQ').length
    timers.pass(60_000)
    expect(written('TQ')).toHaveLength(count)
  })

  it('takes no time for another question', () => {
    const { session, receive, device } = opened()
    session.opened()
    const time = { device: device.id, nonce: new Uint8Array(4), sec: 1, ms: 0 }
    receive('TM', toB64u(encodeTime(time, gateway, 'testnet')))
    expect(session.ready()).toBe(false)
  })

  it('answers an enrolment question of its own network, and pins that gateway', () => {
    const { session, receive, written, device, host } = opened()
    session.opened()
    const nonce = Uint8Array.of(9, 8, 7, 6)
    receive('EQ', toB64u(nonce), 'elsewhere', toB64u(gateway.publicKey))
    expect(written('EN')).toEqual([])
    receive('EQ', toB64u(nonce), 'testnet', toB64u(gateway.publicKey))
    const proof = parseEnrolment(fromB64u(written('EN')[0]!.fields[0]!)!)
    expect(proof).toMatchObject({ ok: true, value: { nonce } })
    expect(device.gatewayKey).toEqual(gateway.publicKey)
    expect(host.told).toEqual(['pending'])
  })
})

describe('readings', () => {
  it('go out in a window of four', () => {
    const { session, device, written, receive } = ready()
    push(device, session, 6)
    expect(written('RD').map(({ fields }) => fields[0])).toEqual(['0', '1', '2', '3'])
    receive('AK', '2')
    expect(written('RD').map(({ fields }) => fields[0])).toEqual(['0', '1', '2', '3', '4'])
    for (const ls of ['0', '1', '3', '4', '5']) receive('AK', ls)
    expect(device.outbox.unsettled).toBe(0)
  })

  it('are repeated after 500 ms doubling, five tries, then kept until asked', () => {
    const { session, device, written, timers, receive } = ready()
    push(device, session)
    timers.pass(60_000)
    const tries = written('RD')
    expect(tries.map(({ at }) => at)).toEqual([0, 500, 1_500, 3_500, 7_500])
    expect(new Set(tries.map(({ fields }) => fields.join())).size).toBe(1)
    push(device, session)
    timers.pass(60_000)
    expect(written('RD')).toHaveLength(5)
    receive('ID?')
    expect(written('HI')).toHaveLength(2)
    const again = written('RD').slice(5)
    expect(again).toHaveLength(2)
    expect(again[0]!.fields[1]).toBe(tries[0]!.fields[1])
    for (const { fields } of again) receive('AK', fields[0]!)
    expect(device.outbox.unsettled).toBe(0)
  })

  it('that were damaged go out again at once, with the same bytes', () => {
    for (const reason of ['crc', 'frame']) {
      const { session, device, written, receive } = ready()
      push(device, session)
      receive('NK', '0', reason)
      expect(written('RD')).toHaveLength(2)
      expect(written('RD')[1]!.fields).toEqual(written('RD')[0]!.fields)
      receive('AK', '0')
      expect(device.outbox.unsettled).toBe(0)
    }
  })

  it('wait for their time-out where the gateway is overloaded', () => {
    const { session, device, written, receive, timers } = ready()
    push(device, session)
    receive('NK', '0', 'overloaded')
    expect(written('RD')).toHaveLength(1)
    timers.pass(500)
    expect(written('RD')).toHaveLength(2)
  })

  it('are dropped for any other reason', () => {
    const { session, device, written, receive, timers } = ready()
    push(device, session)
    receive('AK', '0')
    push(device, session)
    receive('NK', '1', 'bad-time')
    expect(device.outbox.unsettled).toBe(0)
    timers.pass(60_000)
    expect(written('RD')).toHaveLength(2)
  })

  it('are kept by a device that was never accepted and is not known yet', () => {
    const { session, device, written, receive, timers } = ready()
    push(device, session)
    receive('NK', '0', 'unknown-device')
    expect(device.outbox.unsettled).toBe(1)
    timers.pass(5_000)
    const [first, second] = written('RD')
    expect(second?.fields[1]).toBe(first?.fields[1])
    receive('AK', second!.fields[0]!)
    push(device, session)
    receive('NK', written('RD').at(-1)!.fields[0]!, 'unknown-device')
    expect(device.outbox.unsettled).toBe(0)
  })

  it('survive a port that goes away', () => {
    const { session, device, written, receive, timers } = ready()
    push(device, session, 3)
    session.closed()
    timers.pass(60_000)
    expect(written('RD')).toHaveLength(3)
    session.opened()
    expect(written('RD')).toHaveLength(6)
    const bytes = written('RD').map(({ fields }) => fields[1])
    expect(bytes.slice(3)).toEqual(bytes.slice(0, 3))
    for (const { fields } of written('RD').slice(3)) receive('AK', fields[0]!)
    expect(device.outbox.unsettled).toBe(0)
  })

  it('can be disturbed on purpose: noise, then a check value that is wrong', () => {
    const { session, device, raw, receive } = ready()
    session.disturb()
    push(device, session)
    expect(parseLine(raw.at(-1)!.trimEnd())).toMatchObject({ kind: 'bad', reason: 'crc', ls: 0 })
    receive('NK', '0', 'crc')
    expect(parseLine(raw.at(-1)!.trimEnd())).toMatchObject({ kind: 'sentence', type: 'RD' })
  })

  it('have receipts, which must name the leaf that was sent', () => {
    const { session, device, receive, host } = ready()
    const item = device.reading([{ metric: 'humidity', time: nowSec, value: { m: 50, e: 0 } }])
    const { seq, bytes } = item
    device.outbox.push(item)
    session.pump()
    const receipt = (leaf: Uint8Array): void => {
      const fields = { device: device.id, seq, iat: nowSec, leaf }
      receive('RC', toB64u(encodeReceipt(fields, gateway, 'testnet')))
    }
    receipt(new Uint8Array(32))
    receipt(leafHash(bytes))
    expect(host.told).toEqual(['ready', 'receipt false', 'receipt true'])
  })

  it('do not mind answers that nobody asked for', () => {
    const { session, device, receive } = ready()
    receive('AK', '7')
    receive('NK', '7', 'bad-time')
    session.receive('$FPAK,7*0000')
    session.receive('boot log')
    push(device, session)
    expect(device.outbox.inFlight).toBe(1)
  })
})

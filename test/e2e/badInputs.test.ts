/**
 * Everything that is known to go wrong, sent to a real gateway: each case with the reason it gets,
 * over MQTT and over a serial line. After each the gateway takes an honest reading and has counted
 * just what was sent; at the end it is the same process, and its memory is flat.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toB64u } from '../../gateway/core/bytes.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { Verdict } from '../../gateway/core/verdict.js'
import { openRaw, publishPacket, type RawClient } from '../adapters/mqtt/rawClient.js'
import { until } from '../support/gateway.js'
import { type Counts, network, type SignedCase } from './badInputs/case.js'
import { type EnrolmentCase, enrolments, wrongNonces } from './badInputs/enrolments.js'
import { candidateId, hostile } from './badInputs/holders.js'
import { keyChanges } from './badInputs/keyChanges.js'
import { type LineCase, lines } from './badInputs/lines.js'
import { type LoginCase, logins } from './badInputs/logins.js'
import { type PacketCase, packets } from './badInputs/packets.js'
import { readings } from './badInputs/readings.js'
import {
  honestReading,
  hostileTopic,
  payloadOf,
  type Rig,
  startRig,
  verdictOn,
} from './badInputs/rig.js'

const request = `fp1/${network}/enrol/${candidateId}/req`

let rig: Rig

beforeAll(async () => {
  rig = await startRig()
})

afterAll(() => rig.stop())

/** Rows with a title that the reporter shows whole. */
function titled<T>(rows: readonly T[], title: (row: T) => string): [string, T][] {
  return rows.map((row) => [title(row), row])
}

function bothWays({ name, mqtt, serial }: Pick<SignedCase, 'name' | 'mqtt' | 'serial'>): string {
  return mqtt === serial ? `${name}: ${mqtt}` : `${name}: ${mqtt} over MQTT, ${serial} on serial`
}

function inWords(counts: Counts): string {
  const words = Object.entries(counts).map(([reason, n]) => (n === 1 ? reason : `${n} ${reason}`))
  return words.join(', ') || 'not refused'
}

/** Counts of these verdicts, and of the honest readings behind them. */
function countsOf(verdicts: readonly Verdict[], honest: number): Counts {
  const counts: Counts = honest > 0 ? { accepted: honest } : {}
  for (const verdict of verdicts) {
    const name = verdict === 'accepted' ? 'duplicates' : verdict
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Refusals after a valid signature of the main device: the others can be made by anybody. */
function countsOfMain({ kind, mqtt, serial }: SignedCase): Counts {
  if (kind !== 'rd' || mqtt === 'unknown-device') return {}
  const authentic: readonly Verdict[] = ['equivocation', 'out-of-profile', 'bad-time']
  return countsOf(
    [mqtt, serial].filter((verdict) => authentic.includes(verdict)),
    0,
  )
}

describe.each([
  ['a reading', readings],
  ['a change of keys', keyChanges],
] as const)('%s', (_what, cases) => {
  it.each(titled(cases, bothWays))('%s', async (_title, row) => {
    const bytes = row.make(rig.moment())
    const [mqtt, serial] = await Promise.all([
      rig.overMqtt(row, bytes),
      rig.overSerial(row.kind, bytes),
    ])
    expect({ mqtt, serial }).toEqual({ mqtt: row.mqtt, serial: row.serial })
    await rig.honest()
    expect(await rig.counted()).toEqual(countsOf([row.mqtt, row.serial], 2))
    if (row.kind === 'rd') expect(await rig.countedOfMain()).toEqual(countsOfMain(row))
  })
})

describe('an MQTT client', () => {
  const sent = ({ as, name, counts, ends }: PacketCase) =>
    `${as}: ${name}: ${inWords(counts)}${ends ? ', cut off' : ''}`
  it.each(titled(packets, sent))('%s', async (_title, row) => {
    const { seq, packet } = rig.hostileReading()
    const client =
      row.as === 'stranger' ? await openRaw(rig.gateway.mqttPort) : await rig.open(row.as)
    // The good reading behind it is judged only where the connection goes on.
    client.send(...row.bytes, ...(row.as === 'candidate' ? [] : [packet]))
    if (row.ends) await client.gone()
    else await expectOpen(client, row)
    const next = row.ends || row.as === 'candidate' ? await rig.open('device') : client
    if (next !== client) next.send(packet)
    expect(await verdictOn(next, seq)).toBe('accepted')
    for (const { socket } of [client, next]) socket.destroy()
    expect(await rig.counted()).toEqual({ ...row.counts, accepted: 1 })
  })

  const refusedLogin = ({ name, reason, code }: LoginCase) => `${name}: ${reason}, CONNACK ${code}`
  it.each(titled(logins, refusedLogin))('logs in with %s', async (_title, row) => {
    const { seq, packet } = rig.hostileReading()
    const client = await openRaw(rig.gateway.mqttPort)
    client.send(row.make(rig.moment().nowSec), packet)
    await client.gone()
    expect(client.packets.map(({ type, body }) => [type, body[1]])).toEqual([[2, row.code]])
    const next = await rig.open('device')
    next.send(packet)
    expect(await verdictOn(next, seq)).toBe('accepted')
    next.socket.destroy()
    expect(await rig.counted()).toEqual({ [row.reason]: 1, accepted: 1 })
  })

  it('is ended by a second one with its key, which shares its sequences', async () => {
    const { seq, packet } = rig.hostileReading()
    const first = await rig.open('device')
    first.send(packet)
    expect(await verdictOn(first, seq)).toBe('accepted')
    const second = await rig.open('device')
    await first.gone()
    const other = honestReading(hostile, seq, 60)
    second.send(publishPacket(hostileTopic, Buffer.from(other)))
    expect(await verdictOn(second, seq)).toBe('equivocation')
    second.socket.destroy()
    expect(await rig.counted()).toEqual({ equivocation: 1, accepted: 1 })
  })
})

async function expectOpen(client: RawClient, { counts }: PacketCase): Promise<void> {
  if (counts.filter === undefined) return
  expect((await client.take(9)).body.at(-1)).toBe(0x80)
}

describe('an enrolment', () => {
  it.each(titled(enrolments, bothWays))('%s', async (_title, row) => {
    const { mqtt, serial, holder, make } = row
    const client = await rig.open('candidate')
    client.send(publishPacket(request, Buffer.from(make(new Uint8Array()))))
    const answer = payloadOf((await client.take(3)).body) as { state: string; reason: string }
    expect(answer).toMatchObject({ state: 'refused', reason: expect.stringMatching(`^${mqtt}: `) })
    client.socket.destroy()
    await onSerial(serial, holder, make)
    expect(await rig.counted()).toEqual({ enrolment: 2, accepted: 2 })
    expect(await waiting()).toBe(1)
  })

  const asked = ({ name, serial }: EnrolmentCase) => `${name}: on serial ${serial}`
  it.each(titled(wrongNonces, asked))('%s', async (_title, { serial, holder, make }) => {
    await onSerial(serial, holder, make)
    expect(await rig.counted()).toEqual({ enrolment: 1, accepted: 2 })
    expect(await waiting()).toBe(1)
  })

  /** Sends a proof over serial; its outcome is for people alone, in the log. */
  async function onSerial(
    reason: string,
    holder: Parameters<Rig['askedOnSerial']>[0],
    make: (nonce: Uint8Array) => Uint8Array,
  ): Promise<void> {
    const nonce = await rig.askedOnSerial(holder)
    const from = rig.gateway.output().length
    rig.board.send('EN', toB64u(make(nonce)))
    const said = `${deviceIdOf(holder.publicKey)} was not enrolled: ${reason}: `
    await until('the outcome', () => rig.gateway.output().slice(from).includes(said), {
      everyMs: 1,
      detail: () => rig.gateway.output().slice(from),
    })
    await rig.honest()
  }

  /** Candidates that wait: the one of the rig, and none of those that were refused. */
  async function waiting(): Promise<number> {
    const devices = await rig.gateway.api<{ state: string }[]>('/api/devices')
    return devices.filter(({ state }) => state === 'pending').length
  }
})

describe('a serial line', () => {
  const read = ({ name, counts, answers }: LineCase) =>
    `${name}: ${inWords(counts)}${answers.length > 0 ? ', answered' : ''}`
  it.each(titled(lines, read))('%s', async (_title, row) => {
    rig.board.heard.length = 0
    rig.board.raw(row.bytes)
    await rig.honest()
    const answers = rig.board.heard.map(({ type, fields }) => `${type} ${fields}`)
    expect(answers).toEqual(row.answers.map((answer) => `NK ${answer}`))
    expect(await rig.counted()).toEqual({ ...row.counts, accepted: 2 })
  })
})

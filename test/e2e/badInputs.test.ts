/**
 * Everything that is known to go wrong, sent to a real gateway: each case with the reason it gets,
 * over MQTT and over a serial line. After each the gateway takes an honest reading and has counted
 * just what was sent; at the end it is the same process, and its memory is flat.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toB64u } from '../../gateway/core/bytes.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { Verdict } from '../../gateway/core/verdict.js'
import type { DeviceView, StatusView } from '../../gateway/ports/operations.js'
import { openRaw, publishPacket, type RawClient } from '../adapters/mqtt/rawClient.js'
import { until } from '../support/gateway.js'
import { inspect } from '../support/inspector.js'
import { type Counts, network, type SignedCase } from './badInputs/case.js'
import { type EnrolmentCase, enrolments, wrongNonces } from './badInputs/enrolments.js'
import { prepareFlood } from './badInputs/flood.js'
import { candidateId, hostile, mainId } from './badInputs/holders.js'
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

/** Rounds before memory is measured: code is compiled, tables have their size. */
const warmUpRounds = 3
/** About 1,000 inputs each; enough that what compiling still adds is little beside the bound. */
const roundsMin = 8
const roundsMax = 20
const floodMsMax = 15_000
/**
 * The smallest thing that an input can leave behind, a buffer of one byte, takes 210 bytes in Node
 * 20. What grows is compiled code, about 20 bytes for each input.
 */
const usedBytesPerInputMax = 150
/**
 * The other threads and what is outside of every heap. Twice what it varies by; 8,000 inputs of which
 * each left a line or packet buffer of 2 kB would take 16 MB.
 */
const residentGrowthBytesMax = 12 * 1024 * 1024

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
    await rig.raw(row.bytes)
    await rig.honest()
    const answers = rig.board.heard.map(({ type, fields }) => `${type} ${fields}`)
    expect(answers).toEqual(row.answers.map((answer) => `NK ${answer}`))
    expect(await rig.counted()).toEqual({ ...row.counts, accepted: 2 })
  })
})

describe('the gateway, after all of this', () => {
  it('has been sent a table of hundreds', () => {
    const signed = readings.length + keyChanges.length
    expect(signed + packets.length + logins.length + enrolments.length).toBeGreaterThan(400)
    expect(signed + lines.length + enrolments.length + wrongNonces.length).toBeGreaterThan(400)
  })

  it('shows to Prometheus what it shows to its operator, reason by reason', async () => {
    const { counters } = await rig.gateway.api<StatusView>('/api/status')
    const row = /^fieldproof_messages_refused_total\{reason="([^"]+)"\} (\d+)$/gm
    // The text is made anew at most once a second.
    const shown = await until('fresh figures', async () => {
      const text = await (await fetch(new URL('/metrics', rig.gateway.url))).text()
      const counts = [...text.matchAll(row)].map(([, reason, n]) => [reason!, Number(n)] as const)
      const sum = counts.reduce((total, [, n]) => total + n, 0)
      const total = Object.values(counters.refused).reduce((all, n) => all + n, 0)
      return sum === total && Object.fromEntries(counts)
    })
    expect(shown).toEqual(counters.refused)
    const { latest: _, ...device } = await rig.gateway.api<DeviceView>(`/api/devices/${mainId}`)
    const authentic = ['bad-time', 'equivocation', 'out-of-profile', 'revoked', 'unknown-device']
    expect(Object.keys(device.refused).sort()).toEqual(authentic)
  })

  it('uses no more memory however often it is sent', { timeout: 240_000 }, async () => {
    const inspector = await inspect(rig.gateway)
    const round = prepareFlood(rig)
    for (let i = 0; i < warmUpRounds; i++) await round()
    const before = await inspector.memory()
    await rig.counted()
    let inputs = 0
    let rounds = 0
    const end = performance.now() + floodMsMax
    while (rounds < roundsMin || (rounds < roundsMax && performance.now() < end)) {
      inputs += await round()
      rounds++
    }
    await until('an empty queue', async () => {
      const { queue } = await rig.gateway.api<StatusView>('/api/status')
      return queue.waiting + queue.verifying === 0
    })
    const after = await inspector.memory()
    inspector.close()
    expect((after.usedBytes - before.usedBytes) / inputs).toBeLessThan(usedBytesPerInputMax)
    expect(after.residentBytes - before.residentBytes).toBeLessThan(residentGrowthBytesMax)
    expect((await rig.counted()).accepted).toBe(2 * rounds)
  })

  it('is the process that was started, and well', async () => {
    const { process, url } = rig.gateway
    expect([process.exitCode, process.signalCode]).toEqual([null, null])
    for (const path of ['/healthz', '/readyz'])
      expect((await fetch(new URL(path, url))).status, path).toBe(200)
    const { degraded, queue } = await rig.gateway.api<StatusView>('/api/status')
    expect({ degraded, queue }).toEqual({ degraded: [], queue: { waiting: 0, verifying: 0 } })
    await rig.honest()
  })
})

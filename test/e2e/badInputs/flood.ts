/** The whole table again and again, as fast as it goes: for what it leaves behind in memory. */
import { toB64u } from '../../../gateway/core/bytes.js'
import { deviceIdOf } from '../../../gateway/core/device/key.js'
import { formatSentence } from '../../../gateway/core/frame/sentence.js'
import { openRaw, publishPacket } from '../../adapters/mqtt/rawClient.js'
import { helloFields } from '../../adapters/serial/scriptedBoard.js'
import { until } from '../../support/gateway.js'
import { network } from './case.js'
import { type EnrolmentCase, enrolments, wrongNonces } from './enrolments.js'
import { candidateId } from './holders.js'
import { keyChanges } from './keyChanges.js'
import { lines } from './lines.js'
import { logins } from './logins.js'
import { packets } from './packets.js'
import { readings } from './readings.js'
import type { Rig } from './rig.js'

/** Sends the table once; resolves with the number of its inputs when the gateway is through. */
export type Round = () => Promise<number>

const disconnect = Buffer.from([0xe0, 0])
/** Lines that wait for their answers; below what the gateway judges at once for one board. */
const windowLines = 8

/** Everything is signed and written once; a round then costs the gateway more than the test. */
export function prepareFlood(rig: Rig): Round {
  const moment = rig.moment()
  const signed = [...readings, ...keyChanges].map((row) => ({ ...row, bytes: row.make(moment) }))
  const opened = logins.map((row) => row.make(moment.nowSec))
  const none = new Uint8Array()
  const proofs = enrolments.map(({ make }) => Buffer.from(make(none)))
  const asked = [...enrolments, ...wrongNonces].map((row) => ({ ...row, bytes: row.make(none) }))
  return async () => {
    await Promise.all([overMqtt(rig, signed), overSerial(rig, signed)])
    await Promise.all([attack(rig, opened), enrolOverMqtt(rig, proofs), noise(rig, asked)])
    await rig.honest()
    rig.board.heard.length = 0
    const unsigned = opened.length + packets.length + proofs.length + lines.length + asked.length
    return 2 * signed.length + unsigned
  }
}

type Signed = (typeof readings)[number] & { bytes: Uint8Array }

/** Every message in flight at once; the broker takes 128 of a device and holds the others back. */
async function overMqtt(rig: Rig, signed: readonly Signed[]): Promise<void> {
  const sent = signed.map(({ kind, session, bytes }) =>
    rig.sessions[session ?? 'main'].send(bytes, kind),
  )
  await Promise.all(sent)
  for (const session of Object.values(rig.sessions)) session.aks.length = 0
}

async function overSerial({ board, raw }: Rig, signed: readonly Signed[]): Promise<void> {
  for (let from = 0; from < signed.length; from += windowLines) {
    const group = signed.slice(from, from + windowLines)
    board.heard.length = 0
    const text = group.map(({ kind, bytes }, ls) =>
      formatSentence(kind.toUpperCase(), [`${ls}`, toB64u(bytes)]),
    )
    await raw(text.join(''))
    const answers = () => board.heard.filter(({ type }) => type === 'AK' || type === 'NK')
    await until('the answers', () => answers().length === group.length, { everyMs: 1 })
  }
}

/** One connection after the other: they are of one identity, and a second would end the first. */
async function attack(rig: Rig, connects: readonly Buffer[]): Promise<void> {
  for (const bytes of connects) {
    const client = await openRaw(rig.gateway.mqttPort)
    client.send(bytes)
    await client.gone()
  }
  for (const { as, ends, bytes } of packets) {
    if (as === 'candidate') continue
    const client = as === 'stranger' ? await openRaw(rig.gateway.mqttPort) : await rig.open(as)
    client.send(...bytes, ...(ends ? [] : [disconnect]))
    await client.gone()
  }
}

/** What a candidate sends: enrolments in one session, then the rest. */
async function enrolOverMqtt(rig: Rig, proofs: readonly Buffer[]): Promise<void> {
  const client = await rig.open('candidate')
  const topic = `fp1/${network}/enrol/${candidateId}/req`
  client.send(...proofs.map((proof, i) => publishPacket(topic, proof, { id: i + 1 })))
  for (const _ of proofs) await client.take(4)
  client.send(disconnect)
  await client.gone()
  for (const { as, ends, bytes } of packets) {
    if (as !== 'candidate') continue
    const attacker = await rig.open(as)
    attacker.send(...bytes, ...(ends ? [] : [disconnect]))
    await attacker.gone()
  }
}

/** Bad lines and proofs; hellos and proofs beyond the rate are refused as `overloaded`. */
async function noise(
  { raw }: Rig,
  asked: readonly (EnrolmentCase & { bytes: Uint8Array })[],
): Promise<void> {
  for (const { bytes } of lines) await raw(bytes)
  for (const { holder, bytes } of asked) {
    const hello = helloFields(deviceIdOf(holder.publicKey), 'rd+en')
    await raw(formatSentence('HI', hello) + formatSentence('EN', [toB64u(bytes)]))
  }
}

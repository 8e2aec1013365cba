/** A real gateway with devices in every state, their MQTT sessions, and a board on a serial line. */
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { fromB64u, toB64u } from '../../../gateway/core/bytes.js'
import { encodeConnectToken } from '../../../gateway/core/device/connect.js'
import { encodeEnrolment } from '../../../gateway/core/device/enrolment.js'
import { deviceIdOf } from '../../../gateway/core/device/key.js'
import type { KeyHolder } from '../../../gateway/core/device/message.js'
import { encodeRotation } from '../../../gateway/core/device/rotation.js'
import { serialRarePerSecMax } from '../../../gateway/core/limits.js'
import type { SignedKind } from '../../../gateway/ports/intake.js'
import type { DeviceView, StatusView } from '../../../gateway/ports/operations.js'
import {
  connectPacket,
  openRaw,
  publishPacket,
  type RawClient,
  subscribePacket,
} from '../../adapters/mqtt/rawClient.js'
import { helloFields, ScriptedBoard } from '../../adapters/serial/scriptedBoard.js'
import { type RunningGateway, startGateway, until } from '../../support/gateway.js'
import { inspectable } from '../../support/inspector.js'
import { type Ak, connectDevice, enrol, type MqttDevice } from '../../support/mqttDevice.js'
import { readingOf } from '../../support/reading.js'
import { nullModem } from '../../support/socat.js'
import { type Counts, type Moment, network, type SignedCase } from './case.js'
import {
  candidate,
  hostile,
  hostileId,
  main,
  mainId,
  pending,
  revoked,
  rotatedFrom,
  rotatedHighest,
  rotatedId,
  rotatedTo,
  rotationSeq,
  suspended,
} from './holders.js'

/** The vectors carry sequence 70,000: honest readings stay below, so that it is never taken. */
const firstSeq = 60_000
const vectorSeq = 70_000
/** Line numbers that honest lines have; the table's own are below. */
const lineNumberMin = 100

export interface Rig {
  gateway: RunningGateway
  board: ScriptedBoard
  sessions: Record<'main' | 'rotated', MqttDevice>
  moment(): Moment
  /** Sends a signed message as its device; `accepted` or the reason. */
  overMqtt(message: Pick<SignedCase, 'kind' | 'session'>, bytes: Uint8Array): Promise<string>
  overSerial(kind: SignedKind, bytes: Uint8Array): Promise<string>
  /** Writes to the board's end of the line, however much it is. */
  raw(data: string | Uint8Array): Promise<void>
  /** A new reading by each way at once; rejects unless both are accepted. */
  honest(): Promise<void>
  /** Logs in on a connection that can send anything, and listens to what is for it. */
  open(as: 'device' | 'candidate'): Promise<RawClient>
  /** A new reading of the hostile device as a PUBLISH, and its sequence. */
  hostileReading(): { seq: number; packet: Buffer }
  /** Asks the board on the line for its enrolment in the name of that key; the nonce. */
  askedOnSerial(holder: KeyHolder): Promise<Uint8Array>
  /** What the gateway has counted since it was last asked, zeros left out. */
  counted(): Promise<Counts>
  /** The same of the main device's own row of refusals. */
  countedOfMain(): Promise<Counts>
  stop(): Promise<void>
}

export const hostileTopic = `fp1/${network}/d/${hostileId}/up/rd`
const nowSec = (): number => Math.floor(Date.now() / 1000)

/** A temperature of now, or of that many seconds before. */
export function honestReading(holder: KeyHolder, seq: number, ageSec = 0): Uint8Array {
  const time = nowSec() - ageSec
  const value = { m: 201, e: -1 }
  return readingOf(holder, network, seq, [{ metric: 'temperature', time, value }])
}

export async function startRig(): Promise<Rig> {
  const cable = await nullModem()
  const board = await ScriptedBoard.open(cable.b, mainId)
  // A file of its own, which blocks where the line is full: the serial driver misses that there is
  // room again while it also waits for something to read.
  const line = await open(cable.b, constants.O_WRONLY | constants.O_NOCTTY)
  const gateway = await startGateway({
    env: {
      ...inspectable,
      FIELDPROOF_NETWORK: network,
      FIELDPROOF_ENROLMENT__OPEN: 'true',
      FIELDPROOF_SERIAL__PORTS: JSON.stringify([cable.a]),
    },
  })
  for (const holder of [main, hostile, suspended, revoked]) await enrol(gateway, holder)
  await gateway.api(`/api/devices/${deviceIdOf(suspended.publicKey)}/state`, { state: 'suspended' })
  await gateway.api(`/api/devices/${deviceIdOf(revoked.publicKey)}/state`, { state: 'revoked' })
  await offer(gateway, pending)
  const rotated = await rotate(gateway)
  const sessions = { main: await connectDevice(gateway, main), rotated }

  let highest = firstSeq - 1
  let first: Uint8Array = new Uint8Array()
  let last = first
  let hostileSeq = 0
  let boots = 1_000
  // Signed once: they do not expire.
  const tokens = {
    device: encodeConnectToken(hostile, network),
    candidate: encodeConnectToken(candidate, network),
  }
  let ls = lineNumberMin
  let rareAtMs = 0
  let before: Counts = {}
  let beforeOfMain: Counts = {}

  const overMqtt: Rig['overMqtt'] = ({ kind, session }, bytes) =>
    sessions[session ?? 'main'].verdict(bytes, kind)

  const overSerial: Rig['overSerial'] = async (kind, bytes) => {
    ls = ls === 255 ? lineNumberMin : ls + 1
    board.send(kind.toUpperCase(), `${ls}`, toB64u(bytes))
    return answerTo(board, ls)
  }

  async function honest(): Promise<void> {
    const [one, two] = [highest + 1, highest + 2].map((seq) => honestReading(main, seq))
    const verdicts = [overMqtt({ kind: 'rd' }, one!), overSerial('rd', two!)]
    for (const verdict of await Promise.all(verdicts))
      if (verdict !== 'accepted') throw new Error(`an honest reading is refused: ${verdict}`)
    if (highest < firstSeq) first = one!.slice()
    highest += 2
    last = two!.slice()
    if (highest >= vectorSeq) throw new Error('honest readings have come up to the vectors')
  }

  // So that the first reading is far below the window.
  for (let i = 0; i < 40; i++) await honest()

  const rig: Rig = {
    gateway,
    board,
    sessions,
    moment: () => ({ nowSec: nowSec(), highest, first, last }),
    overMqtt,
    overSerial,
    raw: (data) => line.writeFile(data),
    honest,
    open: (as) => openAs(gateway, as === 'device' ? hostile : candidate, tokens[as]),
    hostileReading() {
      const seq = ++hostileSeq
      return { seq, packet: publishPacket(hostileTopic, Buffer.from(honestReading(hostile, seq))) }
    },
    async askedOnSerial(holder) {
      // A hello and a proof; what comes faster is answered by nothing (serialRarePerSecMax).
      await until('the turn', () => performance.now() - rareAtMs > 2_000 / serialRarePerSecMax)
      rareAtMs = performance.now()
      board.heard.length = 0
      board.send('HI', ...helloFields(deviceIdOf(holder.publicKey), 'rd+en', ++boots))
      const [nonce] = await board.next('EQ')
      return fromB64u(nonce!)!
    },
    async counted() {
      const { counters } = await gateway.api<StatusView>('/api/status')
      const { accepted, duplicates, refused } = counters
      const now: Counts = { accepted, duplicates, ...refused }
      const difference = less(now, before)
      before = now
      return difference
    },
    async countedOfMain() {
      const { refused } = await gateway.api<DeviceView>(`/api/devices/${mainId}`)
      const difference = less(refused, beforeOfMain)
      beforeOfMain = refused
      return difference
    },
    async stop() {
      for (const session of Object.values(sessions)) await session.close()
      await gateway.kill()
      await line.close()
      await board.close()
      await cable.unplug()
    },
  }
  await rig.counted()
  return rig
}

/** Waits for `$FPAK` or `$FPNK` of that line. */
export async function answerTo(board: ScriptedBoard, ls: number): Promise<string> {
  const answer = await until(
    `an answer to line ${ls}`,
    () => {
      const at = board.heard.findIndex(
        ({ type, fields }) => (type === 'AK' || type === 'NK') && fields[0] === `${ls}`,
      )
      return at < 0 ? undefined : board.heard.splice(at, 1)[0]
    },
    { everyMs: 1, detail: () => JSON.stringify(board.heard) },
  )
  return answer.fields[1] ?? 'accepted'
}

/** The verdict on that sequence, as it comes on `dn/ak`. */
export async function verdictOn(client: RawClient, seq: number): Promise<string> {
  for (;;) {
    const ak = payloadOf((await client.take(3)).body) as Ak
    if (ak.seq === seq) return ak.reason ?? ak.verdict
  }
}

/** The JSON of a PUBLISH of QoS 1. */
export function payloadOf(body: Buffer): unknown {
  return JSON.parse(body.subarray(2 + body.readUInt16BE(0) + 2).toString())
}

/** A session of that key, subscribed to `dn/ak` or, as a candidate, to `res`. */
export async function openAs(
  gateway: Pick<RunningGateway, 'mqttPort'>,
  holder: KeyHolder,
  password = encodeConnectToken(holder, network),
): Promise<RawClient> {
  const id = deviceIdOf(holder.publicKey)
  const client = await openRaw(gateway.mqttPort)
  const filter = id === hostileId ? `d/${id}/dn/ak` : `enrol/${id}/res`
  client.send(connectPacket(id, { password }), subscribePacket([`fp1/${network}/${filter}`]))
  const [connack, suback] = [await client.take(2), await client.take(9)]
  if (connack.body[1] !== 0 || suback.body.at(-1) !== 1) throw new Error(`${id} is refused`)
  return client
}

/** Sends the enrolment of a candidate and leaves it waiting. */
async function offer(gateway: RunningGateway, holder: KeyHolder): Promise<void> {
  const client = await openAs(gateway, holder)
  const fields = {
    model: 'test',
    firmware: 'test',
    version: '1',
    metrics: ['temperature'],
  } as const
  const proof = encodeEnrolment({ ...fields, nonce: new Uint8Array() }, holder, network)
  const id = deviceIdOf(holder.publicKey)
  client.send(publishPacket(`fp1/${network}/enrol/${id}/req`, Buffer.from(proof)))
  await client.take(3)
  client.socket.destroy()
}

/** A device whose second key has spoken, so long ago that the rotation is below the window. */
async function rotate(gateway: RunningGateway): Promise<MqttDevice> {
  await enrol(gateway, rotatedFrom)
  const session = await connectDevice(gateway, rotatedFrom)
  const fields = { device: rotatedId, iat: nowSec(), seq: rotationSeq }
  await session.send(encodeRotation(fields, rotatedFrom, rotatedTo, network), 'ro')
  await session.send(honestReading(rotatedTo, rotatedHighest))
  await session.close()
  if (session.aks.some(({ verdict }) => verdict !== 'accepted')) throw new Error('not rotated')
  return connectDevice(gateway, rotatedTo, rotatedId)
}

function less(now: Readonly<Counts>, before: Readonly<Counts>): Counts {
  const rows = Object.entries(now).map(([name, n]): [string, number] => [
    name,
    (n ?? 0) - (before[name] ?? 0),
  ])
  return Object.fromEntries(rows.filter(([, n]) => n !== 0))
}

/** Devices of an attack: each sends exactly what it is told, and waits for the verdict. */
import { latLngToCell } from 'h3-js'
import { utf8 } from '../../gateway/core/bytes.js'
import { sha256 } from '../../gateway/core/crypto.js'
import { formatAddress } from '../../gateway/core/device/address.js'
import { Failure } from '../../gateway/core/failure.js'
import type { MetricName } from '../../gateway/core/metric.js'
import type { Value } from '../../gateway/core/senml/pack.js'
import { rootOf } from '../../gateway/core/topic.js'
import type { Verdict } from '../../gateway/core/verdict.js'
import { parseVerdict } from '../answers.js'
import { VirtualDevice } from '../device.js'
import { answerMsMax } from '../limits.js'
import { connectMqtt, type MqttSession } from '../mqttSession.js'
import type { Approval, OperatorApi } from '../operator.js'

export interface RigTarget {
  network: string
  mqttUrl: string
  operator: OperatorApi
  /** Keeps the devices of one run apart from those of another. */
  seed: string
}

/** Seconds between readings as approved: a slot of 60 s then wants five of six. */
export const attackIntervalSec = 10

export interface RigDevice {
  readonly id: string
  /** Signs and sends; the verdict that comes on `dn/ak`. */
  send(seq: number, values: readonly Value[]): Promise<Verdict>
  sendBytes(seq: number, bytes: Uint8Array): Promise<Verdict>
  seal(seq: number, values: readonly Value[]): Uint8Array
  end(): void
}

export interface Rig {
  readonly nowSec: () => number
  /** A new device, enrolled and approved. `owner`: any label; the same one is the same account. */
  device(label: string, owner: string, cell: string): Promise<RigDevice>
  /** A second session with the key of a device: the first one is cut by the broker. */
  clone(label: string, cell: string): Promise<RigDevice>
  /** A cell that this attack has for itself. */
  cell(name: string): string
  end(): void
}

/** A temperature in tenths of a degree. */
export function temperature(time: number, tenths: number): Value {
  return { metric: 'temperature', time, value: { m: tenths, e: -1 } }
}

export function openRig(target: RigTarget): Rig {
  const { seed, network } = target
  const open: RigDevice[] = []
  const metrics: MetricName[] = ['temperature']
  const virtual = (label: string, cell: string): VirtualDevice =>
    new VirtualDevice({
      seed,
      label,
      network,
      signer: 'node',
      sequence: 'plain',
      startMs: Date.now(),
      model: 'sim-attack',
      metrics,
      cell,
    })
  async function connect(device: VirtualDevice): Promise<RigDevice> {
    const connected = await speak(target, device)
    open.push(connected)
    return connected
  }
  return {
    nowSec: () => Math.floor(Date.now() / 1_000),
    async device(label, owner, cell) {
      const device = virtual(label, cell)
      await enrol(target, device, {
        owner: formatAddress(sha256(utf8(`${seed}\nattack\n${owner}`)).subarray(0, 20)),
        cell,
        placement: 'outdoor',
        intervalSec: attackIntervalSec,
        simulated: true,
      })
      return connect(device)
    },
    clone: (label, cell) => connect(virtual(label, cell)),
    cell: (name) => cellOf(`${seed}\n${name}`),
    end() {
      for (const device of open) device.end()
    },
  }
}

/** A cell of resolution 7 between 60 degrees south and north, from a text. */
function cellOf(text: string): string {
  const [a, b, c, d] = sha256(utf8(text))
  const share = (high: number, low: number): number => (256 * high + low) / 65_536
  return latLngToCell(share(a!, b!) * 120 - 60, share(c!, d!) * 360 - 180, 7)
}

async function login(target: RigTarget, device: VirtualDevice): Promise<MqttSession> {
  const outcome = await connectMqtt({
    url: target.mqttUrl,
    name: device.id,
    password: device.connectToken(Date.now()),
    will: undefined,
    timeoutMs: answerMsMax,
  })
  if ('session' in outcome) return outcome.session
  throw new Failure('unavailable', `the broker does not let ${device.id} in: ${outcome.detail}`)
}

async function enrol(target: RigTarget, device: VirtualDevice, approval: Approval): Promise<void> {
  const session = await login(target, device)
  const topic = `${rootOf(target.network)}enrol/${device.id}/req`
  await new Promise((done) =>
    session.publish(topic, device.enrolment(new Uint8Array()), false, done),
  )
  const end = Date.now() + answerMsMax
  while (!(await target.operator.approve(device.id, approval))) {
    if (Date.now() > end)
      throw new Failure('unavailable', 'the gateway lists no candidates: set enrolment.open')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  session.cut()
  await session.closed
}

async function speak(target: RigTarget, device: VirtualDevice): Promise<RigDevice> {
  const session = await login(target, device)
  const root = `${rootOf(target.network)}d/${device.id}/`
  const waiting = new Map<number, (verdict: Verdict) => void>()
  session.onMessage((_topic, payload) => {
    const answer = parseVerdict(payload)
    if (answer?.seq === undefined || answer.seq === null) return
    waiting.get(answer.seq)?.(answer.verdict)
    waiting.delete(answer.seq)
  })
  await session.subscribe([`${root}dn/ak`])
  const sendBytes = (seq: number, bytes: Uint8Array): Promise<Verdict> =>
    new Promise((resolve, reject) => {
      const lost = (): void =>
        reject(new Failure('unavailable', `no verdict came for ${device.id} #${seq}`))
      const timer = setTimeout(lost, answerMsMax)
      waiting.set(seq, (verdict) => {
        clearTimeout(timer)
        resolve(verdict)
      })
      session.publish(`${root}up/rd`, bytes, false, () => undefined)
    })
  return {
    id: device.id,
    seal: (seq, values) => device.seal(seq, values),
    sendBytes,
    send: (seq, values) => sendBytes(seq, device.seal(seq, values)),
    end: () => session.cut(),
  }
}

import mqtt, { type MqttClient } from 'mqtt'
import { encodeConnectToken } from '../../gateway/core/device/connect.js'
import { encodeEnrolment } from '../../gateway/core/device/enrolment.js'
import { deviceIdOf } from '../../gateway/core/device/key.js'
import type { KeyHolder } from '../../gateway/core/device/message.js'
import type { MetricName } from '../../gateway/core/metric.js'
import { type RunningGateway, until } from './gateway.js'

/** The network of a gateway under test, unless a test says otherwise. */
export const testNetwork = 'testnet'
export const testOwner = '0x1111111111111111111111111111111111111111'
/** A cell of resolution 7. */
export const testCell = '871963aa9ffffff'

/** Verdict as it comes on `dn/ak`. */
export interface Ak {
  seq: number | null
  verdict: string
  reason?: string
}

export interface MqttDevice {
  id: string
  client: MqttClient
  /** What came on `dn/ak` so far. */
  aks: Ak[]
  /** Publishes below `d/<self>/up/`; resolves at PUBACK. */
  send(bytes: Uint8Array, what?: 'rd' | 'ro' | 'rv'): Promise<void>
  /** Publishes and resolves with what came on `dn/ak` for it: `accepted` or the reason. */
  verdict(bytes: Uint8Array, what?: 'rd' | 'ro' | 'rv'): Promise<string>
  close(): Promise<void>
}

/** A login with a connect token. Rejects where the broker refuses it, or is gone before it answers. */
export function openSession(
  gateway: Pick<RunningGateway, 'mqttPort'>,
  holder: KeyHolder,
  id: string,
): Promise<MqttClient> {
  const client = mqtt.connect({
    host: '127.0.0.1',
    port: gateway.mqttPort,
    protocolVersion: 4,
    clientId: id,
    username: id,
    password: encodeConnectToken(holder, testNetwork),
    reconnectPeriod: 0,
  })
  return new Promise((resolve, reject) => {
    client.once('connect', () => resolve(client))
    client.on('error', reject)
    client.once('close', () => reject(new Error('the connection was closed')))
  })
}

/** What a lost connection leaves without an answer is rejected. */
function unlessClosed<T>(client: MqttClient, answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const closed = (): void => reject(new Error('the connection was closed'))
    if (!client.connected) closed()
    client.once('close', closed)
    answer.then(resolve, reject).finally(() => client.off('close', closed))
  })
}

/** A candidate that is not answered asks again after this. */
const askAgainMs = 2_000

/** Sends the enrolment proof as a candidate, and approves it as the operator. */
export async function enrol(
  gateway: Pick<RunningGateway, 'api' | 'mqttPort'>,
  holder: KeyHolder,
  metrics: readonly MetricName[] = ['temperature', 'humidity'],
  approval: object = {},
): Promise<string> {
  const id = deviceIdOf(holder.publicKey)
  const client = await openSession(gateway, holder, id)
  const fields = { nonce: new Uint8Array(), model: 'test', firmware: 'test', version: '1', metrics }
  const proof = encodeEnrolment(fields, holder, testNetwork)
  let sentAtMs = Number.NEGATIVE_INFINITY
  await until('the candidate to be listed', async () => {
    // As a board does: an external broker loses what comes before the gateway has subscribed there.
    if (performance.now() - sentAtMs > askAgainMs) {
      sentAtMs = performance.now()
      await client.publishAsync(`fp1/${testNetwork}/enrol/${id}/req`, Buffer.from(proof), {
        qos: 1,
      })
    }
    const devices = await gateway.api<{ device: string }[]>('/api/devices')
    return devices.some(({ device }) => device === id)
  })
  const words = { owner: testOwner, cell: testCell, ...approval }
  await gateway.api(`/api/devices/${id}/approve`, words)
  await client.endAsync(true)
  return id
}

/** Logs in as an approved device and listens on `dn/ak`. */
export async function connectDevice(
  gateway: Pick<RunningGateway, 'mqttPort'>,
  holder: KeyHolder,
  id = deviceIdOf(holder.publicKey),
): Promise<MqttDevice> {
  const client = await openSession(gateway, holder, id)
  // Each message in flight listens for the end.
  client.setMaxListeners(0)
  const aks: Ak[] = []
  client.on('message', (topic, payload) => {
    if (topic.endsWith('/dn/ak')) aks.push(JSON.parse(payload.toString()))
  })
  await unlessClosed(client, client.subscribeAsync(`fp1/${testNetwork}/d/${id}/dn/ak`, { qos: 1 }))
  const send: MqttDevice['send'] = async (bytes, what = 'rd') => {
    const topic = `fp1/${testNetwork}/d/${id}/up/${what}`
    await unlessClosed(client, client.publishAsync(topic, Buffer.from(bytes), { qos: 1 }))
  }
  return {
    id,
    client,
    aks,
    send,
    async verdict(bytes, what) {
      const before = aks.length
      await send(bytes, what)
      const ak = await until('dn/ak', () => aks[before])
      return ak.verdict === 'accepted' ? 'accepted' : (ak.reason ?? ak.verdict)
    },
    close: () => client.endAsync(true),
  }
}

/** Reads one retained message from a broker, as a client that comes and goes. */
import { randomBytes } from 'node:crypto'
import { connectAsync, type MqttClient } from 'mqtt'
import { Failure, messageOf } from '../../core/failure.js'
import { mqttConnectMsMax, mqttRetainedMsMax } from '../../core/limits.js'

export interface RetainedOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  url: string
  username?: string | undefined
  password?: string | undefined
  /** Whole topic, without wildcards. */
  topic: string
}

/**
 * The text of the topic's retained message; `undefined` where the broker has sent none within
 * `mqttRetainedMsMax` after it granted the subscription. Rejects with Failure('unavailable').
 */
export async function readRetained(options: RetainedOptions): Promise<string | undefined> {
  const { url, username, password, topic } = options
  let client: MqttClient | undefined
  try {
    client = await connectAsync(url, {
      protocolVersion: 4,
      clientId: `fieldproof-look-${randomBytes(4).toString('hex')}`,
      reconnectPeriod: 0,
      connectTimeout: mqttConnectMsMax,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    })
    return await firstRetained(client, topic)
  } catch (error) {
    throw new Failure('unavailable', `no answer from ${url}: ${messageOf(error)}`)
  } finally {
    await client?.endAsync(true)
  }
}

async function firstRetained(client: MqttClient, topic: string): Promise<string | undefined> {
  const found = new Promise<string>((resolve) => {
    client.on('message', (at, payload, packet) => {
      if (packet.retain && at === topic) resolve(payload.toString('utf8'))
    })
  })
  const [granted] = await client.subscribeAsync(topic, { qos: 1 })
  if (granted === undefined || granted.qos > 2) throw new Error(`may not read ${topic}`)
  let timer: NodeJS.Timeout | undefined
  const nothing = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), mqttRetainedMsMax)
  })
  return Promise.race([found, nothing]).finally(() => clearTimeout(timer))
}

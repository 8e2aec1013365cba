/** A buyer's session over a WebSocket of this very gateway (PROTOCOL 5). */
import type { MqttClient } from 'mqtt'

/** Between two signs of life, seconds. */
const keepAliveSec = 30
/** A broker that says nothing for so long is away. */
const answerMsMax = 15_000

export interface MqttLogin {
  clientId: string
  user: string
  password: string
}

export interface MqttSession {
  /** Resolves once the filter is granted; rejects where it is not. */
  subscribe(filter: string): Promise<void>
  unsubscribe(filter: string): Promise<void>
  /** Resolves once the broker has acknowledged it. */
  publish(topic: string, payload: string): Promise<void>
  close(): void
}

export interface MqttListener {
  message(topic: string, payload: string): void
  /** The session is gone, by whoever's doing. */
  closed(): void
}

/** What was refused, or that nobody answers. */
export class MqttFailure extends Error {}

/** Codes of CONNACK (MQTT 3.1.1, table 3.1). */
const refusals: Readonly<Record<number, string>> = {
  2: 'The gateway refuses this client id.',
  3: 'The gateway takes no more sessions now.',
  4: 'No buyer of this name has this token.',
  5: 'No buyer of this name has this token.',
}

/** Logs in. Rejects with MqttFailure: refused, or no MQTT at that address. */
export async function openMqtt(
  url: string,
  login: MqttLogin,
  listener: MqttListener,
): Promise<MqttSession> {
  // Loaded for those who sign in: it weighs as much as the rest of the page twice over.
  const { default: mqtt } = await import('mqtt')
  const client = mqtt.connect(url, {
    clientId: login.clientId,
    username: login.user,
    password: login.password,
    protocolVersion: 4,
    clean: true,
    // Who was thrown out signs in again; rows that are paid for must not go on by themselves.
    reconnectPeriod: 0,
    connectTimeout: answerMsMax,
    keepalive: keepAliveSec,
    // Else it makes a worker from text, which the page's policy forbids.
    timerVariant: 'native',
  })
  client.on('message', (topic, payload) =>
    listener.message(topic, new TextDecoder().decode(payload)),
  )
  await begun(client)
  client.on('close', () => {
    // What waits for an acknowledgement is told.
    client.end(true)
    listener.closed()
  })
  return {
    async subscribe(filter) {
      const granted = await client.subscribeAsync(filter, { qos: 1 })
      if (granted.some(({ qos }) => qos > 2)) throw new MqttFailure('Not granted.')
    },
    async unsubscribe(filter) {
      await client.unsubscribeAsync(filter)
    },
    async publish(topic, payload) {
      await client.publishAsync(topic, payload, { qos: 1 })
    },
    close: () => void client.end(),
  }
}

function begun(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (text: string): void => {
      reject(new MqttFailure(text))
      client.end(true)
    }
    client.once('connect', () => resolve())
    client.on('error', (error) => {
      const { code } = error as Error & { code?: number }
      fail(refusals[code ?? 0] ?? error.message)
    })
    client.once('close', () =>
      fail('This gateway does not answer buyers here: ask it over its broker.'),
    )
  })
}

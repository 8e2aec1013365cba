/** One MQTT connection of a device or buyer, as promises and callbacks; nothing of FieldProof but the login. */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt'
import { messageOf } from '../gateway/core/failure.js'

export interface MqttLogin {
  url: string
  /** User name. */
  name: string
  /** Where it is not the name. */
  clientId?: string
  password: string
  will: { topic: string; payload: string } | undefined
  timeoutMs: number
}

export interface MqttSession {
  /** Filters granted; an empty list where none was, or where the broker closed instead. */
  subscribe(filters: readonly string[]): Promise<string[]>
  /** QoS 1. `done(true)` on PUBACK, `done(false)` where the connection ended first. */
  publish(topic: string, payload: Uint8Array | string, retain: boolean, done: Done): void
  onMessage(take: (topic: string, payload: Uint8Array) => void): void
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>
  readonly open: boolean
  /** DISCONNECT and close. */
  end(): void
  /** Cuts the socket without a word. */
  cut(): void
}

type Done = (acknowledged: boolean) => void

/** A session, or why there is none: `refused` by CONNACK, or `unreachable`. */
export type MqttOutcome =
  | { session: MqttSession }
  | { failed: 'refused' | 'unreachable'; detail: string }

/** Connects once, clean session, MQTT 3.1.1. Never rejects. */
export function connectMqtt(login: MqttLogin): Promise<MqttOutcome> {
  const options: IClientOptions = {
    clientId: login.clientId ?? login.name,
    username: login.name,
    password: login.password,
    clean: true,
    protocolVersion: 4,
    reconnectPeriod: 0,
    connectTimeout: login.timeoutMs,
    keepalive: 60,
    resubscribe: false,
    queueQoSZero: false,
    ...(login.will
      ? { will: { ...login.will, payload: Buffer.from(login.will.payload), qos: 1, retain: true } }
      : {}),
  }
  return new Promise((resolve) => {
    let client: MqttClient
    try {
      client = mqtt.connect(login.url, options)
    } catch (error) {
      resolve({ failed: 'unreachable', detail: messageOf(error) })
      return
    }
    let refused = false
    let detail = 'the connection was closed before CONNACK'
    client.on('error', (error) => {
      const { code } = error as { code?: unknown }
      // CONNACK return codes are small numbers; the system's errors carry names.
      refused = typeof code === 'number' && code > 0 && code < 256
      detail = messageOf(error)
      client.end(true)
    })
    const closed = new Promise<void>((close) => {
      client.on('close', () => {
        resolve({ failed: refused ? 'refused' : 'unreachable', detail })
        close()
      })
    })
    client.on('connect', () => resolve({ session: sessionOn(client, closed) }))
  })
}

function sessionOn(client: MqttClient, closed: Promise<void>): MqttSession {
  return {
    closed,
    get open() {
      return client.connected
    },
    subscribe(filters) {
      return new Promise((resolve) => {
        void closed.then(() => resolve([]))
        // The codes of the SUBACK itself: where one filter is refused, the client's own list of
        // grants says what was asked for.
        client.subscribe([...filters], { qos: 1 }, (_error, _granted, packet) => {
          const codes = packet?.granted ?? []
          resolve(filters.filter((_, at) => Number(codes[at] ?? 128) < 128))
        })
      })
    },
    publish(topic, payload, retain, done) {
      const body = typeof payload === 'string' ? payload : bufferOf(payload)
      client.publish(topic, body, { qos: 1, retain }, (error) => done(!error))
    },
    onMessage(take) {
      client.on('message', take)
    },
    end() {
      client.end(false)
    },
    cut() {
      client.stream.destroy()
    },
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

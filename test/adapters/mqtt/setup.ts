import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt'
import {
  type EmbeddedBroker,
  type EmbeddedBrokerOptions,
  openEmbeddedBroker,
} from '../../../gateway/adapters/mqtt/broker.js'
import type { LinkEvent, Presence } from '../../../gateway/ports/link.js'
import { gatewayId, network, RecordingIntake, TestClock } from './recordingIntake.js'

/** A started broker with everything it reported. */
export interface TestBroker {
  broker: EmbeddedBroker
  port: number
  intake: RecordingIntake
  clock: TestClock
  presence: Presence[]
  events: LinkEvent[]
}

export async function startBroker(
  options: Partial<EmbeddedBrokerOptions> = {},
): Promise<TestBroker> {
  const intake = new RecordingIntake()
  const clock = new TestClock()
  const presence: Presence[] = []
  const events: LinkEvent[] = []
  const broker = openEmbeddedBroker({
    network,
    gatewayId,
    host: '127.0.0.1',
    port: 0,
    intake,
    clock,
    presence: (change) => presence.push(change),
    event: (event) => events.push(event),
    ...options,
  })
  await broker.start()
  return { broker, port: broker.listeners()[0]!.port, intake, clock, presence, events }
}

/** A client of the `mqtt` package that does not connect again by itself, and what it received. */
export interface TestClient {
  mqtt: MqttClient
  received: { topic: string; payload: Buffer; retain: boolean }[]
  /** Payloads as text on topics with that ending. */
  texts(ending: string): string[]
}

export async function openClient(
  url: string,
  name: string,
  options: IClientOptions = {},
): Promise<TestClient> {
  const received: TestClient['received'] = []
  const mqtt = await connectAsync(url, {
    clientId: name,
    username: name,
    password: 'secret',
    reconnectPeriod: 0,
    ...options,
  })
  mqtt.on('error', () => undefined)
  mqtt.on('message', (topic, payload, { retain }) => received.push({ topic, payload, retain }))
  return {
    mqtt,
    received,
    texts: (ending) =>
      received.filter(({ topic }) => topic.endsWith(ending)).map(({ payload }) => `${payload}`),
  }
}

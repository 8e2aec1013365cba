import mqtt from 'mqtt'
import { type RunningGateway, until } from './gateway.js'
import { testNetwork } from './mqttDevice.js'

/** An answer, as far as tests look at it. */
export interface Answer {
  ok: boolean
  items?: object[]
  page?: { next: string | null }
}

export interface BuyerClient {
  /** Asks, and resolves with the answer; no faster than a buyer may. */
  ask(op: string, more?: object): Promise<Answer>
  close(): Promise<void>
}

/** Adds a buyer with many credits for every metric, and connects as it over MQTT 3.1.1. */
export async function connectBuyer(gateway: RunningGateway, name = 'acme'): Promise<BuyerClient> {
  const body = { name, credits: 1_000_000, metrics: ['all'] }
  const { token } = await gateway.api<{ token: string }>('/api/buyers', body)
  const client = await mqtt.connectAsync({
    host: '127.0.0.1',
    port: gateway.mqttPort,
    clientId: name,
    username: name,
    password: token,
    protocolVersion: 4,
    reconnectPeriod: 0,
  })
  const below = `fp1/${testNetwork}/b/${name}`
  const answers = new Map<string, Answer>()
  client.on('message', (topic, payload) => {
    answers.set(topic.slice(topic.lastIndexOf('/') + 1), JSON.parse(payload.toString()))
  })
  await client.subscribeAsync(`${below}/res/+`, { qos: 1 })
  let asked = 0
  return {
    async ask(op, more = {}) {
      const id = `q${asked++}`
      // The burst is ten, then two a second.
      if (asked > 8) await new Promise((resolve) => setTimeout(resolve, 550))
      await client.publishAsync(`${below}/req`, JSON.stringify({ v: 1, id, op, ...more }), {
        qos: 1,
      })
      return until(`the answer to ${op}`, () => answers.get(id))
    },
    close: () => client.endAsync(true),
  }
}

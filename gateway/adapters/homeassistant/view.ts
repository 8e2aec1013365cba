/**
 * Devices in Home Assistant, over the broker that the operator names for it. Everything that is shown is
 * kept here and published whenever the broker or Home Assistant comes back, so nothing is queued.
 *
 * Values are not retained: Home Assistant would take one that is hours old for a new one. A
 * device that was away sends its backlog oldest first; only values newer than the last are shown.
 */
import { connect, type MqttClient } from 'mqtt'
import { messageOf } from '../../core/failure.js'
import { homeBirthMsMin, homeReconnectMs, homeStopMsMax } from '../../core/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { HomeDevice, HomeValue, HomeView } from '../../ports/home.js'
import type { LinkEvent } from '../../ports/link.js'
import { discoveryOf, expirySec, homeTopics } from './discovery.js'

export interface HomeAssistantOptions {
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`. */
  url: string
  username?: string
  password?: string
  /** Home Assistant's discovery prefix. */
  prefix: string
  gatewayId: string
  version: string
  clock: Clock
  event(event: LinkEvent): void
}

interface Shown {
  device: HomeDevice
  /** Newest value of each metric. */
  newest: Map<string, HomeValue>
}

/** Connects, for ever, once `start` is called. */
export function openHomeAssistant(options: HomeAssistantOptions): HomeView {
  const { gatewayId, clock } = options
  const topics = homeTopics(options.prefix, gatewayId)
  const shown = new Map<string, Shown>()
  /** Taken away again on each connection: the broker may have kept what an earlier run said. */
  const removed = new Map<string, Pick<HomeDevice, 'id' | 'metrics'>>()
  const place = new URL(options.url).host
  let client: MqttClient | undefined
  let problem = 'not started'
  let birth: NodeJS.Timeout | undefined

  function say(topic: string, text: string, retain: boolean): void {
    if (client?.connected) client.publish(topic, text, { qos: retain ? 1 : 0, retain })
  }

  function announce({ device, newest }: Shown): void {
    for (const metric of device.metrics)
      say(topics.config(device.id, metric), discoveryOf(device, metric, topics, options), true)
    say(topics.availability(device.id), device.available ? 'online' : 'offline', true)
    const oldest = clock.now() / 1_000 - expirySec(device)
    for (const value of newest.values()) if (value.time >= oldest) tell(value)
  }

  function announceAll(): void {
    say(topics.gateway, 'online', true)
    for (const one of shown.values()) announce(one)
  }

  /** An empty payload takes a retained message, and with it the sensor, away. */
  function clear({ id, metrics }: Pick<HomeDevice, 'id' | 'metrics'>): void {
    for (const metric of metrics) say(topics.config(id, metric), '', true)
    say(topics.availability(id), '', true)
  }

  function tell({ device, metric, value }: HomeValue): void {
    say(topics.value(device, metric), String(value), false)
  }

  /** Several births in a row, as a restart may have them, are answered once. */
  function born(): void {
    birth ??= setTimeout(() => {
      birth = undefined
      announceAll()
    }, homeBirthMsMin)
  }

  return {
    start() {
      problem = 'connecting'
      const opened = connect(options.url, clientOptions(options, topics.gateway))
      client = opened
      opened.on('connect', () => {
        if (problem !== 'connecting') options.event(noteOf('info', `connected to ${place}`))
        problem = ''
        opened.subscribe(topics.birth, { qos: 1 })
        for (const one of removed.values()) clear(one)
        announceAll()
      })
      opened.on('message', (topic, payload) => {
        if (topic === topics.birth && payload.toString() === 'online') born()
      })
      opened.on('error', (error) => {
        problem = messageOf(error) || 'no connection'
      })
      opened.on('close', () => {
        if (problem === '') options.event(noteOf('warn', `lost ${place}`))
        problem ||= 'the connection was closed'
      })
    },
    show(device) {
      const one = { device, newest: shown.get(device.id)?.newest ?? new Map() }
      shown.set(device.id, one)
      announce(one)
    },
    remove({ id, metrics }) {
      shown.delete(id)
      removed.set(id, { id, metrics })
      clear({ id, metrics })
    },
    value(value) {
      const one = shown.get(value.device)
      const before = one?.newest.get(value.metric)
      if (one === undefined || (before !== undefined && before.time >= value.time)) return
      one.newest.set(value.metric, value)
      tell(value)
    },
    condition: () =>
      problem === '' ? [] : [`home assistant: no connection to ${place}: ${problem}`],
    async stop() {
      clearTimeout(birth)
      const open = client
      if (open === undefined) return
      say(topics.gateway, 'offline', true)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, homeStopMsMax)
        open.end(!open.connected, () => {
          clearTimeout(timer)
          resolve()
        })
      })
      problem = 'stopped'
    },
  }
}

function clientOptions({ username, password, gatewayId }: HomeAssistantOptions, status: string) {
  return {
    clientId: `fieldproof-${gatewayId}`,
    clean: true,
    reconnectPeriod: homeReconnectMs,
    queueQoSZero: false,
    resubscribe: false,
    will: { topic: status, payload: Buffer.from('offline'), qos: 1, retain: true } as const,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  }
}

function noteOf(level: 'info' | 'warn', text: string): LinkEvent {
  return { source: 'home assistant', level, text }
}

/**
 * The link to a broker that somebody else runs (`mqtt.mode: external`). Its PUBACK to a device says
 * nothing, so every message is answered on `dn/ak` (PROTOCOL 5).
 *
 * - Session: persistent under the gateway's id, so that the broker keeps readings while the gateway
 *   restarts. PUBACK goes to the broker only after the verdict: what was not judged when the gateway
 *   died comes again, and the same bytes are accepted again.
 * - The `mqtt` client handles one message at a time and acknowledges it itself, which at one group
 *   commit per message would be 50 a second. `handleMessage` therefore tells it that there is no
 *   acknowledgement yet and the PUBACK is written when the verdict is there, in order, on the
 *   connection that the message came by. `mqttExternalInFlightMax` may wait; then reading stops.
 * - Version: MQTT 5 first, which bounds packets and messages in flight at the broker; a broker that
 *   refuses it gets 3.1.1 from then on.
 * - Each connection is a fresh client: its back-off is ours, and what must not be lost is kept here.
 */
import { connect, type IPublishPacket, type MqttClient } from 'mqtt'
import { utf8 } from '../../core/bytes.js'
import { messageOf } from '../../core/failure.js'
import {
  mqttBackoffMsMax,
  mqttBackoffMsMin,
  mqttExternalInFlightMax,
  mqttOutboxMax,
} from '../../core/limits.js'
import { belowRoot, parseTopic, rootOf } from '../../core/topic.js'
import type { Clock } from '../../ports/clock.js'
import type { EnrolAnswer, Intake } from '../../ports/intake.js'
import type { DeviceLink, LinkEvent, Presence, Publisher } from '../../ports/link.js'
import type { BuyerLink, Market } from '../../ports/market.js'
import { AckQueue } from './ackQueue.js'
import {
  clientOptions,
  filtersOf,
  placeOf,
  requireBrokerAddress,
  versionAfter,
} from './externalClient.js'
import { ExternalIntake, type Message } from './externalIntake.js'

export interface ExternalBrokerOptions {
  network: string
  gatewayId: string
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`; may hold user and password. */
  url: string
  username?: string
  password?: string
  intake: Intake
  /** Answers buyers; without one no request is read. */
  market?: Market
  clock: Clock
  presence?: (presence: Presence) => void
  event?: (event: LinkEvent) => void
}

export interface ExternalBroker extends DeviceLink, Publisher, BuyerLink {
  /** Whether the broker is connected now. */
  connected(): boolean
}

/** How long stopping waits for verdicts and for the broker to take the last message, ms. */
const stopMsMax = 500
/** A link that connects, for ever, once `start` is called. */
export function openExternalBroker(options: ExternalBrokerOptions): ExternalBroker {
  return new ExternalLink(options)
}

/** One connection: the messages that came by it are acknowledged on it or not at all. */
interface Attempt {
  client: MqttClient
  acks: AckQueue
  scheduled: boolean
  /** Lets the client read on, where it was stopped because the queue was full. */
  more: (() => void) | undefined
  /** Answers that the broker has not taken yet. */
  handed: Set<(isTaken: boolean) => void>
  /** Code of what went wrong first: a CONNACK code or a system error. */
  refused: unknown
}

class ExternalLink implements ExternalBroker {
  readonly name = 'mqtt'
  readonly isWatched = false
  readonly #options: ExternalBrokerOptions
  readonly #root: string
  readonly #intake: ExternalIntake
  /** Newest payload of each retained topic: published again on every connection. */
  readonly #retained = new Map<string, Message>()
  /** What the broker has not taken yet and that nobody will ask for again. */
  readonly #outbox = new Set<Message>()
  #attempt: Attempt | undefined
  #connected = false
  #stopping = false
  #version: 4 | 5 = 5
  #backoffMs = mqttBackoffMsMin
  #timer: NodeJS.Timeout | undefined
  #problem = 'not started'

  constructor(options: ExternalBrokerOptions) {
    this.#options = options
    this.#root = rootOf(options.network)
    this.#intake = new ExternalIntake(options, {
      say: (topic, payload) => this.#say(topic, payload),
      hand: (message) => this.#hand(message),
      tell: (device, answer) => this.tell(device, answer),
      fault: (text) => this.#note('error', text),
    })
  }

  async start(): Promise<void> {
    const { url } = this.#options
    requireBrokerAddress(url)
    this.#problem = 'connecting'
    this.#connect()
  }

  connected(): boolean {
    return this.#connected
  }

  send(device: string, kind: 'cm' | 'rc', bytes: Uint8Array): boolean {
    this.publish(`d/${device}/dn/${kind}`, bytes, kind === 'cm')
    return this.#connected
  }

  wantsReceipts(): boolean {
    // Subscriptions at another broker cannot be seen, and a receipt for everybody is one too many.
    return false
  }

  tell(device: string, answer: EnrolAnswer): void {
    this.publish(`enrol/${device}/res`, JSON.stringify(answer), false)
  }

  /** Whether the broker is there: who listens behind it cannot be seen. */
  hears(): boolean {
    return this.#connected
  }

  deliver(_buyer: string, topic: string, payload: string): void {
    this.#say(topic, utf8(payload))
  }

  dismiss(): void {
    // Sessions are the broker's, and so is the end of a login there.
  }

  publish(topic: string, payload: Uint8Array | string, retain: boolean): void {
    const bytes = typeof payload === 'string' ? utf8(payload) : payload
    const message = { topic, payload: bytes, retain }
    if (retain) this.#retained.set(topic, message)
    else this.#keep(message)
    // An empty payload clears a retained topic: once is enough.
    if (retain && bytes.length === 0 && this.#connected) this.#retained.delete(topic)
    if (this.#connected) this.#transmit(message)
  }

  condition(): string[] {
    return this.#connected
      ? []
      : [`mqtt: no connection to ${placeOf(this.#options.url)}: ${this.#problem}`]
  }

  async stop(): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#timer)
    const attempt = this.#attempt
    if (attempt === undefined) return
    if (this.#connected) {
      await this.#settle(attempt)
      this.publish(`gw/${this.#options.gatewayId}/st`, '{"on":0}', true)
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => {
        attempt.client.stream.destroy()
        resolve()
      }, stopMsMax)
      attempt.client.end(!this.#connected, () => {
        clearTimeout(timer)
        resolve()
      })
    })
    this.#connected = false
    this.#problem = 'stopped'
  }

  async #settle({ acks }: Attempt): Promise<void> {
    const until = this.#options.clock.monotonic() + stopMsMax
    while (acks.count > 0 && this.#connected && this.#options.clock.monotonic() < until)
      await new Promise((resolve) => setTimeout(resolve, 5))
  }

  #connect(): void {
    const client = connect(this.#options.url, clientOptions(this.#options, this.#version))
    const attempt: Attempt = {
      client,
      acks: new AckQueue(mqttExternalInFlightMax),
      scheduled: false,
      more: undefined,
      handed: new Set(),
      refused: undefined,
    }
    this.#attempt = attempt
    client.handleMessage = (packet, callback) => this.#handle(attempt, packet, callback)
    client.on('connect', () => this.#begin(attempt))
    client.on('error', (error) => this.#failed(attempt, error))
    client.on('disconnect', ({ reasonCode }) => {
      this.#problem = `the broker ended the session (reason ${reasonCode ?? 'not given'})`
    })
    client.on('close', () => this.#closed(attempt))
  }

  #begin(attempt: Attempt): void {
    this.#connected = true
    this.#backoffMs = mqttBackoffMsMin
    this.#problem = 'the connection was lost'
    this.#note(
      'info',
      `connected to ${placeOf(this.#options.url)} with MQTT ${this.#version === 5 ? 5 : '3.1.1'}`,
    )
    attempt.client.subscribe(
      filtersOf(this.#root, this.#options.market !== undefined),
      (error, granted) => {
        const refused = granted?.filter(({ qos }) => qos > 1).map(({ topic }) => topic) ?? []
        if (error === null && refused.length === 0) return
        const what = refused.length > 0 ? refused.join(', ') : messageOf(error)
        this.#problem = `the broker does not let ${this.#options.gatewayId} subscribe: ${what}`
        attempt.client.end(true)
      },
    )
    for (const message of this.#retained.values()) this.#transmit(message)
    for (const message of this.#outbox) this.#transmit(message)
  }

  #failed(attempt: Attempt, error: Error): void {
    const { code } = error as Error & { code?: unknown }
    this.#problem = messageOf(error) || String(code)
    attempt.refused ??= code
    // After some errors, a packet that cannot be read among them, the client leaves the stream open.
    attempt.client.stream.destroy()
  }

  #closed(attempt: Attempt): void {
    if (this.#attempt !== attempt) return
    this.#attempt = undefined
    attempt.client.end(true)
    for (const done of attempt.handed) done(false)
    const wasConnected = this.#connected
    this.#connected = false
    if (this.#stopping) return
    if (wasConnected) this.#note('warn', `lost ${placeOf(this.#options.url)}: ${this.#problem}`)
    else this.#version = versionAfter(attempt.refused, this.#version)
    this.#timer = setTimeout(() => this.#connect(), this.#backoffMs)
    this.#backoffMs = Math.min(2 * this.#backoffMs, mqttBackoffMsMax)
  }

  /** Takes one message of the broker; `callback(error)` means: read on, no acknowledgement now. */
  #handle(attempt: Attempt, packet: IPublishPacket, callback: (error?: Error) => void): void {
    const slot = attempt.acks.take(packet.qos > 0 ? (packet.messageId ?? 0) : 0)
    const finish = () => {
      if (attempt.acks.finish(slot)) this.#scheduleAcks(attempt)
    }
    const below = belowRoot(this.#options.network, packet.topic)
    const topic = below === undefined ? undefined : parseTopic(below)
    if (topic === undefined) finish()
    else this.#intake.take(topic, packet, finish)
    const readOn = () => callback(notYet)
    if (attempt.acks.full) attempt.more = readOn
    else readOn()
  }

  /** Resolves once the broker has taken it, false where it is away: the buyer asks again. */
  #hand(message: Message): Promise<boolean> {
    const attempt = this.#attempt
    if (attempt === undefined || !this.#connected) return Promise.resolve(false)
    return new Promise((resolve) => {
      const done = (isTaken: boolean): void => {
        attempt.handed.delete(done)
        resolve(isTaken)
      }
      attempt.handed.add(done)
      this.#transmit(message, done)
    })
  }

  /** Sends an answer that the device asks for again if it is lost: not kept. */
  #say(topic: string, payload: Uint8Array): void {
    if (this.#connected) this.#transmit({ topic, payload, retain: false })
  }

  #keep(message: Message): void {
    this.#outbox.add(message)
    if (this.#outbox.size <= mqttOutboxMax) return
    const [oldest] = this.#outbox
    this.#outbox.delete(oldest!)
    this.#note('warn', `the broker takes nothing: a message on ${oldest!.topic} was given up`)
  }

  #transmit(message: Message, done?: (isTaken: boolean) => void): void {
    const { topic, payload, retain, correlationData } = message
    const properties = correlationData === undefined ? {} : { properties: { correlationData } }
    this.#attempt?.client.publish(
      this.#root + topic,
      payload as Buffer,
      { qos: 1, retain, ...properties },
      (error) => {
        if (!error) this.#outbox.delete(message)
        done?.(!error)
      },
    )
  }

  #scheduleAcks(attempt: Attempt): void {
    if (attempt.scheduled) return
    attempt.scheduled = true
    queueMicrotask(() => {
      attempt.scheduled = false
      if (this.#attempt !== attempt || !this.#connected) return
      const due = attempt.acks.due()
      // The same four bytes in MQTT 3.1.1 and 5 (section 3.4.2.1: reason code 0 may be left out).
      if (due.length > 0) attempt.client.stream.write(due)
      const { more } = attempt
      attempt.more = undefined
      more?.()
    })
  }

  #note(level: LinkEvent['level'], text: string): void {
    this.#options.event?.({ source: 'mqtt', level, text })
  }
}

const notYet = new Error('acknowledged after the verdict')

/**
 * The embedded broker: aedes for sessions, subscriptions and the gateway's own topics; every
 * publication of a client is taken out of the stream before it (connection.ts, session.ts).
 *
 * Verdicts could also be given inside aedes' `authorizePublish`. Taking readings out before it costs a
 * fifth of the processor time per message (test/bench/mqtt.ts), sends PUBACK in order, bounds what is
 * in flight, and makes it impossible to route a raw reading to anybody. The hooks stay as a second
 * lock: `authorizePublish` refuses everything, `authorizeForward` repeats the ACL.
 *
 * What it decides where MQTT 3.1.1 leaves a choice:
 * - Sessions are always clean: CONNACK says "no session present". Nothing that a device is owed hangs
 *   on a session (an unacknowledged reading is sent again, `cm` is retained, a `tm` is stale), and no
 *   client can grow a queue in memory by staying away.
 * - CONNECT: client id unlike user name: code 2; login or Will refused: code 5, whatever the reason. A
 *   candidate's Will on its own `st` is dropped, not refused: a board cannot know yet that it is one.
 * - SUBSCRIBE: 0x80 for each filter that is not granted; the rest of the packet stands.
 * - PUBLISH that is not allowed, QoS 2, retained readings: the connection ends (session.ts says why).
 * - Downlinks go straight to the one session they are for, if it is subscribed. So do answers to
 *   buyers, and live rows: each was charged before, and is handed to the one who paid. So is
 *   what a broker retains: a SUBSCRIBE to a live topic brings the newest row, which costs its price.
 */
import type { Server as HttpServer } from 'node:http'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import { utf8 } from '../../core/bytes.js'
import { messageOf } from '../../core/failure.js'
import { mqttConnectMsMax, mqttDrainMsMax } from '../../core/limits.js'
import { rootOf } from '../../core/topic.js'
import type { Clock } from '../../ports/clock.js'
import type { EnrolAnswer, Intake } from '../../ports/intake.js'
import type { DeviceLink, LinkEvent, Presence, Publisher } from '../../ports/link.js'
import type { BuyerLink, Market } from '../../ports/market.js'
import type { WalletLogin } from '../../ports/wallet.js'
import { BuyerSessions } from './buyerSessions.js'
import { Connection } from './connection.js'
import { Door, type Ticket } from './door.js'
import { connectionOf, hooksOf } from './hooks.js'
import {
  type Listening,
  listen,
  stopListening,
  type TlsOptions,
  tcpServer,
  tlsServer,
  webSocketOn,
  webSocketServer,
} from './listeners.js'
import { PresenceTable } from './presence.js'
import type { Session, SessionContext } from './session.js'

export interface EmbeddedBrokerOptions {
  network: string
  gatewayId: string
  host: string
  /** 0: any free port. */
  port: number
  /** Takes the next free port where one is taken. */
  portSearch?: boolean
  tls?: TlsOptions
  /** A port of its own for MQTT over WebSocket; `attachWebSocket` shares the HTTP server's. */
  webSocket?: { host?: string; port: number }
  intake: Intake
  /** Answers buyers; without one no buyer is served. */
  market?: Market
  /** Lets buyers in by their wallets. */
  wallets?: WalletLogin
  clock: Clock
  presence?: (presence: Presence) => void
  event?: (event: LinkEvent) => void
  /** Lower limits, for tests. */
  limits?: { connectionsMax?: number; perAddressMax?: number }
}

export interface EmbeddedBroker extends DeviceLink, Publisher, BuyerLink {
  /** Serves MQTT over WebSocket at `/mqtt` of that server too. */
  attachWebSocket(server: HttpServer): void
  /** Real addresses, once started; TCP first. */
  listeners(): readonly Listening[]
  /** Open connections. */
  connections(): number
}

/** How long stopping waits for verdicts of messages in flight, and then for peers to hang up, ms. */
const verdictsMsMax = 500
const farewellMsMax = 250
const sweepMs = 1_000

/** A broker that listens once `start` is called. `start` throws a `Failure` where it cannot. */
export function openEmbeddedBroker(options: EmbeddedBrokerOptions): EmbeddedBroker {
  return new Broker(options)
}

class Broker implements EmbeddedBroker {
  readonly name = 'mqtt'
  readonly isWatched = true
  readonly #options: EmbeddedBrokerOptions
  readonly #root: string
  readonly #context: SessionContext
  readonly #door: Door
  readonly #aedes: Aedes
  readonly #connections = new Set<Connection>()
  /** Of devices and candidates: one each. */
  readonly #sessions = new Map<string, Session>()
  readonly #buyers: BuyerSessions
  /** Newest configuration per device: `dn/cm` is retained, for one reader each. */
  readonly #configurations = new Map<string, Uint8Array>()
  /** Retained topics said before the broker could keep them. */
  readonly #early = new Map<string, Uint8Array>()
  readonly #servers: (Server | HttpServer)[] = []
  #listening: Listening[] = []
  #started = false
  #stopping = false
  #sweeper: NodeJS.Timeout | undefined

  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options
    this.#root = rootOf(options.network)
    const presence = new PresenceTable((change) => options.presence?.(change))
    const { network, intake, market, wallets } = options
    const handTo: SessionContext['handTo'] = (...to) => this.#buyers.hand(...to)
    this.#context = { network, intake, presence, market, wallets, handTo }
    this.#buyers = new BuyerSessions((buyer) => market?.left(buyer))
    this.#door = new Door(options.limits)
    this.#aedes = new Aedes({
      id: options.gatewayId,
      // 0: no limit, so that a subscriber that takes nothing does not hold up the others.
      concurrency: 0,
      drainTimeout: mqttDrainMsMax,
      connectTimeout: mqttConnectMsMax,
      queueLimit: 1,
      maxTopicLevels: 8,
      ...hooksOf({
        ...this.#context,
        admit: (connection, session) => this.#admit(connection, session),
      }),
    })
    this.#listenToAedes()
  }

  async start(): Promise<void> {
    const { host, port, portSearch = false, tls, webSocket } = this.#options
    await this.#aedes.listen()
    this.#started = true
    for (const [topic, payload] of this.#early) this.publish(topic, payload, true)
    this.#early.clear()
    const accept = (stream: Duplex, ticket: Ticket) => this.#accept(stream, ticket)
    const refuse = (reason: string) => this.#options.intake.refused('mqtt', reason)
    try {
      const tcp = tcpServer(this.#door, accept, refuse)
      await this.#listen(tcp, 'mqtt', host, port, portSearch)
      if (tls !== undefined) {
        const server = tlsServer(tls, this.#door, accept, refuse)
        await this.#listen(server, 'mqtts', tls.host ?? host, tls.port, portSearch)
      }
      if (webSocket !== undefined) {
        const server = webSocketServer(this.#door, accept, refuse)
        await this.#listen(server, 'ws', webSocket.host ?? host, webSocket.port, portSearch)
      }
    } catch (error) {
      await this.stop()
      throw error
    }
    this.#sweeper = setInterval(() => this.#sweep(), sweepMs)
  }

  attachWebSocket(server: HttpServer): void {
    webSocketOn(
      server,
      this.#door,
      (stream, ticket) => this.#accept(stream, ticket),
      (reason) => this.#options.intake.refused('mqtt', reason),
    )
  }

  listeners(): readonly Listening[] {
    return this.#listening
  }

  connections(): number {
    return this.#connections.size
  }

  send(device: string, kind: 'cm' | 'rc', bytes: Uint8Array): boolean {
    if (kind === 'cm') this.#configurations.set(device, bytes)
    return this.#sessions.get(device)?.deliver(kind, bytes) ?? false
  }

  wantsReceipts(device: string): boolean {
    return this.#sessions.get(device)?.hears('rc') ?? false
  }

  tell(device: string, answer: EnrolAnswer): void {
    this.#sessions.get(device)?.tell(answer)
  }

  hears(buyer: string, topic: string): boolean {
    return this.#buyers.hears(buyer, topic)
  }

  deliver(buyer: string, topic: string, payload: string): void {
    this.#buyers.hand(buyer, topic, utf8(payload))
  }

  dismiss(buyer: string): void {
    this.#buyers.dismiss(buyer)
  }

  publish(topic: string, payload: Uint8Array | string, retain: boolean): void {
    // Rows go to those who paid for them, one by one (`deliver`); nobody else may read them here.
    if (topic.startsWith('live/')) return
    const bytes = typeof payload === 'string' ? utf8(payload) : payload
    if (!this.#started) {
      if (retain) this.#early.set(topic, bytes)
      return
    }
    // The last checkpoint is signed after the links have stopped: there is nobody left to tell.
    if (this.#aedes.closed) return
    this.#aedes.publish(
      {
        cmd: 'publish',
        topic: this.#root + topic,
        payload: Buffer.from(bytes),
        qos: 1,
        retain,
        dup: false,
      },
      (error) => {
        if (error) this.#note('error', `publishing ${topic}: ${messageOf(error)}`)
      },
    )
  }

  condition(): string[] {
    if (this.#listening.length === 0) return ['mqtt: the broker does not listen']
    return this.#door.full ? ['mqtt: every connection is taken; new ones are refused'] : []
  }

  async stop(): Promise<void> {
    if (this.#stopping) return
    this.#stopping = true
    this.#listening = []
    const closed = this.#servers.map(stopListening)
    for (const connection of this.#connections) connection.quiesce()
    if (this.#started) {
      this.publish(`gw/${this.#options.gatewayId}/st`, '{"on":0}', true)
      // Fewer messages come twice when verdicts that are under way are waited for.
      await this.#wait(verdictsMsMax, () =>
        [...this.#sessions.values(), ...this.#buyers.all()].every(({ acks }) => acks.count === 0),
      )
    }
    for (const connection of this.#connections) connection.finish()
    await this.#wait(farewellMsMax, () => this.#connections.size === 0)
    for (const connection of this.#connections) connection.destroy()
    clearInterval(this.#sweeper)
    if (this.#started) await new Promise<void>((resolve) => this.#aedes.close(() => resolve()))
    await Promise.all(closed)
  }

  async #wait(msMax: number, over: () => boolean): Promise<void> {
    const until = this.#options.clock.monotonic() + msMax
    do await new Promise((resolve) => setTimeout(resolve, 5))
    while (!over() && this.#options.clock.monotonic() < until)
  }

  #accept(stream: Duplex, ticket: Ticket): void {
    if (this.#stopping || !this.#started) {
      ticket.leave()
      stream.on('error', () => stream.destroy())
      stream.destroy()
      return
    }
    const connection: Connection = new Connection(
      stream,
      {
        refused: (reason, name) => this.#options.intake.refused('mqtt', reason, name),
        loggedIn: () => ticket.loggedIn(),
        closed: () => {
          ticket.leave()
          this.#connections.delete(connection)
          const session = connection.pending
          if (session?.principal.role === 'buyer') this.#buyers.remove(session)
          else if (session !== undefined && this.#sessions.get(session.principal.name) === session)
            this.#sessions.delete(session.principal.name)
        },
      },
      this.#options.clock.monotonic(),
    )
    this.#connections.add(connection)
    // The types of aedes were not written for exactOptionalPropertyTypes.
    this.#aedes.handle(connection as Duplex)
  }

  #admit(connection: Connection, session: Session): void {
    const { name } = session.principal
    // From here on, not from CONNACK: a change of state in between must find the session.
    connection.pending = session
    if (session.principal.role === 'buyer') {
      this.#buyers.add(session)
      return
    }
    this.#sessions.get(name)?.displace()
    this.#sessions.set(name, session)
  }

  #listenToAedes(): void {
    const aedes = this.#aedes
    aedes.on('clientReady', (client) => this.#begin(connectionOf(client)))
    aedes.on('subscribe', (subscriptions, client) => {
      const connection = connectionOf(client)
      const { session } = connection
      if (session === undefined) return
      const reached = session.subscribed()
      if (reached.includes('cm')) this.#sendConfiguration(session)
      connection.settled()
      if (reached.includes('auth')) session.challenge()
      session.showNewest(subscriptions.map(({ topic }) => topic))
    })
    aedes.on('unsubscribe', (topics, client) => {
      const connection = connectionOf(client)
      connection.session?.unsubscribed(topics)
      connection.settled()
    })
    ;(aedes as NodeJS.EventEmitter).on('error', (error: unknown) =>
      this.#note('error', messageOf(error)),
    )
  }

  #begin(connection: Connection): void {
    const session = connection.pending
    if (session === undefined || connection.destroyed) return
    const { role, name } = session.principal
    if (role === 'device') this.#context.presence.connection(name, true)
    connection.begin(session)
  }

  #sendConfiguration(session: Session): void {
    const bytes = this.#configurations.get(session.principal.name)
    if (bytes !== undefined) setImmediate(() => session.deliver('cm', bytes, true))
  }

  async #listen(
    server: Server | HttpServer,
    name: string,
    host: string,
    port: number,
    search: boolean,
  ): Promise<void> {
    this.#servers.push(server)
    const listening = await listen(server, name, host, port, search)
    server.on('error', (error) => this.#note('error', `${name}: ${messageOf(error)}`))
    this.#listening.push(listening)
    if (listening.port !== port && port !== 0)
      this.#note('warn', `port ${port} is taken: ${name} listens on ${listening.port}`)
  }

  #sweep(): void {
    const nowMs = this.#options.clock.monotonic()
    for (const connection of this.#connections) connection.sweep(nowMs)
  }

  #note(level: LinkEvent['level'], text: string): void {
    this.#options.event?.({ source: 'mqtt', level, text })
  }
}

import { utf8 } from '../../core/bytes.js'
import {
  buyerPacketBytesMax,
  devicePacketBytesMax,
  inFlightMax,
  mqttFiltersMax,
  mqttInFlightOtherMax,
} from '../../core/limits.js'
import { belowRoot, matches, mayRead, maySubscribe, rootOf, type Topic } from '../../core/topic.js'
import type { Verdict } from '../../core/verdict.js'
import type { Answer, EnrolAnswer, Intake, Principal, SignedKind } from '../../ports/intake.js'
import type { Market } from '../../ports/market.js'
import type { WalletLogin } from '../../ports/wallet.js'
import { AckQueue } from './ackQueue.js'
import { acknowledgement } from './answer.js'
import { Guest } from './guest.js'
import type { PresenceTable } from './presence.js'
import {
  type Downlink,
  type DownlinkName,
  downlinksOf,
  equals,
  type Route,
  routesOf,
} from './sessionTopics.js'
import { encodePublish, type PublishRange } from './wire.js'

/** What a session needs of its connection. */
export interface Wire {
  /** Sends bytes that are whole packets. */
  send(bytes: Buffer): void
  /** Acknowledgements became due: ask `session.acks` for them at the end of this turn. */
  scheduleAcks(): void
  /** Ends the connection at once; counted by the reason. */
  cut(reason: string): void
  /** Sends what is due, then ends the connection. */
  finish(): void
  /** Ends the connection at once; not counted. */
  destroy(): unknown
  /** Resolves once little waits for the peer; false where the connection has ended. */
  room(): Promise<boolean>
}

export interface SessionContext {
  network: string
  intake: Intake
  presence: PresenceTable
  /** Who answers buyers; without one a request ends the connection. */
  market?: Market | undefined
  /** Lets buyers in by their wallets; without it there are no guests. */
  wallets?: WalletLogin | undefined
  /** Hands a message to every session of a buyer that is subscribed to it. */
  handTo(buyer: string, below: string, payload: Uint8Array): void
}

/**
 * One session after login: what its publications mean, what it may read, what is in flight.
 *
 * All that a client of this broker can publish is for the gateway alone (PROTOCOL 5: readings, `st`,
 * requests), so nothing it publishes is ever routed: it is taken here. A topic is allowed if it
 * equals, byte for byte, one of the few that `mayPublish` grants this identity. That leaves wildcards,
 * NUL, bad UTF-8 and other people's topics no case of their own.
 *
 * MQTT 3.1.1 knows no refusal of a PUBLISH: [MQTT-3.3.5-2] leaves a positive acknowledgement or the
 * end of the connection. Here PUBACK means judged and on disk, so it would tell a board that readings
 * sent to a misspelt topic are safe: the connection ends. So do QoS 2 (PROTOCOL 5 has none) and a
 * retained reading. A QoS 0 reading is judged like any other; it has no PUBACK, only `dn/ak`.
 */
export class Session {
  readonly principal: Principal
  readonly clientId: string
  readonly acks: AckQueue
  readonly bodyBytesMax: number
  /** A clean DISCONNECT came: no Will. */
  left = false
  will: Uint8Array | undefined
  readonly #context: SessionContext
  readonly #wire: Wire
  readonly #routes: Route[]
  readonly #filters = new Map<string, number>()
  readonly #downlinks: Record<DownlinkName, Downlink>
  #nextId = 1
  #displaced = false
  #ended = false
  readonly #guest: Guest | undefined

  constructor(principal: Principal, wire: Wire, context: SessionContext, clientId: string) {
    this.principal = principal
    this.clientId = clientId
    this.#wire = wire
    this.#context = context
    this.acks = new AckQueue(principal.role === 'device' ? inFlightMax : mqttInFlightOtherMax)
    this.bodyBytesMax = principal.role === 'buyer' ? buyerPacketBytesMax : devicePacketBytesMax
    this.#routes = routesOf(principal, context.network)
    this.#downlinks = downlinksOf(principal.name, context.network)
    const { wallets, intake } = context
    if (principal.role === 'guest' && wallets !== undefined)
      this.#guest = new Guest(principal, wallets, intake, {
        tell: (text) => void this.deliver('auth', utf8(text)),
        finish: () => wire.finish(),
        cut: (reason) => wire.cut(reason),
      })
  }

  /** Takes one PUBLISH; returns the reason why the connection must end, if there is one. */
  publish(buffer: Buffer, range: PublishRange, end: number): string | undefined {
    const route = this.#route(buffer, range.topicStart, range.topicEnd)
    if (range.qos > 1) return 'qos'
    if (route === undefined) return 'topic'
    if (range.retain && route.meaning.kind !== 'status') return 'retain'
    // A copy of its own: a view would keep the whole socket chunk alive while it waits for judgement.
    const payload = Buffer.from(buffer.subarray(range.payloadStart, end))
    return this.#take(route.meaning, payload, this.acks.take(range.id))
  }

  /**
   * Whether a subscription is granted; if so its place is taken. `topic` is the filter as sent, root
   * included. No topic of the protocol has anything but visible ASCII: aedes would let bad UTF-8 pass.
   */
  grants(topic: string, qos: number): boolean {
    const filter = belowRoot(this.#context.network, topic)
    if (filter === undefined || !/^[!-~]+$/.test(filter)) return false
    if (!maySubscribe(this.principal, filter) && !this.#isGranted(filter)) return false
    if (!this.#filters.has(filter) && this.#filters.size >= mqttFiltersMax) return false
    this.#filters.set(filter, qos)
    return true
  }

  /** Whether a message on this topic may be handed to the session: repeats the ACL per message. */
  reads(topic: string): boolean {
    const below = belowRoot(this.#context.network, topic)
    return below !== undefined && mayRead(this.principal, below)
  }

  /** Granted filters are in force; returns the downlinks that they newly reach. */
  subscribed(): DownlinkName[] {
    const before = this.#reached()
    this.#match()
    return this.#reached().filter((name) => !before.includes(name))
  }

  unsubscribed(topics: readonly string[]): void {
    for (const topic of topics) {
      const filter = belowRoot(this.#context.network, topic)
      if (filter !== undefined) this.#filters.delete(filter)
    }
    this.#match()
  }

  /** Whether the session is subscribed to that downlink. */
  hears(name: DownlinkName): boolean {
    return this.#downlinks[name].qos >= 0
  }

  /** Sends a downlink if the session is subscribed to it; says whether it was. */
  deliver(name: DownlinkName, payload: Uint8Array, retain = false): boolean {
    const { topic, qos } = this.#downlinks[name]
    if (qos < 0 || this.#ended) return false
    this.#wire.send(encodePublish(topic, payload, Math.min(qos, 1), retain, this.#takeId()))
    return true
  }

  /** Whether a message on that topic below the root would reach the session. */
  reaches(below: string): boolean {
    return !this.#ended && this.#qosOf(below) >= 0
  }

  /** Live topics of a SUBSCRIBE: the newest row of each comes with the grant, retained. */
  showNewest(topics: readonly string[]): void {
    const { market } = this.#context
    for (const topic of topics) {
      const below = belowRoot(this.#context.network, topic)
      if (market === undefined || below === undefined || !this.#isGranted(below)) continue
      market.newest(this.principal.name, below).then(
        (text) => {
          if (text !== undefined) this.hand(below, utf8(text), true)
        },
        () => this.#wire.cut('request'),
      )
    }
  }

  /** Hands a buyer what is its own: an answer, or a row that was paid for. */
  hand(below: string, payload: Uint8Array, retain = false): void {
    const qos = this.#qosOf(below)
    if (qos < 0 || this.#ended) return
    const topic = Buffer.from(rootOf(this.#context.network) + below)
    this.#wire.send(encodePublish(topic, payload, Math.min(qos, 1), retain, this.#takeId()))
  }

  /** The buyer was removed. */
  dismiss(): void {
    this.#wire.finish()
  }

  /** Tells a state, and ends the session where its role is another one now (PROTOCOL 2.3). */
  tell(answer: EnrolAnswer): void {
    this.deliver('res', utf8(JSON.stringify(answer)))
    const role =
      answer.state === 'active'
        ? 'device'
        : answer.state === 'pending' || answer.state === 'refused'
          ? 'candidate'
          : undefined
    if (role !== this.principal.role) this.#wire.finish()
  }

  /** A newer session of the same identity takes over: the end of this one says nothing of the device. */
  displace(): void {
    this.#displaced = true
    this.#wire.destroy()
  }

  /** The connection is gone. */
  end(): void {
    this.#ended = true
    this.#guest?.end()
    if (this.#displaced || this.principal.role !== 'device') return
    if (!this.left && this.will !== undefined)
      this.#context.presence.said(this.principal.name, this.will)
    this.#context.presence.connection(this.principal.name, false)
  }

  #route(buffer: Buffer, from: number, to: number): Route | undefined {
    for (const route of this.#routes) if (equals(route.topic, buffer, from, to)) return route
    return undefined
  }

  #take(meaning: Topic, payload: Buffer, slot: number): string | undefined {
    const { intake, presence } = this.#context
    const { name } = this.principal
    switch (meaning.kind) {
      case 'up':
        if (meaning.what === 'tq') this.#answerTime(payload, slot)
        else this.#submit(meaning.what, payload, slot)
        return undefined
      case 'status':
        if (!presence.said(name, payload)) intake.refused('mqtt', 'presence', name)
        this.#finish(slot)
        return undefined
      case 'enrol':
        this.#enrol(payload, slot)
        return undefined
      case 'auth':
        return this.#guest?.sign(payload, () => this.#finish(slot)) ? undefined : 'guest'
      default:
        if (this.#context.market === undefined) return 'request'
        this.#request(this.#context.market, payload, slot)
        return undefined
    }
  }

  /** PUBACK follows the answer: what was not answered when the gateway died is sent again. */
  #request(market: Market, payload: Buffer, slot: number): void {
    const { name } = this.principal
    const send = async (id: string, answer: string): Promise<boolean> => {
      this.#context.handTo(name, `b/${name}/res/${id}`, utf8(answer))
      return this.#wire.room()
    }
    market.request(name, payload, { send }).then(
      () => {
        if (!this.#ended) this.#finish(slot)
      },
      () => this.#wire.cut('request'),
    )
  }

  /** A guest listens now. */
  challenge(): void {
    this.#guest?.challenge()
  }

  /** A live topic, for as long as the market grants it. A wildcard would match others: never. */
  #isGranted(filter: string): boolean {
    const { role, name } = this.principal
    return role === 'buyer' && this.#context.market?.grants(name, filter) === true
  }

  #qosOf(below: string): number {
    let best = -1
    for (const [filter, qos] of this.#filters) if (qos > best && matches(filter, below)) best = qos
    return best
  }

  #takeId(): number {
    this.#nextId = this.#nextId === 65_535 ? 1 : this.#nextId + 1
    return this.#nextId
  }

  #enrol(payload: Buffer, slot: number): void {
    const { name } = this.principal
    this.#context.intake.enrol(payload, { transport: 'mqtt', claimed: name }).then(
      (answer) => {
        if (this.#ended) return
        this.#finish(slot)
        this.tell(answer)
      },
      // Not judged, so not acknowledged: the candidate sends it again.
      () => this.#wire.cut('enrol'),
    )
  }

  #answerTime(nonce: Buffer, slot: number): void {
    const answer = this.#context.intake.time(this.principal.name, nonce)
    if (answer === undefined) this.#context.intake.refused('mqtt', 'time', this.principal.name)
    else this.deliver('tm', answer)
    this.#finish(slot)
  }

  #submit(kind: SignedKind, bytes: Buffer, slot: number): void {
    this.#context.intake.submit({
      kind,
      bytes,
      transport: 'mqtt',
      claimed: this.principal.name,
      done: (verdict, answer) => this.#judged(slot, verdict, answer),
    })
  }

  #judged(slot: number, verdict: Verdict, answer: Answer): void {
    if (this.#ended) return
    if (this.#downlinks.ak.qos >= 0) this.deliver('ak', acknowledgement(answer.seq, verdict))
    // PROTOCOL 2.2: nothing was judged, so no PUBACK; the device sends it again when it is back.
    if (verdict === 'overloaded') this.#wire.finish()
    else this.#finish(slot)
  }

  #finish(slot: number): void {
    if (this.acks.finish(slot)) this.#wire.scheduleAcks()
  }

  #match(): void {
    for (const downlink of Object.values(this.#downlinks)) {
      downlink.qos = -1
      for (const [filter, qos] of this.#filters)
        if (qos > downlink.qos && matches(filter, downlink.below)) downlink.qos = qos
    }
  }

  #reached(): DownlinkName[] {
    return (Object.keys(this.#downlinks) as DownlinkName[]).filter((name) => this.hears(name))
  }
}

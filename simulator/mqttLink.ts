/**
 * A device over MQTT (PROTOCOL 5): logs in with a connect token, enrols where it is not known yet,
 * and publishes its readings until they are acknowledged. Clean sessions: what matters is kept in
 * the outbox, not in the broker.
 */
import { rootOf } from '../gateway/core/topic.js'
import { parseState, parseVerdict } from './answers.js'
import type { VirtualDevice } from './device.js'
import { obey, receiptOf } from './downlinks.js'
import { answerMsMax, reconnectMsMax, reconnectMsMin } from './limits.js'
import { type AckMode, backoffMs, type Link, type LinkHost, pause } from './link.js'
import { connectMqtt, type MqttSession } from './mqttSession.js'

export interface MqttLinkOptions {
  url: string
  acks: AckMode
  inFlight: number
  /** Asks for receipts (PROTOCOL 2.4) and checks them. */
  receipts: boolean
}

/** How a session came to its end, for the pause before the next one. */
type End = 'role-changed' | 'lost'

/**
 * What the gateway takes the device for, as far as the device knows. It begins as a candidate, for
 * a candidate may not leave a Will at `st`; the filters that the broker grants tell the truth. An
 * external broker may grant any, but there the answer to an enrolment does.
 */
type Role = 'candidate' | 'device'

/** Changes of role in a row before it pauses: a broker that grants nothing would never end them. */
const roleChangesMax = 2

/** Time in which a gateway ends the session of a device that it has just approved. */
const handoverMs = 2_000
const goodbyeMs = 2_000

export class MqttLink implements Link {
  readonly kind = 'mqtt'
  readonly device: VirtualDevice
  private readonly options: MqttLinkOptions
  private readonly host: LinkHost
  private readonly root: string
  private readonly stopping = new AbortController()
  private session: MqttSession | undefined
  private role: Role = 'candidate'
  private isReady = false
  /** When the last answer came, or the first message went out after none was due. */
  private progressAt = 0
  private attempt = 0
  private running: Promise<void> | undefined

  constructor(device: VirtualDevice, options: MqttLinkOptions, host: LinkHost) {
    this.device = device
    this.options = options
    this.host = host
    this.root = rootOf(device.profile.network)
  }

  /** What the operator says of this device, so that it need not try. */
  assume(role: 'candidate' | 'device'): void {
    this.role = role
  }

  ready(): boolean {
    return this.isReady
  }

  start(): void {
    this.running ??= this.run()
  }

  pump(): void {
    const { outbox } = this.device
    const { session } = this
    while (this.isReady && session?.open && outbox.inFlight < this.options.inFlight) {
      const item = outbox.next()
      if (item === undefined) return
      if (outbox.inFlight === 1) this.progressAt = this.host.now()
      session.publish(this.own('up/rd'), item.bytes, false, (acknowledged) => {
        if (!acknowledged || this.options.acks === 'ak') return
        this.progressAt = this.host.now()
        outbox.puback(item)
        this.pump()
      })
    }
  }

  /** No answer for so long: the connection is worth nothing, and all is sent again on a new one. */
  tick(): void {
    const waited = this.host.now() - this.progressAt
    if (this.isReady && this.device.outbox.inFlight > 0 && waited > answerMsMax) this.drop()
  }

  drop(): void {
    this.session?.cut()
  }

  /** Over MQTT there is no line to disturb, and the gateway says itself when it has approved. */
  disturb(): void {}
  approved(): void {}

  async stop(): Promise<void> {
    this.stopping.abort()
    const { session } = this
    if (session === undefined) return
    if (this.isReady) this.publishPresence(session, 0)
    this.isReady = false
    session.end()
    const timer = setTimeout(() => session.cut(), goodbyeMs)
    await session.closed
    clearTimeout(timer)
    await this.running
  }

  private own(below: string): string {
    return `${this.root}d/${this.device.id}/${below}`
  }

  private enrol(below: 'req' | 'res'): string {
    return `${this.root}enrol/${this.device.id}/${below}`
  }

  private publishPresence(session: MqttSession, on: 0 | 1): void {
    session.publish(this.own('st'), this.device.presence(on), true, () => {})
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    let changes = 0
    for (let end: End = 'lost'; !signal.aborted; ) {
      end = await this.live(end)
      this.isReady = false
      this.session = undefined
      this.device.outbox.rewind()
      changes = end === 'role-changed' ? changes + 1 : 0
      if (end === 'role-changed' && changes <= roleChangesMax) continue
      const wait = backoffMs(this.attempt++, reconnectMsMin, reconnectMsMax, this.host.random)
      await pause(wait, signal)
    }
  }

  /** One connection from CONNECT to its end. */
  private async live(before: End): Promise<End> {
    // A candidate connects when it is its turn to enrol: one that only waits would take a place.
    const leave = this.role === 'candidate' ? await this.host.enrolling.enter() : () => {}
    try {
      // Who has just been approved goes before those who have not begun.
      const session = await this.connect(before !== 'role-changed')
      if (session === undefined) return 'lost'
      this.session = session
      session.onMessage((topic, payload) => this.take(topic, payload))
      return this.role === 'device'
        ? await this.liveAsDevice(session)
        : await this.liveAsCandidate(session)
    } finally {
      leave()
    }
  }

  private async connect(inTurn: boolean): Promise<MqttSession | undefined> {
    const leave = inTurn ? await this.host.connecting.enter() : () => {}
    try {
      return await this.logIn()
    } finally {
      leave()
    }
  }

  private async logIn(): Promise<MqttSession | undefined> {
    const { device, host } = this
    if (this.stopping.signal.aborted) return undefined
    const outcome = await connectMqtt({
      url: this.options.url,
      name: device.id,
      password: device.connectToken(host.now()),
      will:
        this.role === 'device' ? { topic: this.own('st'), payload: device.presence(0) } : undefined,
      timeoutMs: answerMsMax,
    })
    if ('session' in outcome) {
      if (!this.stopping.signal.aborted) return outcome.session
      outcome.session.cut()
      return undefined
    }
    if (outcome.failed === 'refused') {
      // Refused with a Will: perhaps unknown here, so the next login is a candidate's. Refused
      // without one: the gateway wants no unknown device, or not this one.
      if (this.role === 'candidate') host.onState(device, 'unwanted', outcome.detail)
      this.role = 'candidate'
    }
    return undefined
  }

  private async liveAsDevice(session: MqttSession): Promise<End> {
    const granted = await session.subscribe([this.own('dn/ak')])
    if (granted.length === 0) return this.changeRole(session, 'candidate')
    const more = ['dn/cm', ...(this.options.receipts ? ['dn/rc'] : [])]
    await session.subscribe(more.map((below) => this.own(below)))
    if (!session.open) return 'lost'
    this.publishPresence(session, 1)
    this.attempt = 0
    this.isReady = true
    this.progressAt = this.host.now()
    this.host.onReady(this.device)
    this.pump()
    await session.closed
    return 'lost'
  }

  private async liveAsCandidate(session: MqttSession): Promise<End> {
    const granted = await session.subscribe([this.enrol('res')])
    if (granted.length === 0) return this.changeRole(session, 'device')
    const proof = this.device.enrolment(new Uint8Array(0))
    session.publish(this.enrol('req'), proof, false, () => {})
    await session.closed
    return this.hasRole('device') ? 'role-changed' : 'lost'
  }

  /** The broker refused what this role may read: logs in again as the other one. */
  private async changeRole(session: MqttSession, role: Role): Promise<End> {
    if (!session.open) return 'lost'
    this.role = role
    session.end()
    await session.closed
    return 'role-changed'
  }

  /** As of now: messages change the role while a session is awaited. */
  private hasRole(role: Role): boolean {
    return this.role === role
  }

  private take(topic: string, payload: Uint8Array): void {
    if (topic === this.own('dn/ak')) this.takeVerdict(payload)
    else if (topic === this.own('dn/cm')) obey(this.device, payload)
    else if (topic === this.own('dn/rc')) this.takeReceipt(payload)
    else if (topic === this.enrol('res')) this.takeState(payload)
  }

  private takeVerdict(payload: Uint8Array): void {
    const { device, host } = this
    const answer = parseVerdict(payload)
    if (answer === undefined) {
      host.onStray(device, null, 'a dn/ak that cannot be read')
      return
    }
    const item = device.outbox.answer(answer.seq, answer.verdict)
    // A second answer for a message that was sent twice is no news.
    const isStray =
      item === undefined && answer.seq === null && !device.outbox.takeUnreadableAgain()
    if (isStray) host.onStray(device, null, answer.verdict)
    this.progressAt = host.now()
    this.pump()
  }

  private takeReceipt(payload: Uint8Array): void {
    const { device, host } = this
    const receipt = receiptOf(device, payload)
    const isRight = receipt !== undefined && device.outbox.leafOf(receipt.seq) === receipt.leaf
    host.onReceipt(device, payload, isRight ? receipt.seq : undefined)
  }

  private takeState(payload: Uint8Array): void {
    const answer = parseState(payload)
    if (answer === undefined) return
    const { session } = this
    this.device.gatewayKey ??= answer.key
    this.host.onState(this.device, answer.state, answer.reason)
    if (answer.state === 'pending') return
    const isActive = answer.state === 'active'
    this.role = isActive ? 'device' : 'candidate'
    // The gateway ends the session, for the role is fixed at login; if it does not, we do. It
    // cannot at an external broker.
    const wait = isActive && this.options.acks === 'puback' ? handoverMs : 0
    const timer = setTimeout(() => session?.end(), wait)
    void session?.closed.then(() => clearTimeout(timer))
  }
}

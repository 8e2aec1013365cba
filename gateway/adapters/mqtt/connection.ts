import { Duplex } from 'node:stream'
import {
  devicePacketBytesMax,
  mqttBacklogBytesMax,
  mqttConnectMsMax,
  mqttDrainMsMax,
  mqttKeepAliveSecMax,
} from '../../core/limits.js'
import type { Session, Wire } from './session.js'
import { type PacketSink, PacketSplitter } from './splitter.js'
import { packetType, readPublish } from './wire.js'

/** Why packets are held back; they go on when none is left. */
const heldForBroker = 1
const heldForVerdicts = 2
const heldForDrain = 4
const heldForStop = 8

/** A Will as it came in CONNECT. */
export interface Will {
  topic: string
  payload: Uint8Array
  qos: number
  retain: boolean
}

export interface ConnectionOwner {
  /** Counts why a connection was refused or cut. */
  refused(reason: string, name: string | undefined): void
  loggedIn(): void
  closed(connection: Connection): void
}

/**
 * One connection: stands between the socket and aedes, which sees a stream of CONNECT, SUBSCRIBE,
 * UNSUBSCRIBE, PINGREQ and DISCONNECT packets, each within the limit. PUBLISH goes to the session
 * and never into the broker. What that gives, beside speed: a reading cannot be routed to anybody;
 * PUBACK comes after the verdict and in order; at most `inFlightMax` messages wait, then the socket is
 * not read any more; and aedes' hooks, which finish out of order within one chunk, see no data.
 *
 * Order is kept: after CONNECT, SUBSCRIBE or UNSUBSCRIBE the packets behind it wait until the broker
 * has dealt with it, so whoever subscribes and publishes in one breath gets the answer.
 *
 * Writes: aedes corks, so what it writes reaches `_write` and `_writev` as whole packets and goes to
 * the socket in the same turn. That is why `send` may write to the socket directly.
 */
export class Connection extends Duplex implements PacketSink, Wire {
  /** Made at login, in force from CONNACK on. */
  pending: Session | undefined
  session: Session | undefined
  /** What CONNECT said, kept until login has judged it. */
  will: Will | undefined
  keepAliveSec = 0
  readonly #raw: Duplex
  readonly #owner: ConnectionOwner
  readonly #splitter: PacketSplitter
  readonly #openedAtMs: number
  #ready = false
  #connecting = false
  #held = 0
  #ending = false
  #endingAtMs: number | undefined
  /** A whole packet came since the last sweep. */
  #active = true
  #activeAtMs: number
  #stalledAtMs: number | undefined
  #acksScheduled = false
  #afterDrain: (() => void) | undefined
  /** Who waits until the peer has taken what was sent: resolved with whether it has. */
  #roomWaits: ((isOpen: boolean) => void)[] = []

  constructor(raw: Duplex, owner: ConnectionOwner, nowMs: number) {
    super()
    this.#raw = raw
    this.#owner = owner
    this.#openedAtMs = nowMs
    this.#activeAtMs = nowMs
    this.#splitter = new PacketSplitter(this, devicePacketBytesMax)
    raw.once('data', (chunk: Buffer) => {
      // What is no CONNECT, an HTTP request for instance, need not be waited for.
      if (chunk[0] !== packetType.connect << 4) this.cut('protocol')
    })
    raw.on('data', (chunk: Buffer) => this.#splitter.feed(chunk))
    raw.on('drain', () => this.#drained())
    raw.on('error', () => this.destroy())
    raw.on('end', () => this.destroy())
    raw.on('close', () => this.destroy())
  }

  /** The broker has sent CONNACK: packets of the session follow. */
  begin(session: Session): void {
    this.#owner.loggedIn()
    this.#ready = true
    this.#active = true
    this.session = session
    this.#splitter.bodyBytesMax = session.bodyBytesMax
    this.#release(heldForBroker)
  }

  /** The broker has dealt with a SUBSCRIBE or UNSUBSCRIBE. */
  settled(): void {
    if (this.#ready) this.#release(heldForBroker)
  }

  /** Bytes that wait for a slow peer. */
  get backlogBytes(): number {
    return this.#raw.writableLength + this.writableLength
  }

  /** Called about once a second: ends what takes too long. */
  sweep(nowMs: number): void {
    if (this.#ending) {
      this.#endingAtMs ??= nowMs
      if (nowMs - this.#endingAtMs > mqttDrainMsMax) this.destroy()
      return
    }
    // Who waits for us is not silent; who waits for the broker sent something it does not answer.
    if (this.#active || (this.#held & ~heldForBroker) !== 0) {
      this.#active = false
      this.#activeAtMs = nowMs
    }
    if (this.#raw.writableLength === 0) this.#stalledAtMs = undefined
    else this.#stalledAtMs ??= nowMs
    const asked = this.keepAliveSec || mqttKeepAliveSecMax
    // [MQTT-3.1.2-24]: one and a half times the keep-alive.
    const silenceMsMax = 1_500 * Math.min(asked, mqttKeepAliveSecMax)
    if (!this.#ready && nowMs - this.#openedAtMs > mqttConnectMsMax) this.cut('connect-timeout')
    else if (this.#stalledAtMs !== undefined && nowMs - this.#stalledAtMs > mqttDrainMsMax)
      this.cut('drain')
    else if (this.#ready && nowMs - this.#activeAtMs > silenceMsMax) this.cut('keepalive')
  }

  packet(buffer: Buffer, start: number, body: number, end: number): void {
    this.#active = true
    const type = buffer[start]! >> 4
    const wrong =
      type === packetType.publish
        ? this.#publish(buffer, start, body, end)
        : this.#control(type, buffer, start, body, end)
    if (wrong !== undefined) this.cut(wrong)
  }

  broken(reason: 'oversize' | 'protocol'): void {
    this.cut(reason)
  }

  send(bytes: Buffer): void {
    if (this.destroyed) return
    this.#gatherWrites()
    if (!this.#raw.write(bytes)) this.#hold(heldForDrain)
    if (this.backlogBytes > mqttBacklogBytesMax) this.cut('drain')
  }

  room(): Promise<boolean> {
    if (this.destroyed || this.#ending) return Promise.resolve(false)
    if (this.backlogBytes < mqttBacklogBytesMax / 4) return Promise.resolve(true)
    return new Promise((resolve) => this.#roomWaits.push(resolve))
  }

  scheduleAcks(): void {
    if (this.#acksScheduled) return
    this.#acksScheduled = true
    // Verdicts come in batches: their acknowledgements leave in one write.
    queueMicrotask(() => this.#sendAcks())
  }

  cut(reason: string): void {
    if (this.destroyed) return
    this.#owner.refused(reason, this.session?.principal.name)
    this.destroy()
  }

  finish(): void {
    if (this.destroyed || this.#ending) return
    this.#sendAcks()
    this.#ending = true
    this.#splitter.stop()
    // Read on and throw away: unread bytes would turn the end into a reset that eats the last answer.
    this.#raw.resume()
    this.#raw.end()
  }

  /** Stops reading; what is in flight still gets its verdict. */
  quiesce(): void {
    this.#hold(heldForStop)
  }

  override _read(): void {
    // Packets are pushed as they come. They are few: each waits for the one before it.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    if (this.#raw.write(chunk)) callback()
    else this.#afterDrain = callback
  }

  override _writev(chunks: { chunk: Buffer }[], callback: () => void): void {
    const whole = Buffer.concat(chunks.map(({ chunk }) => chunk))
    this._write(whole, 'buffer' as BufferEncoding, callback)
  }

  override _final(callback: () => void): void {
    this.#raw.end()
    callback()
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    // Only aedes gives an error: a packet it could not read, or a peer that takes nothing.
    if (error !== null)
      this.#owner.refused(
        error.message === 'drain timeout' ? 'drain' : 'protocol',
        this.session?.principal.name,
      )
    this.#splitter.stop()
    this.#raw.uncork()
    this.#raw.destroy()
    this.#tellRoom(false)
    this.pending?.end()
    this.#owner.closed(this)
    callback(null)
  }

  /** Returns the reason why the connection must end, if there is one. */
  #publish(buffer: Buffer, start: number, body: number, end: number): string | undefined {
    const range = readPublish(buffer, start, body, end)
    if (this.session === undefined || range === undefined) return 'protocol'
    const wrong = this.session.publish(buffer, range, end)
    if (this.session.acks.full) this.#hold(heldForVerdicts)
    return wrong
  }

  /** As `#publish`, for every other packet. */
  #control(
    type: number,
    buffer: Buffer,
    start: number,
    body: number,
    end: number,
  ): string | undefined {
    if (type === packetType.connect ? this.#connecting : this.session === undefined)
      return 'protocol'
    switch (type) {
      case packetType.puback:
        // Downlinks are sent once: a lost one is asked for again or retained, so nobody waits for it.
        return undefined
      case packetType.connect:
      case packetType.subscribe:
      case packetType.unsubscribe:
        // [MQTT-3.10.3-2]: no filter is a protocol violation, to which aedes says nothing.
        if (end - body <= 2) return 'protocol'
        this.#connecting = true
        this.#hold(heldForBroker)
        break
      case packetType.disconnect:
        this.session!.left = true
        break
      case packetType.pingreq:
        break
      default:
        // QoS 2 packets and those that only a server sends.
        return 'protocol'
    }
    // A copy, so that a few bytes do not keep a whole chunk alive.
    this.push(Buffer.from(buffer.subarray(start, end)))
    return undefined
  }

  /** An answer and its PUBACK are made in one turn of the event loop: they leave in one system call. */
  #gatherWrites(): void {
    if (this.#raw.writableCorked > 0) return
    this.#raw.cork()
    process.nextTick(() => this.#raw.uncork())
  }

  #sendAcks(): void {
    this.#acksScheduled = false
    if (this.destroyed || this.#ending || this.session === undefined) return
    const due = this.session.acks.due()
    if (due.length > 0) this.send(due)
    if ((this.#held & heldForVerdicts) !== 0 && !this.session.acks.full)
      this.#release(heldForVerdicts)
  }

  #drained(): void {
    this.#stalledAtMs = undefined
    const callback = this.#afterDrain
    this.#afterDrain = undefined
    callback?.()
    this.#tellRoom(true)
    this.#release(heldForDrain)
  }

  #tellRoom(isOpen: boolean): void {
    for (const resolve of this.#roomWaits.splice(0)) resolve(isOpen)
  }

  #hold(why: number): void {
    if (this.#held === 0) {
      this.#splitter.hold()
      this.#raw.pause()
    }
    this.#held |= why
  }

  #release(why: number): void {
    if ((this.#held & why) === 0) return
    this.#held &= ~why
    if (this.#held !== 0 || this.destroyed) return
    this.#splitter.release()
    // A packet among those released may have held the rest back again.
    if (this.#held === 0 && !this.destroyed) this.#raw.resume()
  }
}

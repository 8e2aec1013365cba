/**
 * The device's side of a serial line (PROTOCOL 4), apart from the port itself: hello, time, enrolment,
 * and readings in a window of 4 that are repeated until they are answered.
 */
import { fromB64u, toB64u, utf8 } from '../gateway/core/bytes.js'
import { formatSentence, type Line, parseLine } from '../gateway/core/frame/sentence.js'
import { isReason, isRetryable } from '../gateway/core/verdict.js'
import type { VirtualDevice } from './device.js'
import { obey, receiptOf, timeFor } from './downlinks.js'
import { serialTimeoutMsMax, serialTimeoutMsMin, serialTriesMax, serialWindow } from './limits.js'
import type { LinkHost } from './link.js'
import type { Item } from './outbox.js'

/** Calls back once after so many ms; the function returned cancels. */
export type After = (ms: number, then: () => void) => () => void

export const realAfter: After = (ms, then) => {
  const timer = setTimeout(then, ms)
  return () => clearTimeout(timer)
}

/** A reading that was written and not answered yet. */
interface Flight {
  item: Item
  tries: number
  cancel: () => void
}

/** A device that was never accepted is perhaps not approved yet: then it tries again after this. */
const approvalMs = 5_000
const bootLog = utf8('\x00\xfeboot: brown-out, reset cause 4\x80 ')

export class SerialSession {
  private readonly device: VirtualDevice
  private readonly host: LinkHost
  private readonly write: (data: string | Uint8Array) => void
  private readonly after: After
  private readonly receipts: boolean
  private readonly flights = new Map<number, Flight>()
  private nextLine = 0
  private isOpen = false
  /** Gave up after five tries: keeps its messages and waits for `$FPID?`. */
  private isAsleep = false
  private hasTime = false
  private nonce: Uint8Array | undefined
  private cancelTime: () => void = () => {}
  private cancelHold: () => void = () => {}
  private wasAccepted = false
  private isHeld = false
  private isDamaging = false

  constructor(
    device: VirtualDevice,
    host: LinkHost,
    write: (data: string | Uint8Array) => void,
    { after = realAfter, receipts = false }: { after?: After; receipts?: boolean } = {},
  ) {
    this.device = device
    this.host = host
    this.write = write
    this.after = after
    this.receipts = receipts
  }

  ready(): boolean {
    return this.isOpen && !this.isAsleep && this.hasTime
  }

  /** The port is open: a board says hello when it boots, and asks for the time it does not have. */
  opened(): void {
    this.isOpen = true
    this.wake()
  }

  /** The port is gone. What was in flight waits for the next one. */
  closed(): void {
    this.isOpen = false
    this.ground()
    this.cancelTime()
    this.cancelHold()
    this.isHeld = false
  }

  /** The operator has just approved the device: no need to wait for the next time query. */
  approved(): void {
    if (this.isOpen && !this.hasTime) this.askTime(serialTimeoutMsMin)
  }

  /** Puts noise before the next reading and damages its check value. */
  disturb(): void {
    this.isDamaging = true
  }

  pump(): void {
    while (this.ready() && !this.isHeld && this.flights.size < serialWindow) {
      const item = this.device.outbox.next()
      if (item === undefined) return
      this.launch(item)
    }
  }

  /** Takes one line from the gateway, without its end. */
  receive(text: string): void {
    const line = parseLine(text)
    if (line.kind === 'sentence') this.take(line)
  }

  private take({ type, fields }: Extract<Line, { kind: 'sentence' }>): void {
    const [first = '', second = '', third = ''] = fields
    switch (type) {
      case 'ID?':
        this.wake()
        break
      case 'AK':
        this.acknowledge(Number(first))
        break
      case 'NK':
        this.refuse(Number(first), second)
        break
      case 'TM':
        this.setTime(fromB64u(first)!)
        break
      case 'EQ':
        this.enrol(fromB64u(first)!, second, fromB64u(third)!)
        break
      case 'CF':
        obey(this.device, fromB64u(first)!)
        break
      case 'RC':
        this.takeReceipt(fromB64u(first)!)
        break
    }
  }

  private wake(): void {
    this.isAsleep = false
    this.ground()
    this.hello()
    if (!this.hasTime) this.askTime(serialTimeoutMsMin)
    else this.pump()
  }

  private hello(): void {
    const { id, profile, version, bootCount, nextSeq } = this.device
    const caps = ['rd', 'en', 'tq', 'cf', ...(this.receipts ? ['rc'] : [])].join('+')
    const fields = ['1', id, profile.model, version, `${bootCount}`, `${nextSeq}`, caps]
    this.write(formatSentence('HI', fields))
  }

  private askTime(timeoutMs: number): void {
    this.cancelTime()
    this.nonce = this.host.random.bytes(4)
    this.write(formatSentence('TQ', [toB64u(this.nonce)]))
    const next = Math.min(2 * timeoutMs, serialTimeoutMsMax)
    this.cancelTime = this.after(timeoutMs, () => this.askTime(next))
  }

  private setTime(bytes: Uint8Array): void {
    const time = this.nonce && timeFor(this.device, bytes, this.nonce)
    if (time === undefined) return
    this.cancelTime()
    this.nonce = undefined
    this.hasTime = true
    this.device.clockOffsetMs = time - this.host.now()
    this.host.onReady(this.device)
    this.pump()
  }

  private enrol(nonce: Uint8Array, network: string, gatewayKey: Uint8Array): void {
    if (network !== this.device.profile.network) return
    this.device.gatewayKey ??= gatewayKey
    this.write(formatSentence('EN', [toB64u(this.device.enrolment(nonce))]))
    this.host.onState(this.device, 'pending', undefined)
  }

  private launch(item: Item): void {
    while (this.flights.has(this.nextLine)) this.nextLine = (this.nextLine + 1) % 256
    const ls = this.nextLine
    this.nextLine = (ls + 1) % 256
    const flight: Flight = { item, tries: 0, cancel: () => {} }
    this.flights.set(ls, flight)
    this.transmit(ls, flight)
  }

  private transmit(ls: number, flight: Flight): void {
    flight.cancel()
    if (flight.tries === serialTriesMax) {
      this.isAsleep = true
      this.ground()
      return
    }
    const timeoutMs = Math.min(serialTimeoutMsMin * 2 ** flight.tries, serialTimeoutMsMax)
    flight.tries++
    const line = formatSentence('RD', [`${ls}`, toB64u(flight.item.bytes)])
    if (this.isDamaging) {
      this.isDamaging = false
      this.write(bootLog)
      this.write(damaged(line))
    } else this.write(line)
    flight.cancel = this.after(timeoutMs, () => this.transmit(ls, flight))
  }

  private acknowledge(ls: number): void {
    const flight = this.land(ls)
    if (flight === undefined) return
    this.wasAccepted = true
    this.device.outbox.settle(flight.item, 'accepted')
    this.pump()
  }

  private refuse(ls: number, reason: string): void {
    const flight = this.flights.get(ls)
    if (flight === undefined || !isReason(reason)) return
    // Damaged on the way: at once again. Overloaded: not before the time-out.
    if (isRetryable(reason)) {
      if (reason !== 'overloaded') this.transmit(ls, flight)
      return
    }
    this.land(ls)
    if (reason === 'unknown-device' && !this.wasAccepted && !flight.item.fault)
      this.hold(flight.item)
    else this.device.outbox.settle(flight.item, reason)
    this.pump()
  }

  private land(ls: number): Flight | undefined {
    const flight = this.flights.get(ls)
    flight?.cancel()
    this.flights.delete(ls)
    return flight
  }

  /** Not approved yet, it seems: keeps the message and tries again a little later. */
  private hold(item: Item): void {
    this.device.outbox.requeue(item)
    if (this.isHeld) return
    this.isHeld = true
    this.cancelHold = this.after(approvalMs, () => {
      this.isHeld = false
      this.pump()
    })
  }

  /** Nothing is in flight any more; all of it goes out again later with the same bytes. */
  private ground(): void {
    for (const flight of this.flights.values()) flight.cancel()
    this.flights.clear()
    this.device.outbox.rewind()
  }

  private takeReceipt(bytes: Uint8Array): void {
    const receipt = receiptOf(this.device, bytes)
    const leaf = receipt && this.device.outbox.leafOf(receipt.seq)
    const isRight = leaf !== undefined && leaf === receipt?.leaf
    this.host.onReceipt(this.device, bytes, isRight ? receipt?.seq : undefined)
  }
}

/** The line with its last check digit changed. */
function damaged(line: string): string {
  const end = line.length - 3
  return `${line.slice(0, end)}${line[end] === '0' ? '1' : '0'}\r\n`
}

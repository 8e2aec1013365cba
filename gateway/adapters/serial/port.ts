/**
 * One serial port, kept open for ever: opened at 115200 8N1, its bytes bounded by the line guard and
 * split by parser-readline, its lines given to a board's session; opened again after every loss with
 * a capped back-off. Nothing here ends the process.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { ReadlineParser } from '@serialport/parser-readline'
import { SerialPort } from 'serialport'
import { messageOf } from '../../core/failure.js'
import { serialWriteBytesMax } from '../../core/limits.js'
import type { SerialDriver } from '../../ports/serialDriver.js'
import { Board, type BoardState } from './board.js'
import type { BoardHost } from './boardHost.js'
import { type GuardCounts, GuardStream } from './guardStream.js'
import { Noise } from './noise.js'
import { explain, isGone, type PortTrouble } from './trouble.js'

/** 8 data bits, no parity, 1 stop bit are the driver's defaults (PROTOCOL 4). */
const baudRate = 115_200
/** The driver's flags, as in libuv. */
const readable = 1
const writable = 2

export type PortState = 'opening' | 'closed' | 'noise' | 'unkeyed' | PortTrouble | BoardState

/** What the dashboard shows of a port. */
export interface PortView {
  port: string
  state: PortState
  device?: string
  /** Why it does not work, and what to do. */
  error?: string
  /** Since the gateway started. */
  counts: GuardCounts & { opened: number; unwritten: number }
}

/** A board's surroundings that the port itself does not provide. */
export interface PortHost extends Omit<BoardHost, 'write'> {
  /** Opens the port instead of the system. */
  driver?: SerialDriver
}

export class Port {
  readonly path: string
  readonly #host: PortHost
  readonly #abort = new AbortController()
  readonly #counts = { bytes: 0, lines: 0, dropped: 0, opened: 0, unwritten: 0 }
  #serial: SerialPort | undefined
  #board: Board | undefined
  #trouble: { state: PortState; text: string } | undefined
  #device: string | undefined
  /** The last board here had no key. */
  #isUnkeyed = false
  #done: Promise<void> = Promise.resolve()

  constructor(path: string, host: PortHost) {
    this.path = path
    this.#host = host
  }

  /** Begins the endless loop. */
  start(): void {
    this.#done = this.#keepOpen()
  }

  /** Gives the answers that are due a moment, closes the port, ends the loop. */
  async stop(): Promise<void> {
    const deadlineMs = this.#host.clock.monotonic() + this.#host.timing.closeMs
    while (this.#answering && this.#host.clock.monotonic() < deadlineMs) await delay(5)
    this.#abort.abort()
    // A driver may hang in open; the loop then ends with the process.
    await Promise.race([this.#done, delay(this.#host.timing.closeMs, undefined, { ref: false })])
  }

  /** Verdicts or written answers are still on their way. */
  get #answering(): boolean {
    return (this.#board?.waiting ?? 0) > 0 || (this.#serial?.writableLength ?? 0) > 0
  }

  get board(): Board | undefined {
    return this.#board
  }

  /** Who was on this port last; stays while the port is lost. */
  get device(): string | undefined {
    return this.#board?.device ?? this.#device
  }

  view(): PortView {
    const device = this.device
    const trouble = this.#trouble
    const state = trouble?.state ?? this.#board?.state ?? 'opening'
    return {
      port: this.path,
      state: this.#abort.signal.aborted ? 'closed' : state,
      ...(device === undefined ? {} : { device }),
      ...(trouble === undefined ? {} : { error: trouble.text }),
      counts: { ...this.#counts },
    }
  }

  async #keepOpen(): Promise<void> {
    const { timing } = this.#host
    const { signal } = this.#abort
    let waitMs = timing.reopenMsMin
    while (!signal.aborted) {
      const serial = await this.#open()
      if (serial !== undefined && !signal.aborted) {
        const heard = await this.#serve(serial)
        // A port that opens and dies at once is as bad as one that does not open.
        if (heard) waitMs = timing.reopenMsMin
      } else if (serial !== undefined) await close(serial)
      const pauseMs = this.#isUnkeyed ? timing.unkeyedMs : waitMs
      await delay(pauseMs, undefined, { signal }).catch(() => undefined)
      waitMs = Math.min(2 * waitMs, timing.reopenMsMax)
    }
  }

  /** An open port, or `undefined`; then `trouble` says why, and people are told once. */
  async #open(): Promise<SerialPort | undefined> {
    const { driver } = this.#host
    // The package's own types leave out that a driver can be passed.
    const how = { path: this.path, baudRate, autoOpen: false, ...(driver && { binding: driver }) }
    const serial = new SerialPort(how)
    // Errors of an open port end it and are seen at `close`; unheard they would end the process.
    serial.on('error', () => undefined)
    const error = await new Promise<Error | null>((resolve) => serial.open(resolve))
    if (error === null) return serial
    const { state, text } = explain(this.path, error.message)
    this.#troubled(state, text)
    return undefined
  }

  /** Serves an open port until it is lost or stopped; true where a board was heard. */
  async #serve(serial: SerialPort): Promise<boolean> {
    const { timing, note } = this.#host
    const board = new Board({ ...this.#host, write: (line) => this.#write(serial, line) })
    this.#serial = serial
    this.#board = board
    this.#counts.opened++
    this.#trouble = undefined
    // A board without a key is looked at every few seconds; that is said once.
    if (!this.#isUnkeyed) note('info', 'is open')
    const noise = this.#listen(serial, board)
    board.tick()
    const ticks = setInterval(() => {
      board.tick()
      this.#judge(board, noise)
      listenBothWays(serial)
      if (board.isUnkeyed && serial.isOpen) serial.close(() => undefined)
    }, timing.probeMs / 4)
    const health = setInterval(() => checkHealth(serial), timing.healthMs)
    await lost(serial, this.#abort.signal)
    clearInterval(ticks)
    clearInterval(health)
    this.#device = board.device ?? this.#device
    board.close()
    this.#board = undefined
    this.#serial = undefined
    if (!this.#abort.signal.aborted) this.#ended(board)
    await close(serial)
    return board.heard
  }

  /** Says why a port is not served any more. */
  #ended(board: Board): void {
    const wasUnkeyed = this.#isUnkeyed
    this.#isUnkeyed = board.isUnkeyed
    const text = 'has a board without a key: run fieldproof provision'
    if (!board.isUnkeyed) this.#troubled('missing', 'was lost: plug the board in')
    else if (wasUnkeyed) this.#trouble = { state: 'unkeyed', text }
    else this.#troubled('unkeyed', text)
  }

  /** Port > line guard > parser-readline > board. */
  #listen(serial: SerialPort, board: Board): Noise {
    const noise = new Noise()
    const guard = new GuardStream(this.#counts)
    guard.pipe(new ReadlineParser()).on('data', (line: string) => board.line(line))
    serial.on('data', (chunk: Buffer) => {
      if (!board.heard) noise.add(chunk)
    })
    serial.pipe(guard)
    return noise
  }

  /** Says once what a port that stays without a valid line sounds like, and takes it back. */
  #judge(board: Board, noise: Noise): void {
    if (board.heard) {
      if (this.#trouble?.state === 'noise') this.#trouble = undefined
    } else if (noise.heard)
      this.#troubled(
        'noise',
        `sends only noise: set the board to ${baudRate} Bd, 8N1, and check the wiring`,
      )
  }

  /** False where the board does not read fast enough; it repeats what was not answered. */
  #write(serial: SerialPort, line: string): boolean {
    if (!serial.isOpen) return false
    if (serial.writableLength + line.length > serialWriteBytesMax) {
      this.#counts.unwritten++
      return false
    }
    serial.write(line, 'latin1')
    return true
  }

  #troubled(state: PortState, text: string): void {
    const level = state === 'missing' || state === 'noise' || state === 'unkeyed' ? 'warn' : 'error'
    if (this.#trouble?.text !== text) this.#host.note(level, text)
    this.#trouble = { state, text }
  }
}

/**
 * Keeps a board heard that does not read its answers. The driver asks the system for one event at a
 * time: waiting for room to write it forgets that it also waits for something to read, and the
 * reverse (`Poller::poll` of bindings-cpp 13). While a write waits it is asked for both.
 */
function listenBothWays(serial: SerialPort): void {
  const { port } = serial
  if (serial.writableLength === 0 || serial.closing || !port?.isOpen) return
  if ('poller' in port) port.poller.poll(readable | writable)
}

/**
 * Closes a port that is gone. Where a port is unplugged between two reads, the driver's read returns
 * 0 bytes for ever and serialport repeats it at once, for ever; only another call shows the loss.
 */
function checkHealth(serial: SerialPort): void {
  serial.port?.getBaudRate().catch((error) => {
    if (isGone(messageOf(error)) && serial.isOpen) serial.close(() => undefined)
  })
}

/** Resolves when an open port closes by itself, or when `signal` says that it is to be closed. */
async function lost(serial: SerialPort, signal: AbortSignal): Promise<void> {
  if (!serial.isOpen || signal.aborted) return
  await new Promise<void>((resolve) => {
    const end = () => {
      signal.removeEventListener('abort', end)
      serial.removeListener('close', end)
      resolve()
    }
    signal.addEventListener('abort', end)
    serial.once('close', end)
  })
}

/** Closes a port, and waits until the driver has let go of it: a new open would find it locked. */
async function close(serial: SerialPort): Promise<void> {
  if (serial.isOpen) await new Promise<void>((resolve) => serial.close(() => resolve()))
  while (serial.closing) await delay(1)
}

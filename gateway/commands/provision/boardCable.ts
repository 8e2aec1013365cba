/** One board on one port, for a command: lines out, sentences awaited, its log kept. */
import { setTimeout as delay } from 'node:timers/promises'
import type { SerialPort } from 'serialport'
import { Failure, messageOf } from '../../core/failure.js'
import { LineGuard } from '../../core/frame/lineGuard.js'
import { formatSentence, type Line, parseLine } from '../../core/frame/sentence.js'
import { provisionBoardMs, serialProbeMs } from '../../core/limits.js'

export type Sentence = Extract<Line, { kind: 'sentence' }>

/** 8N1 are the driver's defaults. */
const baudRate = 115_200
/** The gateway holds a port for a moment, every few seconds (`serialUnkeyedMs`). */
const openEveryMs = 50

export class BoardCable {
  /** Lines of the board's log. */
  readonly log: string[] = []
  readonly #port: SerialPort
  readonly #guard = new LineGuard()
  #waiting: ((sentence: Sentence) => void) | undefined

  constructor(port: SerialPort) {
    this.#port = port
    port.on('data', (chunk: Uint8Array) => {
      for (const line of this.#guard.push(chunk)) this.#take(parseLine(line))
    })
    // A lost port is seen by the answer that does not come.
    port.on('error', () => undefined)
  }

  send(type: string, ...fields: string[]): void {
    this.#port.write(formatSentence(type, fields), 'latin1')
  }

  /** The next sentence that `wanted` takes; `repeat` is called now, and again until it comes. */
  async await(
    wanted: (sentence: Sentence) => boolean,
    repeat: () => void,
    what: string,
  ): Promise<Sentence> {
    const timer = setInterval(repeat, serialProbeMs)
    const stop = new AbortController()
    try {
      const found = new Promise<Sentence>((resolve) => {
        this.#waiting = (sentence) => {
          if (wanted(sentence)) resolve(sentence)
        }
      })
      repeat()
      const late = delay(provisionBoardMs, undefined, { signal: stop.signal })
      const sentence = await Promise.race([found, late])
      if (sentence === undefined)
        throw new Failure('unavailable', `the board on ${this.#port.path} does not ${what}`)
      return sentence
    } finally {
      clearInterval(timer)
      stop.abort()
      this.#waiting = undefined
    }
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#port.close(() => resolve()))
  }

  #take(line: Line): void {
    const text = line.kind === 'log' ? line.text : line.log
    if (text !== '') this.log.push(text)
    if (line.kind === 'sentence') this.#waiting?.(line)
  }
}

/**
 * Opens a port, which a gateway may hold for a moment. Rejects with Failure('unavailable') where it
 * stays taken.
 */
export async function openCable(path: string): Promise<BoardCable> {
  const { SerialPort } = await import('serialport')
  const end = performance.now() + provisionBoardMs
  for (;;) {
    const port = new SerialPort({ path, baudRate, autoOpen: false })
    const error = await new Promise<Error | null>((resolve) => port.open(resolve))
    if (error === null) return new BoardCable(port)
    if (performance.now() > end)
      throw new Failure('unavailable', `${path} cannot be opened: ${messageOf(error)}`)
    await delay(openEveryMs)
  }
}

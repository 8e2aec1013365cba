import { ReadlineParser } from '@serialport/parser-readline'
import { SerialPort } from 'serialport'
import { formatSentence, parseLine } from '../../../gateway/core/frame/sentence.js'
import { until } from '../../support/gateway.js'

export interface Heard {
  type: string
  fields: string[]
}

/** A board on a real device file that does what a test tells it. */
export class ScriptedBoard {
  /** Sentences of the gateway that no `next` has taken. */
  readonly heard: Heard[] = []
  readonly #serial: SerialPort
  /** Fields of `$FPHI`, given on every `$FPID?` where set. */
  hello: string[] | undefined

  private constructor(serial: SerialPort) {
    this.#serial = serial
    serial.on('error', () => undefined)
    serial.pipe(new ReadlineParser({ delimiter: '\r\n' })).on('data', (text: string) => {
      const line = parseLine(text)
      if (line.kind !== 'sentence') throw new Error(`the gateway sent ${JSON.stringify(text)}`)
      this.heard.push({ type: line.type, fields: line.fields })
      if (line.type === 'ID?' && this.hello !== undefined) this.send('HI', ...this.hello)
    })
  }

  static async open(path: string, device?: string, caps = 'rd+tq'): Promise<ScriptedBoard> {
    const serial = new SerialPort({ path, baudRate: 115_200, autoOpen: false })
    await new Promise<void>((resolve, reject) =>
      serial.open((error) => (error ? reject(error) : resolve())),
    )
    const board = new ScriptedBoard(serial)
    if (device !== undefined) board.hello = helloFields(device, caps)
    return board
  }

  send(type: string, ...fields: string[]): void {
    this.raw(formatSentence(type, fields))
  }

  raw(data: string | Uint8Array): void {
    if (this.#serial.isOpen) this.#serial.write(Buffer.from(data as string))
  }

  /** Stops reading what comes in, as a board that hangs. */
  pause(): void {
    this.#serial.pause()
  }

  resume(): void {
    this.#serial.resume()
  }

  /** Writes and waits until the system has taken it. */
  async write(data: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      this.#serial.write(data, undefined, (error) => (error ? reject(error) : resolve())),
    )
  }

  /** The oldest unread sentence of this type, taken away. */
  async next(type: string): Promise<string[]> {
    const found = await until(
      `$FP${type}`,
      () => {
        const at = this.heard.findIndex((line) => line.type === type)
        return at < 0 ? undefined : this.heard.splice(at, 1)
      },
      { detail: () => `heard: ${JSON.stringify(this.heard)}` },
    )
    return found[0]!.fields
  }

  get isOpen(): boolean {
    return this.#serial.isOpen
  }

  async close(): Promise<void> {
    if (this.#serial.isOpen)
      await new Promise<void>((resolve) => this.#serial.close(() => resolve()))
  }
}

export function helloFields(device: string, caps = 'rd+tq', bootCount = 7): string[] {
  return ['1', device, 'test-board', '1.0.3', `${bootCount}`, '70000', caps]
}

/** The cable between an emulated board and a gateway's port: it knows all lines, and damages some. */
import { SerialPort } from 'serialport'
import { fromB64u } from '../../gateway/core/bytes.js'
import { parseSign1 } from '../../gateway/core/cose/sign1.js'
import { LineGuard } from '../../gateway/core/frame/lineGuard.js'
import { parseLine } from '../../gateway/core/frame/sentence.js'
import { parseReadingHeader } from '../../gateway/core/senml/reading.js'
import type { BoardHost, EmulatedBoard } from '../../simulator/board/board.js'
import { type NullModem, nullModem } from '../support/socat.js'

/** Of so many lines one is damaged, or lost. */
export interface Faults {
  corruptOneIn?: number
  loseAnswerOneIn?: number
}

export interface Cable {
  /** The gateway's end. */
  readonly path: string
  readonly board: EmulatedBoard
  /** Sentences of the board as it wrote them, by type, fields without the check value. */
  said(type: string): string[][]
  /** Lines of the board's log. */
  readonly log: readonly string[]
  /** Messages by sequence number, as the board first sent them. */
  readonly readings: ReadonlyMap<number, Uint8Array>
  /** Sequence numbers that the gateway has acknowledged, lost answers among them. */
  readonly acknowledged: ReadonlySet<number>
  /** Refusals by reason. */
  readonly refused: ReadonlyMap<string, number>
  readonly counts: { resent: number; corrupted: number; lost: number }
  unplug(): Promise<void>
}

/** Plugs a board in. `begin` starts it. */
export async function plugIn(
  begin: (host: BoardHost) => Promise<EmulatedBoard> | EmulatedBoard,
  faults: Faults = {},
): Promise<Cable> {
  const modem = await nullModem()
  const port = new SerialPort({ path: modem.b, baudRate: 115_200, autoOpen: false })
  await new Promise<void>((resolve, reject) =>
    port.open((error) => (error ? reject(error) : resolve())),
  )
  const wire = new Wire(faults)
  const board = await begin({
    sent: (bytes) => wire.fromBoard(bytes, (text) => port.write(text, 'latin1')),
    failed: (error) => wire.log.push(`emulator: ${error.message}`),
  })
  port.on('data', (bytes: Buffer) =>
    wire.fromGateway(bytes, (text) => board.write(Buffer.from(text, 'latin1'))),
  )
  return cableOf(modem, port, board, wire)
}

function cableOf(modem: NullModem, port: SerialPort, board: EmulatedBoard, wire: Wire): Cable {
  return {
    path: modem.a,
    board,
    said: (type) => wire.sentences.filter((one) => one.type === type).map(({ fields }) => fields),
    log: wire.log,
    readings: wire.readings,
    acknowledged: wire.acknowledged,
    refused: wire.refused,
    counts: wire.counts,
    async unplug() {
      await board.stop()
      await new Promise<void>((resolve) => port.close(() => resolve()))
      await modem.unplug()
    },
  }
}

class Wire {
  readonly sentences: { type: string; fields: string[] }[] = []
  readonly log: string[] = []
  readonly readings = new Map<number, Uint8Array>()
  readonly acknowledged = new Set<number>()
  readonly refused = new Map<string, number>()
  readonly counts = { resent: 0, corrupted: 0, lost: 0 }
  readonly #faults: Faults
  readonly #boardLines = new LineGuard()
  readonly #gatewayLines = new LineGuard()
  /** Sequence number that a line number stands for now. */
  readonly #lines = new Map<string, number>()
  #readingLines = 0
  #answerLines = 0

  constructor(faults: Faults) {
    this.#faults = faults
  }

  fromBoard(bytes: Uint8Array, pass: (text: string) => void): void {
    for (const text of this.#boardLines.push(bytes)) {
      const line = parseLine(text)
      if (line.kind === 'log') this.log.push(line.text)
      if (line.kind === 'sentence') {
        this.sentences.push({ type: line.type, fields: [...line.fields] })
        if (line.type === 'RD') this.#reading(line.fields[0]!, fromB64u(line.fields[1]!)!)
      }
      const isReading = line.kind === 'sentence' && line.type === 'RD'
      pass(`${isReading ? this.#maybeCorrupted(text) : text}\r\n`)
    }
  }

  fromGateway(bytes: Uint8Array, pass: (text: string) => void): void {
    for (const text of this.#gatewayLines.push(bytes)) {
      const line = parseLine(text)
      if (line.kind === 'sentence') {
        const seq = this.#lines.get(line.fields[0] ?? '')
        if (line.type === 'AK' && seq !== undefined) this.acknowledged.add(seq)
        if (line.type === 'NK') {
          const reason = line.fields[1]!
          this.refused.set(reason, (this.refused.get(reason) ?? 0) + 1)
        }
        if (
          line.type === 'AK' &&
          this.#isOneIn(this.#faults.loseAnswerOneIn, ++this.#answerLines)
        ) {
          this.counts.lost++
          continue
        }
      }
      pass(`${text}\r\n`)
    }
  }

  #reading(ls: string, bytes: Uint8Array): void {
    const sign1 = parseSign1(bytes)
    const header = sign1.ok ? parseReadingHeader(sign1.value.protectedBytes) : sign1
    if (!header.ok) throw new Error(`the board sent a message of no form: ${header.detail}`)
    const { seq } = header.value
    const before = this.readings.get(seq)
    if (before === undefined) this.readings.set(seq, bytes)
    else if (Buffer.compare(before, bytes) !== 0)
      throw new Error(`the board signed two messages as ${seq}`)
    else this.counts.resent++
    this.#lines.set(ls, seq)
  }

  #maybeCorrupted(text: string): string {
    if (!this.#isOneIn(this.#faults.corruptOneIn, ++this.#readingLines)) return text
    this.counts.corrupted++
    const at = text.length - 20
    return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
  }

  #isOneIn(chance: number | undefined, count: number): boolean {
    return chance !== undefined && count % chance === 0
  }
}

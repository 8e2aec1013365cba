/** An emulated Mega 2560 in this thread, so that what it has done can be looked into. */
import { randomBytes } from 'node:crypto'
import { toB64u } from '../../gateway/core/bytes.js'
import { formatSentence } from '../../gateway/core/frame/sentence.js'
import type { BoardHost, EmulatedBoard } from '../../simulator/board/board.js'
import { MegaChip } from '../../simulator/board/megaChip.js'
import { chipSliceMs } from '../../simulator/limits.js'

const memoryBytes = 8192

export class MeasuredMega implements EmulatedBoard {
  readonly #chip: MegaChip
  readonly #host: BoardHost
  readonly #sent: number[] = []
  #line = ''
  /** Cycles from when the chip woke to the first byte of this line. */
  #lineAwake = 0
  #bootCycles = 0
  #readingCycles = 0
  #isStopped = false

  /** Its memory of records is empty: it asks for a key, and gets one. */
  constructor(flash: Uint8Array, host: BoardHost) {
    this.#host = host
    const jitter = (): number => randomBytes(2).readUInt16BE() / 65_536
    this.#chip = new MegaChip(flash, { sent: (byte) => this.#take(byte), jitter })
    this.#slice()
  }

  /** `ram`: bytes of its variables. The stack is all below them that was written to. */
  results(ram: number): { stackBytes: number; readingCycles: number; bootCycles: number } {
    return {
      stackBytes: memoryBytes - ram - this.#chip.untouched(ram),
      readingCycles: this.#readingCycles,
      bootCycles: this.#bootCycles,
    }
  }

  write(bytes: Uint8Array): void {
    this.#chip.receive(bytes)
  }

  restart(): void {
    this.#chip.restart()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
  }

  #take(byte: number): void {
    if (this.#bootCycles === 0) this.#bootCycles = this.#chip.cycles
    if (this.#line === '') this.#lineAwake = this.#chip.awakeCycles
    this.#sent.push(byte)
    if (byte !== 0x0a) {
      this.#line += String.fromCharCode(byte)
      return
    }
    // The last one counts: before the first, time and configuration were verified without a pause.
    if (this.#line.includes('$FPRD')) this.#readingCycles = this.#lineAwake
    if (this.#line.includes('$FPPQ')) {
      const fields = [toB64u(randomBytes(32)), '', '', '', '']
      this.write(Buffer.from(formatSentence('PV', fields), 'latin1'))
    }
    this.#line = ''
  }

  #slice(): void {
    if (this.#isStopped) return
    const end = performance.now() + chipSliceMs
    this.#chip.run(chipSliceMs / 1e3, () => performance.now() > end)
    if (this.#sent.length > 0) this.#host.sent(Uint8Array.from(this.#sent.splice(0)))
    setTimeout(() => this.#slice(), 1)
  }
}

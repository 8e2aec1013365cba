/**
 * The serial port behind which an emulated board is, as a driver of the `serialport` package: a
 * gateway opens it like any other, without a device file and without rights.
 */
import type { EmulatedBoard } from './board.js'

/** What waits for bytes, or for the end. */
interface Reader {
  take(): void
  end(): void
}

/** Bytes that a board has sent and nobody has read; a board that nobody listens to loses the oldest. */
const unreadBytesMax = 65_536

export class BoardPort {
  #unread = Buffer.alloc(0)
  #reader: Reader | undefined
  #board: EmulatedBoard | undefined
  isOpen = false
  #baudRate = 0

  /** Puts the board behind the port. */
  plugIn(board: EmulatedBoard): void {
    this.#board = board
  }

  /** Bytes of the board. */
  sent(bytes: Uint8Array): void {
    this.#unread = Buffer.concat([this.#unread, bytes]).subarray(-unreadBytesMax)
    this.#reader?.take()
  }

  async list(): Promise<{ path: string }[]> {
    return []
  }

  async open({ baudRate }: { path: string; baudRate: number }): Promise<this> {
    this.isOpen = true
    this.#baudRate = baudRate
    return this
  }

  async close(): Promise<void> {
    this.isOpen = false
    this.#reader?.end()
  }

  read(
    buffer: Buffer,
    offset: number,
    length: number,
  ): Promise<{ buffer: Buffer; bytesRead: number }> {
    return new Promise((resolve, reject) => {
      const take = (): void => {
        if (this.#unread.length === 0) return
        this.#reader = undefined
        const bytesRead = this.#unread.copy(buffer, offset, 0, length)
        this.#unread = this.#unread.subarray(bytesRead)
        resolve({ buffer, bytesRead })
      }
      const end = (): void => {
        this.#reader = undefined
        reject(Object.assign(new Error('the port is closed'), { canceled: true }))
      }
      this.#reader = { take, end }
      if (!this.isOpen) end()
      else take()
    })
  }

  async write(bytes: Buffer): Promise<void> {
    this.#board?.write(bytes)
  }

  async getBaudRate(): Promise<{ baudRate: number }> {
    return { baudRate: this.#baudRate }
  }

  async get(): Promise<{ cts: boolean; dsr: boolean; dcd: boolean }> {
    return { cts: true, dsr: true, dcd: true }
  }

  /** An emulated line has nothing to set, and holds nothing back. */
  async set(): Promise<void> {}
  async update(): Promise<void> {}
  async flush(): Promise<void> {}
  async drain(): Promise<void> {}
}

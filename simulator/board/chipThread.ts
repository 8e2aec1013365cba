/** What the threads of emulated boards have in common: orders come in, reports go out. */
import { type MessagePort, parentPort } from 'node:worker_threads'

/** To the thread. */
export type Order = { receive: Uint8Array } | 'restart'
/** From the thread: bytes of the serial line; the records, which outlive it. */
export type Report = { sent: Uint8Array } | { saved: Uint8Array }

/** What an order is for. */
export interface Ordered {
  /** Bytes for the serial line. */
  receive(bytes: Uint8Array): void
  /** Starts over as after a power cut. */
  restart(): void
}

/** The thread's way to the board's owner. */
export class ChipThread {
  readonly #port: MessagePort
  readonly #sent: number[] = []

  constructor() {
    if (parentPort === null) throw new Error('to be started as a worker thread')
    this.#port = parentPort
  }

  /** A byte that the board has sent; reported by `flush`. */
  sent(byte: number): void {
    this.#sent.push(byte)
  }

  flush(): void {
    if (this.#sent.length > 0) this.report({ sent: Uint8Array.from(this.#sent.splice(0)) })
  }

  report(what: Report): void {
    this.#port.postMessage(what)
  }

  /** Has the chip obey, for ever. */
  obey(chip: Ordered): void {
    this.#port.on('message', (order: Order) => {
      if (order === 'restart') chip.restart()
      else chip.receive(order.receive)
    })
  }
}

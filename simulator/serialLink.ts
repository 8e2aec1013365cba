/** A device on a serial device file: opens it, reads lines, opens it again for ever when it is lost. */
import type { SerialPort } from 'serialport'
import { LineGuard } from '../gateway/core/frame/lineGuard.js'
import type { VirtualDevice } from './device.js'
import { serialReopenMs } from './limits.js'
import { type Link, type LinkHost, pause } from './link.js'
import { type After, SerialSession } from './serialSession.js'

export interface SerialLinkOptions {
  path: string
  receipts: boolean
  /** For tests that do not want to wait. */
  after?: After
}

export class SerialLink implements Link {
  readonly kind = 'serial'
  readonly device: VirtualDevice
  private readonly path: string
  private readonly session: SerialSession
  private readonly stopping = new AbortController()
  private port: SerialPort | undefined
  private running: Promise<void> | undefined

  constructor(device: VirtualDevice, options: SerialLinkOptions, host: LinkHost) {
    this.device = device
    this.path = options.path
    const write = (data: string | Uint8Array): void => {
      this.port?.write(typeof data === 'string' ? data : Buffer.from(data))
    }
    this.session = new SerialSession(device, host, write, options)
  }

  ready(): boolean {
    return this.session.ready()
  }

  /** On a serial line the gateway asks for what it does not know. */
  assume(): void {}

  start(): void {
    this.running ??= this.run()
  }

  pump(): void {
    this.session.pump()
  }

  tick(): void {}

  approved(): void {
    this.session.approved()
  }

  drop(): void {
    this.port?.close()
  }

  disturb(): void {
    this.session.disturb()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    this.port?.close()
    await this.running
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      // Loaded here: most runs have no serial port, and its binding takes a while to load.
      const { SerialPort } = await import('serialport')
      await this.live(new SerialPort({ path: this.path, baudRate: 115_200, autoOpen: false }))
      await pause(serialReopenMs, signal)
    }
  }

  /** From opening the port to its loss. Never rejects. */
  private live(port: SerialPort): Promise<void> {
    return new Promise((resolve) => {
      const guard = new LineGuard()
      const lost = (): void => {
        this.port = undefined
        this.session.closed()
        resolve()
      }
      port.on('data', (chunk: Uint8Array) => {
        for (const line of guard.push(chunk)) this.session.receive(line)
      })
      port.on('close', lost)
      // An error while the port is open is followed by `close`; one at opening is not.
      port.on('error', () => {})
      port.open((error) => {
        if (error) return lost()
        if (this.stopping.signal.aborted) return port.close()
        this.port = port
        this.session.opened()
      })
    })
  }
}

/** All serial ports of a gateway: found or listed, each served for ever (PROTOCOL 4). */
import { messageOf } from '../../core/failure.js'
import { serialPortsMax } from '../../core/limits.js'
import type { Clock } from '../../ports/clock.js'
import type { EnrolAnswer, Intake } from '../../ports/intake.js'
import type { DeviceLink, LinkEvent, Presence } from '../../ports/link.js'
import type { SerialDriver } from '../../ports/serialDriver.js'
import type { Port, PortView } from './port.js'
import { findPorts } from './ports.js'
import { protocolTiming, type SerialTiming } from './timing.js'

export interface SerialLinkOptions {
  /** `auto`: every port that looks like a board, also one plugged in later. Otherwise paths. */
  ports: 'auto' | readonly string[]
  /** Ports beside those, by path, that are not the system's. */
  drivers?: ReadonlyMap<string, SerialDriver>
  network: string
  /** The gateway's Ed25519 key, 32 bytes, for `$FPEQ`. */
  gatewayKey: Uint8Array
  intake: Intake
  clock: Clock
  /** Cryptographic randomness, for enrolment nonces. */
  randomBytes(length: number): Uint8Array
  /** Log lines of boards, changes of ports. Never throws. */
  event(event: LinkEvent): void
  /** A board has come or gone, as its hello says; what it says is not signed. */
  presence?(presence: Presence): void
  timing?: Partial<SerialTiming>
  /** Paths of the ports that are there now, for `auto`. */
  find?(): Promise<string[]>
}

export interface SerialLink extends DeviceLink {
  /** One row per port, for the dashboard. */
  ports(): PortView[]
}

/** A link over serial ports; opens nothing before `start`. */
export function openSerialLink(options: SerialLinkOptions): SerialLink {
  return new Ports(options)
}

class Ports implements SerialLink {
  readonly name = 'serial'
  readonly #options: SerialLinkOptions
  readonly #timing: SerialTiming
  readonly #ports = new Map<string, Port>()
  /** Present boards by port path. */
  readonly #present = new Map<string, Presence>()
  #scan: NodeJS.Timeout | undefined
  #scanning: Promise<void> | undefined
  #stopped = false
  /** Trouble that is not of one port, each said once. */
  readonly #said = new Set<string>()

  constructor(options: SerialLinkOptions) {
    this.#options = options
    this.#timing = { ...protocolTiming, ...options.timing }
  }

  async start(): Promise<void> {
    const { ports } = this.#options
    if (ports !== 'auto') {
      for (const path of new Set([...ports, ...this.#driven])) await this.#add(path)
    } else {
      await this.#look()
      this.#scan = setInterval(() => void this.#look(), this.#timing.scanMs)
    }
  }

  get #driven(): string[] {
    return [...(this.#options.drivers?.keys() ?? [])]
  }

  send(device: string, kind: 'cm' | 'rc', bytes: Uint8Array): boolean {
    let sent = false
    for (const port of this.#of(device)) sent = (port.board?.send(kind, bytes) ?? false) || sent
    return sent
  }

  wantsReceipts(device: string): boolean {
    for (const port of this.#of(device)) if (port.board?.wantsReceipts) return true
    return false
  }

  tell(device: string, answer: EnrolAnswer): void {
    for (const port of this.#of(device)) port.board?.tell(answer)
  }

  condition(): string[] {
    return this.ports()
      .filter((port) => this.#isAmiss(port))
      .map((port) => `serial ${port.port} ${port.error ?? 'has no board that answers'}`)
  }

  ports(): PortView[] {
    return [...this.#ports.values()].map((port) => port.view())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#scan)
    await this.#scanning
    await Promise.all([...this.#ports.values()].map((port) => port.stop()))
  }

  /** A port that was asked for, or that had a board, does not work. */
  #isAmiss(port: PortView): boolean {
    if (this.#options.ports === 'auto' && port.device === undefined) return false
    return port.error !== undefined || port.state === 'silent'
  }

  #of(device: string): Port[] {
    return [...this.#ports.values()].filter((port) => port.board?.device === device)
  }

  /** Looks for ports once; a look that takes long is not overtaken by the next. */
  async #look(): Promise<void> {
    this.#scanning ??= this.#update().finally(() => {
      this.#scanning = undefined
    })
    await this.#scanning
  }

  async #update(): Promise<void> {
    const find = this.#options.find ?? (() => findPorts())
    const seen = await find().catch((error) => {
      this.#event('serial', 'error', `cannot look for ports: ${messageOf(error)}`)
      return undefined
    })
    if (seen === undefined || this.#stopped) return
    const found = [...seen, ...this.#driven]
    for (const path of found) if (!this.#ports.has(path)) await this.#add(path)
    const gone = [...this.#ports.values()].filter((port) => this.#isOver(port, found))
    for (const port of gone) {
      this.#ports.delete(port.path)
      await port.stop()
    }
  }

  /**
   * A port that was unplugged is kept in view where it had a board, until that board is back,
   * perhaps under another path: a board is who it is by its key.
   */
  #isOver(port: Port, found: readonly string[]): boolean {
    if (port.board !== undefined || found.includes(port.path)) return false
    return port.device === undefined || this.#of(port.device).length > 0
  }

  /** The driver is loaded with the first port: a start without boards does not wait for it. */
  async #add(path: string): Promise<void> {
    if (this.#ports.size >= serialPortsMax) {
      this.#sayOnce(path, `only ${serialPortsMax} serial ports are served`)
      return
    }
    const driver = await import('./port.js').catch((error: unknown) =>
      this.#sayOnce('serial', `the driver cannot be loaded: ${messageOf(error)}`),
    )
    if (driver === undefined || this.#stopped) return
    const { clock, drivers, intake, network, gatewayKey } = this.#options
    const own = drivers?.get(path)
    const port = new driver.Port(path, {
      ...(own && { driver: own }),
      clock,
      intake,
      network,
      gatewayKey,
      timing: this.#timing,
      randomBytes: (length) => this.#options.randomBytes(length),
      note: (level, text) => this.#event(path, level, text),
      presence: (presence) => this.#appeared(path, presence),
    })
    this.#ports.set(path, port)
    port.start()
  }

  /** Passes presence on; a board on two ports is gone when it is gone from both. */
  #appeared(path: string, presence: Presence): void {
    if (presence.online) this.#present.set(path, presence)
    else this.#present.delete(path)
    const other = [...this.#present].find(
      ([at, there]) => at !== path && there.device === presence.device,
    )
    if (other !== undefined && presence.online)
      this.#event(
        path,
        'warn',
        `${presence.device} is on ${other[0]} too: two boards must not share one key; both are served`,
      )
    if (other === undefined || presence.online) this.#options.presence?.(presence)
  }

  #sayOnce(source: string, text: string): undefined {
    if (!this.#said.has(text)) this.#event(source, 'error', text)
    this.#said.add(text)
  }

  #event(source: string, level: LinkEvent['level'], text: string): void {
    this.#options.event({ source, level, text })
  }
}
